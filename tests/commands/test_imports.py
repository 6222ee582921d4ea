"""Files at the command line: what is taken, what is told, and the status it ends with."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from citydesk.__main__ import main
from citydesk.settings import Settings
from tests.commands.conftest import Desk
from tests.guides.making import code, elements


class Told(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Told]


@pytest.fixture
def run(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command here, in this test's own database, with an environment of its own."""
    servers = {
        "CITYDESK_HOME": str(tmp_path / ".citydesk"),
        "CITYDESK_DATABASE_URL": settings.database_url,
        "CITYDESK_REDIS_URL": settings.redis_url,
    }
    before = dict(os.environ)
    os.environ.update(servers)

    def run(*words: str | Path) -> Told:
        capsys.readouterr()
        status = main([str(word) for word in words])
        told = capsys.readouterr()
        return Told(status, told.out, told.err)

    yield run
    os.environ.clear()
    os.environ.update(before)


def test_guides_are_tried_out_taken_given_back_and_taken_again(run: Run, tmp_path: Path) -> None:
    given = tmp_path / "kites.json"
    faulty = {**elements(item_code=code(2)), "forms": ["8"]}
    given.write_text(json.dumps([elements(), faulty], ensure_ascii=False), encoding="utf-8")

    tried = run("import", "guides", given, "--dry-run", "--source", "kites")
    assert tried.status == 1, tried.err
    assert f"item 2 [{code(2)}] forms.1（办理形式第1项）: 应为" in tried.out
    assert "dry run, nothing was written: 1 added, 0 changed, 0 unchanged, 1 faulty" in tried.out

    refused = run("import", "guides", given, "--source", "kites")
    assert (refused.status, refused.out) == (1, "")
    assert "一条也没有导入" in refused.err

    taken = run("import", "guides", given, "--source", "kites", "--skip-faulty")
    assert taken.status == 0, taken.err
    assert "1 added, 0 changed, 0 unchanged, 1 faulty" in taken.out
    assert taken.err == ""  # no bar where nobody watches

    back = tmp_path / "back.csv"
    written = run("export", "guides", "--format", "csv", "--source", "kites", "-o", back)
    assert written.status == 0, written.err
    assert "0 added, 0 changed, 1 unchanged, 0 faulty" in run("import", "guides", back).out
    assert run("export", "guides", "-o", tmp_path / "no" / "such").status == 1


def test_a_bar_is_drawn_where_somebody_watches(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "kites.json"
    given.write_text(json.dumps([elements()], ensure_ascii=False), encoding="utf-8")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    told = run("import", "guides", given)
    assert told.err == f"\r[{'#' * 30}] 1 of 1\n"


def test_a_bad_file_is_answered_in_a_sentence_with_status_1(run: Run, tmp_path: Path) -> None:
    templates = b"key,template_id,in_force_from,fields\n"
    cases = [
        ("guides", b'code,name\n"K1', "line 2: 不是有效的 CSV"),
        ("guides", b'[{"code": "K1", "code": "K2"}]', "出现了两次"),
        ("guides", b"\xff\xfe\x00", "编码"),
        ("templates", templates + b"x" * 200_000, "不是有效的 CSV"),
        ("templates", templates + b"k,t,2026-01-01,thing1=a\n" * 2, "重复"),
    ]
    bad = tmp_path / "bad"
    for kind, content, said in cases:
        bad.write_bytes(content)
        told = run("import", kind, bad)
        assert (told.status, told.out) == (1, "")
        assert said in told.err


def test_a_file_that_is_not_there_is_answered_without_any_server(desk: Desk) -> None:
    told = desk.run("import", "guides", "/nowhere")
    assert (told.returncode, "Traceback" in told.stderr) == (1, False)
    assert "No readable file has this name" in told.stderr
    assert not desk.home.exists()
