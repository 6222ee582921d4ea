"""A log line is one JSON object, belongs to a request, and shows nobody's data."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from citydesk.kit.logs import SECRET_KEYS, about_request, logger, masked_text, start_logs

ID_NO = "990000199001011234"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers, root.level, logging.getLogger("uvicorn.access").disabled)
    shaped = structlog.get_config()
    written = io.StringIO()
    start_logs(written)
    yield written
    root.handlers, root.level, logging.getLogger("uvicorn.access").disabled = before
    structlog.configure(**shaped)
    structlog.contextvars.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_its_request(stream: io.StringIO) -> None:
    about_request("REQUEST-1")
    logger().info("case filed", case_no="2026-1", note="第一行\n第二行")
    [line] = lines(stream)
    assert line["event"] == "case filed"
    assert line["request_id"] == "REQUEST-1"
    assert line["note"] == "第一行\n第二行"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_the_next_request_carries_nothing_of_the_one_before(stream: io.StringIO) -> None:
    about_request("REQUEST-1")
    structlog.contextvars.bind_contextvars(case_no="1")
    about_request("REQUEST-2")
    logger().info("x")
    [line] = lines(stream)
    assert line["request_id"] == "REQUEST-2"
    assert "case_no" not in line


def test_lines_of_libraries_look_the_same(stream: io.StringIO) -> None:
    about_request("REQUEST-1")
    logging.getLogger("somebody.else").warning("call %s back", "10012345678")
    [line] = lines(stream)
    assert line["event"] == "call 100****5678 back"
    assert line["request_id"] == "REQUEST-1"


@pytest.mark.parametrize("key", sorted(SECRET_KEYS))
def test_what_people_hold_is_masked_by_its_key(stream: io.StringIO, key: str) -> None:
    logger().info("x", **{key: "王小明的事"})
    assert lines(stream)[0][key] == "***"


def test_a_key_is_masked_however_deep_it_lies(stream: io.StringIO) -> None:
    logger().info("x", told={"who": [{"phone": "1", "n": 1}], "name": {"family": "王"}, 7: ID_NO})
    [line] = lines(stream)
    assert line["told"] == {
        "who": [{"phone": "***", "n": 1}],
        "name": "***",
        "7": "990***********1234",
    }


def test_numbers_of_people_in_free_text_are_masked_by_their_shape(stream: io.StringIO) -> None:
    logger().info(f"{ID_NO} asked", error=f"no such phone 10012345678, {ID_NO[:-1]}X")
    text = stream.getvalue()
    assert ID_NO not in text
    assert "10012345678" not in text
    assert ID_NO[:-1] not in text


def test_an_exception_is_one_line_and_is_masked_too(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"bad row {ID_NO}")
    except ValueError:
        logger().exception("fault")
        logging.getLogger("somebody.else").exception("fault")
    for line in lines(stream):
        assert "ValueError: bad row 990***********1234" in line["exception"]


class Strange:
    def __repr__(self) -> str:
        return f"Strange({ID_NO})"


ROUND: list[object] = []
ROUND.append(ROUND)


@pytest.mark.parametrize(
    "value", ["\ud800", 2**70, float("nan"), Strange(), {Strange(): 1}, [{1}], b"\xff", ROUND]
)
def test_no_line_is_lost_to_a_strange_value(stream: io.StringIO, value: object) -> None:
    logger().info("kept", value=value)
    [line] = lines(stream)
    assert line["event"] == "kept"
    assert ID_NO not in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (ID_NO, "990***********1234"),
        (f"证件{ID_NO[:-1]}X。", "证件990***********123X。"),
        ("990000530101123", "990***********1123"),
        ("10012345678", "100****5678"),
        ("+8610012345678", "+86100****5678"),
        ("tel:8610012345678", "tel:86100****5678"),
        ("024-00001234", "024-00001234"),
        ("2026030200001", "2026030200001"),
        ("1001234567", "1001234567"),
        ("", ""),
    ],
)
def test_shapes_of_people_are_masked_and_others_left(text: str, shown: str) -> None:
    assert masked_text(text) == shown


@given(st.text(), st.from_regex(r"\A[1-9][0-9]{16}[0-9X]\Z"), st.text())
def test_an_id_number_never_survives_in_a_text(before: str, id_no: str, after: str) -> None:
    text = f"{before} {id_no} {after}"
    assert id_no not in masked_text(text)


def test_less_than_info_is_not_written(stream: io.StringIO) -> None:
    logger().debug("x")
    assert stream.getvalue() == ""
