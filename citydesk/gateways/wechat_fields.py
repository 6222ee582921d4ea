"""What WeChat accepts in the fields of a message (protocol A8, A9), checked before sending.

A key is a kind and a number: ``thing1``, ``time4``. A field that does not fit is refused by
WeChat with 47003 and the citizen is told nothing, so ours are put right or refused here.
"""

import re
from collections.abc import Mapping

from citydesk.gateways.wechat_errors import BadMessage

LONGEST_THING = 20
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_DAY = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2})"
_HOUR = r"\d{1,2}:\d{2}(:\d{2})?"
_TIME = rf"{_HOUR}(~{_HOUR})?"

_SHAPES = {
    kind: re.compile(shape)
    for kind, shape in {
        "thing": r".+",
        "number": r"\d{1,32}|(?=.{3,32}$)\d+\.\d+",
        "letter": r"[A-Za-z]{1,32}",
        "symbol": r"[^\w\s]{1,5}",
        "character_string": r"[\x20-\x7e]{1,32}",
        "time": rf"{_TIME}|{_DAY}( ?{_TIME})?",
        "date": rf"{_DAY}( ?{_HOUR})?",
        "amount": r"[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?",
        "phone_number": r"[\d+\- ]{1,17}",
        "car_number": r".{1,8}",
        "name": r"[\u4e00-\u9fff·*]{1,10}|[A-Za-z .*]{1,20}",
        "phrase": r"[\u4e00-\u9fff]{1,5}",
        "const": r".{1,20}",
        "enum": r".{1,20}",
    }.items()
}


def fit(key: str, text: str) -> str:
    """Return a value as its field takes it: on one line, a ``thing`` cut to 19 characters and ….

    Raises:
        BadMessage: the value is empty or not of the field's kind; or nobody knows that kind.
    """
    kind = key.rstrip("0123456789")
    if kind not in _SHAPES:
        raise BadMessage(f"field {key}: unknown kind")
    line = _SPACES.sub(" ", text).strip()
    if not line:
        raise BadMessage(f"field {key} is empty")
    if kind == "thing" and len(line) > LONGEST_THING:
        return line[: LONGEST_THING - 1] + "…"
    if not _SHAPES[kind].fullmatch(line):
        raise BadMessage(f"field {key} is not a {kind}")
    return line


def fitted(data: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the fields of a message in WeChat's form; raises BadMessage."""
    return {key: {"value": fit(key, text)} for key, text in data.items()}
