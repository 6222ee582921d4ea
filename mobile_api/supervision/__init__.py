"""Supervision over HTTP: channels and saved materials for anyone, the rest for supervisors."""

from mobile_api.supervision import rates, registers
from mobile_api.supervision.shown import api

__all__ = ["api", "rates", "registers"]
