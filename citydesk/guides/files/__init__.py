"""Guides as files: taken in from other systems and offices, given away without loss.

Three forms are read: our own (docs/import-guides.md; JSON or CSV, English or Chinese names), the
national item library's field names, and plain notices; lists of names and codes are a shorter
version of our own. Whatever a sender says that our guides have no element for is kept beside the
draft and goes out again with it.
"""
