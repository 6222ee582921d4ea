"""PostgreSQL refuses to run as root: ways for root to run it all the same, its files in place."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

NOBODY = 65534
SYSTEM_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
_PASSES = "+dac_override,+fowner"
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *(f"--inh-caps={_PASSES}", f"--ambient-caps={_PASSES}"),
    "--pdeathsig=INT",  # a change of user makes the kernel forget the one set before
)


def unprivileged() -> tuple[str, ...]:
    """Choose the words to put before a command of PostgreSQL; none for an ordinary user.

    First a user namespace, where files stay root's. Where those are forbidden (Docker's default),
    the user nobody, allowed to pass through folders such as /root that are closed to others. The
    namespace also gives a name to a user without one (``docker run --user 1234``).

    Raises:
        PermissionError: we may become nobody else here.
    """
    if os.geteuid() != 0 and _has_a_name():
        return ()
    for prefix in (NAMESPACE, AS_NOBODY):
        with suppress(FileNotFoundError):
            tried = subprocess.run(  # noqa: S603 - our own command line
                [*prefix, "true"], env=SYSTEM_ENVIRONMENT, capture_output=True
            )
            if tried.returncode == 0:
                return prefix
    raise PermissionError(
        "PostgreSQL refuses to run as root or as a user without a name, and here we may become "
        "nobody else. Run as an ordinary user, or set CITYDESK_DATABASE_URL.\n"
        "PostgreSQL 不能以 root 身份运行。请改用普通用户，或设置 CITYDESK_DATABASE_URL。"
    )


def _has_a_name() -> bool:
    try:
        return bool(pwd.getpwuid(os.geteuid()).pw_name)
    except KeyError:
        return False


def hand_over(folder: Path, prefix: Sequence[str]) -> None:
    """Give a folder to the user that PostgreSQL will run as, if it belongs to somebody else.

    Raises:
        PermissionError: we may not.
    """
    owner = NOBODY if prefix == AS_NOBODY else os.geteuid()
    if folder.stat().st_uid == owner:
        return
    try:
        os.chown(folder, owner, -1)
        for place, folders, files in os.walk(folder):
            for each in (*folders, *files):
                os.chown(Path(place) / each, owner, -1, follow_symlinks=False)
    except PermissionError:
        raise PermissionError(
            f"The data in {folder.parent.name} belong to another user. Use that user, or have "
            "them run: make reset"
        ) from None
