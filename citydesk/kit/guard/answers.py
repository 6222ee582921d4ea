"""The guard's answers: a problem document (RFC 9457), a page for a browser, a word for WeChat."""

from collections.abc import Mapping
from html import escape
from typing import Any

import orjson

WEBHOOK = "/wechat"
API = "/api/"
PROBLEM, PAGE, PLAIN = b"application/problem+json", b"text/html; charset=utf-8", b"text/plain"

Headers = list[tuple[bytes, bytes]]


def written(
    slug: str, title: str, status: int, detail: str, scope: Mapping[str, Any] | None = None
) -> tuple[Headers, bytes]:
    """Write one answer for whoever asked; without a scope nobody knows who did."""
    told = scope or {}
    path: str = told.get("path", "")
    if path == WEBHOOK:
        return _headers(PLAIN, body := title.encode()), body
    if not path.startswith(API) and _reads_pages(told.get("headers", ())):
        body = _page(detail)
        return _headers(PAGE, body), body
    body = orjson.dumps(
        {
            "type": f"/problems/{slug}",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": path,
            "request_id": told.get("state", {}).get("request_id", ""),
        }
    )
    return _headers(PROBLEM, body), body


def _headers(kind: bytes, body: bytes) -> Headers:
    return [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]


def _reads_pages(headers: Headers) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in headers)


def _page(detail: str) -> bytes:
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>没有提交成功</title><h1>没有提交成功</h1><p>{escape(detail)}</p></html>"
    ).encode()
