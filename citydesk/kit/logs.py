"""Logs: one JSON line an event, with the request it belongs to, and no personal data.

Keys that hold people's data are masked wherever they appear; ID numbers and phones inside free
text are masked by their shape.
"""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

__all__ = ["FilteringBoundLogger", "about_request", "answered", "logger", "start_logs"]

SECRET_KEYS = frozenset(
    (
        *("name", "id_no", "id_number", "phone", "address", "openid", "unionid", "form"),
        *("password", "token", "access_token", "refresh_token", "secret", "authorization"),
        *("code", "query_code", "cookie"),
    )
)
DEEPEST = 6
_STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)
_MANY_DIGITS = re.compile(r"\d{11}")  # every shape below has so many in a row
# 18 characters, or the 15 of the cards before 1999 that old papers still carry.
_ID_NO = re.compile(r"(?<!\d)(\d{3})\d{8,11}(\d{3}[\dXx])(?!\d)")
_PHONE = re.compile(r"(?<!\d)((?:86)?1\d{2})\d{4}(\d{4})(?!\d)")


def masked_text(text: str) -> str:
    """Mask ID numbers and phone numbers by their shape."""
    if _MANY_DIGITS.search(text) is None:
        return text
    return _PHONE.sub(r"\1****\2", _ID_NO.sub(r"\1***********\2", text))


_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def _of_request(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (request_id := _request_id.get()) is not None:
        entry.setdefault("request_id", request_id)
    return entry


def _mask(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in entry.items():
        if key not in ("request_id", "timestamp"):
            entry[key] = _masked(key, value)
    return entry


def _masked(key: Any, value: Any, depth: int = 0) -> Any:
    """Mask a value and what it holds; what lies deeper than a person would look is text."""
    if key in SECRET_KEYS:
        return "***"
    if isinstance(value, str):
        return masked_text(value)
    if not isinstance(value, dict | list | tuple | set | frozenset):
        return value
    if depth == DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {_shown(name): _masked(name, each, depth + 1) for name, each in value.items()}
    return [_masked(None, each, depth + 1) for each in value]


def _line(entry: Any, **_: Any) -> str:
    """Write an entry as one JSON line, whatever is in it: no line is lost to a strange value."""
    try:
        return orjson.dumps(entry, default=_shown).decode()
    except orjson.JSONEncodeError:  # half a character pair, a number beyond 64 bits
        return json.dumps(entry, default=_shown)


def _shown(value: Any) -> str:
    return masked_text(str(value))


def start_logs(stream: TextIO = sys.stderr, *, level: int = logging.INFO) -> None:
    """Send every log, ours and the libraries', to one stream as masked JSON lines."""
    shared: list[structlog.typing.Processor] = [
        _of_request,
        structlog.stdlib.add_log_level,
        _STAMP,
        structlog.processors.format_exc_info,
        _mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_line),
            ],
        )
    )
    global _out
    _out = handler
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True


_out: logging.StreamHandler[TextIO] | None = None


def answered(method: str, path: str, status: int, seconds: float) -> None:
    """Log one request that was answered: the one line that every request costs.

    Written past the loggers, in the form they would give it; nothing in it is personal but what
    somebody typed into a path, and that is masked by its shape.
    """
    out = _out
    if out is None or not logging.getLogger().isEnabledFor(logging.INFO):
        return
    entry: MutableMapping[str, Any] = {
        "request_id": _request_id.get(),
        "method": method,
        "path": masked_text(path),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "event": "request",
        "level": "info",
    }
    line = _line(_STAMP(None, "info", entry)) + out.terminator
    out.acquire()
    try:
        out.stream.write(line)
        out.flush()
    finally:
        out.release()


def logger(name: str = "citydesk") -> FilteringBoundLogger:
    """Return a logger by name."""
    return cast(FilteringBoundLogger, structlog.get_logger(name))


def about_request(request_id: str) -> None:
    """Mark every log line of this task with the request it belongs to."""
    _request_id.set(request_id)
