"""What citizens ask for in their own words: one search for every channel, and how it is taught.

A question is mended (``spelling``), taken apart (``question``, with ``sayings``), looked for in the
process's own index (``index``, on the ``shelf``), ordered and weighed (``ranking``); when nothing
is sure enough, ``nothing_found`` says so kindly, and ``unanswered`` remembers it for the editors,
who teach it (``knowledge_edits``) after seeing what a line would have changed (``trials``). The
words of every city lie in ``data``; docs/search.md tells how to write more of them.
"""
