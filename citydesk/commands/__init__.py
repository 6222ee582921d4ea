"""The command line, one module a command; each imports what it needs only when it runs."""
