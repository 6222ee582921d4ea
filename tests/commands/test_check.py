"""`citydesk check` and the settings a command works with."""

import json
from pathlib import Path

import pytest

from citydesk.commands import generate
from citydesk.commands.development import environment, kept_secrets
from citydesk.commands.home import Home
from citydesk.settings import Settings
from sandbox.config import Config
from tests.commands.conftest import Desk

SERVERS = {"CITYDESK_DATABASE_URL": "asyncpg://u@127.0.0.1:1/x", "CITYDESK_REDIS_URL": "redis://x"}


def test_check_names_everything_that_production_lacks(desk: Desk) -> None:
    checked = desk.run("check", CITYDESK_MODE="production")
    assert checked.returncode == 1
    for name in ("DATABASE_URL", "WECHAT_TOKEN", "SEAL_KEYS"):
        assert f"CITYDESK_{name} is not set" in checked.stdout


def test_check_refuses_the_sandbox_in_production(desk: Desk, tmp_path: Path) -> None:
    home = Home(tmp_path / "other")
    home.make()
    settings = environment(home, port=8000, sandbox_port=8900) | SERVERS
    checked = desk.run("check", **settings | {"CITYDESK_MODE": "production"})
    assert checked.returncode == 1
    assert "CITYDESK_WECHAT_API_URL must be Tencent's own host" in checked.stdout
    assert settings["CITYDESK_WECHAT_APP_SECRET"] not in checked.stdout + checked.stderr


def test_check_says_that_the_database_does_not_answer(desk: Desk) -> None:
    checked = desk.run("check", **SERVERS)
    assert checked.returncode == 1
    assert "database  FAILED" in checked.stdout
    assert "Traceback" not in checked.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("SIGNING_KEY", "no key"), ("SEAL_KEYS", "k1:c2hvcnQ="), ("BLIND_KEY", "not base64")],
)
def test_check_says_that_a_key_cannot_be_read_and_does_not_show_it(
    desk: Desk, name: str, value: str
) -> None:
    checked = desk.run("check", **SERVERS | {f"CITYDESK_{name}": value})
    assert checked.returncode == 1
    assert "keys      FAILED" in checked.stdout
    assert value not in checked.stdout + checked.stderr
    assert "Traceback" not in checked.stderr


def test_generated_secrets_satisfy_both_the_desk_and_the_sandbox(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    made = environment(home, port=8000, sandbox_port=8900)
    settings = Settings.from_env(made | SERVERS)
    assert not settings.production
    assert Config.from_env(made).webhook_url == "http://127.0.0.1:8000/wechat"
    assert kept_secrets(home) == kept_secrets(home)


def test_secrets_that_a_newer_version_wants_are_added_to_those_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    first = kept_secrets(home)
    older = {name: text for name, text in first.items() if name != "METRICS_TOKEN"}
    (tmp_path / "secrets.json").write_text(json.dumps(older), "utf-8")
    second = kept_secrets(home)
    assert second.keys() == first.keys()
    assert older.items() <= second.items()


def test_what_a_person_has_set_goes_before_what_is_generated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYDESK_WECHAT_TOKEN", "mine")
    home = Home(tmp_path)
    home.make()
    assert environment(home, port=1, sandbox_port=2)["CITYDESK_WECHAT_TOKEN"] == "mine"


def test_help_is_friendly(desk: Desk) -> None:
    helped = desk.run("--help")
    assert helped.returncode == 0
    for command in ("up", "serve", "work", "check", "import", "officer"):
        assert command in helped.stdout


def test_a_lock_tells_which_requirements_it_was_made_from(monkeypatch: pytest.MonkeyPatch) -> None:
    before = generate.requirements_digest("dev")
    real = generate._text
    changed = lambda path: real(path).replace('"arq>=', '"arq>')  # noqa: E731
    monkeypatch.setattr(generate, "_text", changed)
    assert generate.requirements_digest("dev") != before
