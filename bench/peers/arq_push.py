"""The classic way: a row, and one arq job per message that reads it, posts it and marks it.

    python -m bench.peers.arq_push     (says "ready", waits for a line, works until nothing is left)

Well set up: 100 jobs at a time, a 10 ms poll, no kept results, one aiohttp session, one token,
plain asyncpg. It promises less than we do: an exception loses the message.
"""

import asyncio
import json
import os
import sys
from time import perf_counter, process_time
from typing import Any

import aiohttp
import asyncpg
import uvloop
from arq.connections import RedisSettings
from arq.worker import Worker

ROW = """
    SELECT o.id, c.case_no, c.item_name, a.openid FROM outbox_message o
    JOIN service_case c ON c.id = (o.facts->>'case_id')::uuid
    JOIN account a ON a.identity_id = c.identity_id AND a.followed
    WHERE o.id = $1 AND o.delivered_at IS NULL
"""
TEMPLATE = "sandbox-case-progress".ljust(43, "0")


async def push(ctx: dict[str, Any], message_id: str) -> None:
    """Push one message."""
    row = await ctx["pool"].fetchrow(ROW, message_id)
    words = {
        "thing1": row["item_name"],
        "character_string2": row["case_no"],
        "phrase3": "已收件",
        "time4": "2026年3月2日 09:00",
    }
    body = {
        "touser": row["openid"],
        "template_id": TEMPLATE,
        "client_msg_id": row["id"].hex,
        "data": {key: {"value": value} for key, value in words.items()},
    }
    where = "/cgi-bin/message/template/send?access_token=stub-token"
    async with ctx["http"].post(ctx["url"] + where, json=body) as answer:
        told = await answer.json(content_type=None)
    if told["errcode"]:
        raise RuntimeError(told["errcode"])
    await ctx["pool"].execute(
        "UPDATE outbox_message SET delivered_at = now() WHERE id = $1", row["id"]
    )


async def main() -> None:
    """Work off the queue once told to."""
    dsn = "postgresql" + os.environ["CITYDESK_DATABASE_URL"].removeprefix("asyncpg")
    connector = aiohttp.TCPConnector(limit=100)
    async with (
        asyncpg.create_pool(dsn, min_size=10, max_size=10) as pool,
        aiohttp.ClientSession(connector=connector) as http,
    ):
        context = {"pool": pool, "http": http, "url": os.environ["CITYDESK_WECHAT_API_URL"]}
        worker = Worker(
            functions=[push],
            redis_settings=RedisSettings.from_dsn(os.environ["CITYDESK_REDIS_URL"]),
            ctx=context,
            burst=True,
            max_jobs=100,
            poll_delay=0.01,
            keep_result=0,
            handle_signals=False,
            log_results=False,
        )
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began, cpu = perf_counter(), process_time()
        await worker.async_run()
        print(json.dumps({"seconds": perf_counter() - began, "cpu": process_time() - cpu}))
        await worker.close()


if __name__ == "__main__":
    uvloop.run(main())
