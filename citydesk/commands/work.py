"""``citydesk work``: the worker that delivers what was announced and keeps the timetable."""

from argparse import Namespace
from importlib import import_module

from citydesk.commands.development import desk


def work(asked: Namespace) -> int:
    """Work until told to stop."""
    with desk():
        from citydesk.settings import Settings

        # By name, as uvicorn reads the doors: the desk may not import what stands upon it.
        import_module("tasks.worker").run(Settings.from_env())
    return 0
