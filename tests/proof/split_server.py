"""The application with its one transaction split, for the control of the filing proof.

What a request does is committed before the answer that is kept for its key: a kill between the two
leaves a thing done that nobody remembers having done.
"""

import asyncio
import hashlib
import socket
import sys
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from citydesk.commands import serve
from citydesk.kit.idempotency import Kept, Keyed, check_key, earlier_answer, keep_answer
from mobile_api import api
from mobile_api.api import Call

BETWEEN_SECONDS = 0.3  # wide enough to be struck


async def created(endpoint: Any, call: Call, raw: bytes) -> Response:
    """As ``_Endpoint.created``, in three transactions instead of one."""
    operation, world = endpoint.operation, call.world
    assert call.asker is not None
    asked = (call.request.scope["path"].encode(), call.request.scope["query_string"], raw)
    keyed = Keyed(
        caller=call.asker.key,
        route=f"{operation.method} {operation.path}",
        key=check_key(call.request.headers.get("idempotency-key")),
        fingerprint=hashlib.sha256(b"\0".join(asked)).hexdigest(),
    )
    now = world.clock.now()
    if operation.before is not None:
        call = replace(call, before=await operation.before(call))
    async with world.transaction(keyed.number) as tx:
        if earlier := await earlier_answer(tx, keyed, now, world.seals):
            return Response(earlier.body, earlier.status, {"Idempotent-Replay": "true"})
    response: Response = endpoint.written(await operation.handler(call), call.asker)
    await asyncio.sleep(BETWEEN_SECONDS)
    async with world.transaction():
        await keep_answer(keyed, Kept(response.status_code, bytes(response.body)), now, world.seals)
    return response


if __name__ == "__main__":
    assert hasattr(api._Endpoint, "created")
    api._Endpoint.created = created  # type: ignore[method-assign, assignment]
    sys.exit(serve._answer(socket.socket(fileno=int(sys.argv[-1]))))
