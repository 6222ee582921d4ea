"""`citydesk up` with real processes: it comes up, keeps its data, stops in order, leaves nobody."""

import json
import os
import re
import signal
import socket
import time
import urllib.request
from datetime import datetime

from tests.commands.conftest import Desk, alive, within

MEMBERS = {"postgres", "valkey", "sandbox", "work", "serve"}


def test_a_life_of_the_group(desk: Desk) -> None:
    """One after the other in one folder, because a start takes seconds."""
    desk.up()
    it_serves_and_names_its_addresses(desk)
    it_keeps_its_secrets_to_itself(desk)
    a_second_one_and_a_reset_are_refused(desk)
    added = desk.run("officer", "add", "lishili", "李示例")
    assert added.returncode == 0, added.stderr
    another_database_is_used_when_it_is_named(desk)
    it_stops_in_order(desk)

    desk.up()
    its_data_are_still_there(desk)
    a_dead_worker_is_named_and_replaced(desk)
    killed_it_leaves_no_orphan(desk)
    reset_clears_everything(desk)


def it_serves_and_names_its_addresses(desk: Desk) -> None:
    with urllib.request.urlopen(f"{desk.url}/readyz") as answer:  # noqa: S310 - loopback
        assert json.load(answer) == {"database": "ok", "valkey": "ok"}
    assert f"{desk.url}/api/docs" in desk.said
    assert "/_ctl/state" in desk.said
    assert "officer" in desk.said
    assert "张示例" in desk.said
    assert set(desk.children()) == MEMBERS


def it_keeps_its_secrets_to_itself(desk: Desk) -> None:
    assert (desk.home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert (desk.home / "run" / "up.json").stat().st_mode & 0o777 == 0o600
    assert desk.home.stat().st_mode & 0o777 == 0o700
    kept = json.loads((desk.home / "secrets.json").read_text("utf-8"))
    for place in ("WECHAT_TOKEN", "WECHAT_AES_KEY", "WECHAT_APP_SECRET", "BLIND_KEY"):
        assert kept[place] not in desk.said
        for log in (desk.home / "log").iterdir():
            assert kept[place] not in log.read_text("utf-8")


def a_second_one_and_a_reset_are_refused(desk: Desk) -> None:
    second = desk.run("up")
    assert second.returncode == 1
    assert f"already running in this folder ({desk.url})" in second.stderr
    assert "已在本目录运行" in second.stderr
    reset = desk.run("reset")
    assert reset.returncode == 1
    assert "Stop it first" in reset.stderr


def another_database_is_used_when_it_is_named(desk: Desk) -> None:
    """Practising a restore beside a running city must not touch that city."""
    nowhere = "asyncpg://nobody@127.0.0.1:1/none"
    asked = desk.run("cases", CITYDESK_DATABASE_URL=nowhere)
    assert asked.returncode != 0
    assert "does not answer" in asked.stderr


def it_stops_in_order(desk: Desk) -> None:
    began = time.monotonic()
    assert desk.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 10
    logs = desk.home / "log"
    ends = [
        _json_time((logs / "app.log").read_text("utf-8"), "Finished server process"),
        _json_time((logs / "worker.log").read_text("utf-8"), "worker stopped"),
        _valkey_time((logs / "valkey.log").read_text("utf-8")),
        _postgres_time((logs / "postgres.log").read_text("utf-8")),
    ]
    assert ends == sorted(ends)
    assert "killed" not in desk.said


def its_data_are_still_there(desk: Desk) -> None:
    again = desk.run("officer", "add", "lishili", "李示例")
    assert again.returncode == 1
    assert "已有人使用" in again.stderr


def a_dead_worker_is_named_and_replaced(desk: Desk) -> None:
    before = desk.children()
    os.kill(before["work"], signal.SIGKILL)
    assert within(30, lambda: desk.children().get("work", before["work"]) != before["work"])
    assert "worker ended (killed by SIGKILL). Starting it again" in desk.said
    assert desk.children()["serve"] == before["serve"]


def killed_it_leaves_no_orphan(desk: Desk) -> None:
    children = desk.children()
    assert set(children) == MEMBERS
    desk.stop(signal.SIGKILL)
    assert within(5, lambda: not any(alive(pid) for pid in children.values()))


def reset_clears_everything(desk: Desk) -> None:
    reset = desk.run("reset")
    assert reset.returncode == 0, reset.stderr
    assert not desk.home.exists()


def _json_time(log: str, event: str) -> float:
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    found = [each["timestamp"] for each in entries if event in str(each.get("event"))]
    return datetime.fromisoformat(found[-1]).timestamp()


def _postgres_time(log: str) -> float:
    found = re.findall(r"^(\S+ \S+) UTC .*database system is shut down", log, re.MULTILINE)
    return datetime.fromisoformat(f"{found[-1]}+00:00").timestamp()


def _valkey_time(log: str) -> float:
    found = re.findall(r"\d+:M (\d+ \w+ \d+ \S+) \S .*ready to exit", log)
    return datetime.strptime(f"{found[-1]} +0000", "%d %b %Y %H:%M:%S.%f %z").timestamp()


def test_a_taken_port_is_a_clear_message_and_nothing_is_started(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        for variable in ("CITYDESK_PORT", "CITYDESK_SANDBOX_PORT"):
            refused = desk.run("up", **{variable: number})
            assert refused.returncode == 1
            assert f"Port {number} is taken by another program" in refused.stderr
            assert f"{variable}=" in refused.stderr
            assert f"端口 {number} 已被其他程序占用" in refused.stderr
            assert "Traceback" not in refused.stderr
    assert not (desk.home / "postgres").exists()


def test_up_is_not_for_production(desk: Desk) -> None:
    refused = desk.run("up", CITYDESK_MODE="production")
    assert refused.returncode == 1
    assert "development" in refused.stderr
    assert not desk.home.exists()
