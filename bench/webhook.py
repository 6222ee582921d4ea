"""The webhook: an encrypted message in, an encrypted answer out (limits.md 1a, metric W1).

    python -m bench.webhook --rounds 3 --secs 3

Every message has its own MsgId, the second in which it was made, and, for the search, a question
that was not asked before: no cache answers for the code. Before any figure, every server's answers
are decrypted and read, and a forged message is refused.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

from bench.harness import (
    ROOT,
    Ratio,
    Server,
    Variant,
    compare,
    free_port,
    peers_python,
    report,
    say,
)
from bench.load import Load, body_of
from bench.pushes import Secrets, opened, openid, pushes

COMMAND = "帮助"
AIM_CPU_US = 90
GATE = 40
RATIOS = (
    Ratio("citydesk command", "werobot command", 3.0),
    Ratio("citydesk command", "starlette constant", 0.40),
    Ratio("citydesk search", "werobot command", 1.0),
)
# People say the same thing in many ways; the running number makes every question a new one.
SAYINGS = (
    "我想问一下{name}怎么办，我住青年大街{n}号",
    "{name}需要带什么材料？家里{n}口人",
    "请问在哪里办{name}，上次等了{n}分钟",
    "{name}多少钱，{n}元够不够",
)
_asked = count(1)


@contextmanager
def citydesk(folder: Path) -> Iterator[tuple[Server, Secrets]]:
    """Our application, started the real way: embedded servers, migrated, seeded, `serve`."""
    from citydesk.commands.development import environment, servers
    from citydesk.commands.home import Home

    home = Home(folder)
    home.make()
    port = free_port()
    with servers(home) as addresses:
        settings = environment(home, port=port, sandbox_port=free_port()) | addresses
        settings["CITYDESK_HOME"] = str(folder)
        run = [sys.executable, "-m", "citydesk"]
        say("preparing the city …")
        subprocess.run(
            [*run, "seed"], env=settings, cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        server = Server([*run, "serve", "--port", str(port)], port, settings)
        try:
            yield (
                server,
                Secrets(
                    token=settings["CITYDESK_WECHAT_TOKEN"],
                    aes_key=settings["CITYDESK_WECHAT_AES_KEY"],
                    app_id=settings["CITYDESK_WECHAT_APP_ID"],
                ),
            )
        finally:
            server.stop()


def werobot(secrets: Secrets, answer: str) -> Server:
    """WeRoBot under gunicorn, eight threads, answering the command with our own answer."""
    port = free_port()
    gunicorn = ["-m", "gunicorn", "--worker-class", "gthread", "--threads", "8", "--workers", "1"]
    more = ["--keep-alive", "30", "--log-level", "error", "--bind", f"127.0.0.1:{port}"]
    return Server(
        [peers_python(), *gunicorn, *more, "bench.peers.werobot_bot:app"],
        port,
        {
            "BENCH_TOKEN": secrets.token,
            "BENCH_AES_KEY": secrets.aes_key,
            "BENCH_APP_ID": secrets.app_id,
            "BENCH_ANSWER": answer,
        },
    )


def constant() -> Server:
    """Starlette under the same uvicorn as ours, with nothing to do."""
    port = free_port()
    uvicorn = ["-m", "uvicorn", "bench.peers.constant:app", "--port", str(port)]
    quiet = ["--http", "httptools", "--loop", "uvloop", "--ws", "none", "--lifespan", "off"]
    logs = ["--no-access-log", "--log-level", "error", "--no-server-header"]
    return Server([sys.executable, *uvicorn, *quiet, *logs], port)


def guide_names(port: int) -> list[str]:
    """The names of the guides that our application serves."""
    asking = HTTPConnection("127.0.0.1", port, timeout=10)
    asking.request("GET", "/api/guides?limit=50")
    items = json.loads(asking.getresponse().read())["items"]
    asking.close()
    return [each["name"] for each in items if each["complete"]]


def questions(names: list[str], wanted: int) -> list[str]:
    """As many different questions as wanted."""
    made = []
    for _ in range(wanted):
        number = next(_asked)
        saying = SAYINGS[number % len(SAYINGS)]
        made.append(saying.format(name=names[number % len(names)], n=number))
    return made


def judge(secrets: Secrets, right: Callable[[str], bool], index: int, answer: bytes) -> None:
    """Decrypt an answer; it must be the citizen's, and right."""
    reply = opened(secrets, body_of(answer))
    if f"<ToUserName><![CDATA[{openid(index)}]]>" not in reply or not right(reply):
        raise AssertionError(f"a wrong answer: {reply}")


