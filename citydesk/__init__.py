"""The desk: what the city can do for people, one package per capability."""

__version__ = "0.1.0"
