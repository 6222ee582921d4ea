"""The codec under atheris (limits.md T23): nothing but Refused ever leaves it.

It runs as a process of its own, because libFuzzer ends the process it runs in. The control is
wechatpy's reader under the same fuzzer.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FULL = os.environ.get("PROOF_SCALE") == "full"
SECONDS = 60 if FULL else 10
ROOT = Path(__file__).parents[2]
SEEDS = (
    b"\0signature=a&timestamp=1700000000&nonce=1\n<xml><Encrypt>AA==</Encrypt></xml>",
    b"\1<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime>"
    b"<MsgType>text</MsgType><Content><![CDATA[c]]></Content><MsgId>1</MsgId></xml>",
    b"\2<xml><MsgType>event</MsgType><Event>CLICK</Event></xml>",
    b"\3QUFBQQ==\n",
    b"\4<xml><List><item>a</item></List></xml>",
)

Figure = Callable[[str], None]


def _fuzz(folder: Path, target: str, seconds: int) -> tuple[int, str, int]:
    """Exit status, what was said, and how many executions there were."""
    corpus = folder / target
    corpus.mkdir()
    for number, seed in enumerate(SEEDS):
        (corpus / str(number)).write_bytes(seed)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.proof.fuzz_codec", target, str(seconds)),
            *(str(corpus), f"-artifact_prefix={folder}/", "-print_final_stats=1"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + 60,
        check=False,
    )
    said = done.stdout + done.stderr
    found = re.search(r"number_of_executed_units: *(\d+)", said)
    return done.returncode, said, int(found[1]) if found else 0


@pytest.mark.timeout(180)
def test_nothing_but_a_refusal_leaves_the_codec(tmp_path: Path, figure: Figure) -> None:
    status, said, executions = _fuzz(tmp_path, "codec", SECONDS)
    figure(f"{executions:,} executions in {SECONDS} s, escapes {int(status != 0)}")
    assert status == 0, said[-3000:]
    assert executions > 1_000 * SECONDS


@pytest.mark.timeout(120)
def test_the_same_fuzzer_finds_what_escapes_from_another_reader(
    tmp_path: Path, figure: Figure
) -> None:
    status, said, executions = _fuzz(tmp_path, "wechatpy", 10)
    found = re.search(r"Uncaught Python exception.*\n(.*)", said)
    figure(
        f"control: wechatpy after {executions:,} executions: {found[1] if found else said[-200:]}"
    )
    assert status != 0