def gate(variant: Variant, secrets: Secrets, texts: list[str], path: str) -> None:
    """Before any figure: answers are right, a repeated message has one answer, a forgery none."""
    port = variant.server.port
    outcome = Load(port, pushes(secrets, texts, path), sample_every=1).run(10)
    if outcome.answers != len(texts) or outcome.failures:
        raise AssertionError(f"{variant.name}: {outcome.answers} answers, {outcome.failures} bad")
    for index, answer in outcome.samples:
        variant.judge(index, answer)
    forged = Load(port, pushes(secrets, texts[:1], path, forge=True), sample_every=1).run(10)
    if not forged.failures:
        raise AssertionError(f"{variant.name} answered a forged message")


def repeated_once(server: Server, secrets: Secrets) -> None:
    """WeChat's second and third try get the first one's answer (WeRoBot does not do that)."""
    push = pushes(secrets, [COMMAND], "/wechat")
    answers = [Load(server.port, push, sample_every=1).run(5).samples[0][1] for _ in range(3)]
    if len({opened(secrets, body_of(each)) for each in answers}) != 1:
        raise AssertionError("a repeated message had two answers")


def main() -> int:
    """Measure, print, and fail on a missed ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--secs", type=float, default=3.0)
    asked = parser.parse_args()
    with ExitStack() as closing:
        folder = Path(tempfile.mkdtemp(prefix="citydesk-bench-"))
        closing.callback(shutil.rmtree, folder, ignore_errors=True)
        ours, secrets = closing.enter_context(citydesk(folder))
        variants = prepared(closing, ours, secrets)
        compare(variants, asked.rounds, asked.secs)
        cpu = {each.name: each.middle("cpu_us") for each in variants if each.server is ours}
        return report("webhook", variants, RATIOS, cpu_us_per_message=cpu | {"aim": AIM_CPU_US})


def prepared(closing: ExitStack, ours: Server, secrets: Secrets) -> list[Variant]:
    """The variants, each past its gate."""
    names = guide_names(ours.port)
    say(f"{len(names)} guides to ask for")
    commands = partial(_commands, secrets)
    first = Load(ours.port, commands(1), sample_every=1).run(5).samples[0][1]
    answer = opened(secrets, body_of(first)).partition("<Content><![CDATA[")[2].partition("]]>")[0]
    peer = werobot(secrets, answer)
    closing.callback(peer.stop)
    limit = constant()
    closing.callback(limit.stop)
    told = partial(judge, secrets, lambda reply: answer in reply)
    guided = partial(judge, secrets, lambda reply: any(f"【{name}】" in reply for name in names))
    command = Variant("citydesk command", ours, commands, told)
    search = Variant(
        "citydesk search",
        ours,
        lambda wanted: pushes(secrets, questions(names, wanted), "/wechat"),
        guided,
    )
    werobots = Variant(
        "werobot command", peer, lambda wanted: _commands(secrets, wanted, path="/"), told
    )
    gate(command, secrets, [COMMAND] * GATE, "/wechat")
    gate(search, secrets, questions(names, GATE), "/wechat")
    gate(werobots, secrets, [COMMAND] * GATE, "/")
    repeated_once(ours, secrets)
    return [command, search, werobots, Variant("starlette constant", limit, commands, _anything)]


def _commands(secrets: Secrets, wanted: int, path: str = "/wechat") -> list[bytes]:
    return pushes(secrets, [COMMAND] * wanted, path)


def _anything(index: int, answer: bytes) -> None:
    """The constant is not judged."""


if __name__ == "__main__":
    sys.exit(main())
