"""The guard at every door: how much, how many and how slowly anybody may send.

Two halves, because a web application never sees a connection, only requests. ``Guard`` (here, plain
ASGI) counts and times bodies, route by route, while they stream in. What lies before a request -
heads that never end, malformed framing, too many connections - is the server's:
``citydesk.commands.connections``. Both take their numbers from one ``Limits``.

It knows nothing of doors: ``asgi.py`` says which address has how much room.
"""

from citydesk.kit.guard.bodies import Guard
from citydesk.kit.guard.limits import Limits
from citydesk.kit.guard.refusals import TooLarge, TooSlow, too_large, too_slow

__all__ = ["Guard", "Limits", "TooLarge", "TooSlow", "too_large", "too_slow"]
