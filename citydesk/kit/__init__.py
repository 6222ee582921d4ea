"""The kit: tools that know nothing of government."""
