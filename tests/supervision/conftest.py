"""A browser's client and a browser, as the portal's own tests have them."""

from tests.portal.conftest import browser, surfer

__all__ = ["browser", "surfer"]
