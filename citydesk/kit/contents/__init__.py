"""What a file really is, and whether it may come in: looked at apart, by a process of its own.

A sender's word for a file (its name, its type) counts for nothing. The bytes are opened in a child
process with little memory and little time, so that a file made to explode, to loop or to use a
fault of a library ends that child and nothing else. PDF, PNG, JPEG and OFD (GB/T 33190) come in;
photographs come out without where and with what they were taken.
"""

from citydesk.kit.contents.children import Busy, Seen, look_at
from citydesk.kit.contents.kinds import EXTENSIONS, KINDS, LARGEST, kind_of
from citydesk.kit.contents.unfit import Unfit

__all__ = ["EXTENSIONS", "KINDS", "LARGEST", "Busy", "Seen", "Unfit", "kind_of", "look_at"]
