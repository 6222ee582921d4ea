"""``citydesk reset``: clear the folder ``.citydesk``."""

import os
import shutil
from argparse import Namespace

from citydesk.commands.complaints import complain
from citydesk.commands.home import Home


def reset(asked: Namespace) -> int:
    """Remove data, secrets and logs of this checkout; refuses while they are in use."""
    home = Home.here()
    if home.in_use:
        return complain(
            "citydesk is running in this folder. Stop it first (Ctrl-C), then reset.\n"
            "citydesk 正在运行，请先停止（Ctrl-C）再清空数据。"
        )
    if home.folder.exists():
        try:
            shutil.rmtree(home.folder)
        except OSError as kept:
            return complain(f"Not everything could be removed: {kept}")
    print(f"{home.folder.name} is empty: the next start begins anew.")
    if os.environ.get("CITYDESK_DATABASE_URL"):
        print("The server at CITYDESK_DATABASE_URL keeps its data; clear them there if you wish.")
    return 0
