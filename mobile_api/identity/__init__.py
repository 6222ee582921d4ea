"""Signing in and out, and the real-name check, over HTTP.

No operation here asks for an Idempotency-Key. Signing in and a real-name check call systems
outside, which must not happen inside the transaction that keeps a keyed answer; what makes them
safe to repeat is their own one-time code: a mini program's log-in code, a refresh token, a state.
"""

from mobile_api.api import Api
from mobile_api.identity import sessions, verification

api = Api("identity")
api.operations = [*sessions.api.operations, *verification.api.operations]
