"""Who may teach the search: one place to widen."""

from citydesk.identity import Officer, Role
from citydesk.kit.refusals import Forbidden

EDITORS = frozenset({Role.ADMIN, Role.EDITOR})


class NotAnEditor(Forbidden):
    """The officer's post does not look after what search knows."""

    title = "Not an editor"


def require_editor(officer: Officer) -> None:
    """Refuse an officer whose post does not look after what search knows.

    Raises:
        NotAnEditor: it does not.
    """
    if officer.role not in EDITORS:
        raise NotAnEditor("您现在的岗位不能维护搜索知识，请换岗位登录。")
