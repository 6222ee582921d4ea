"""Decisions about levels, logins and places to return to, by values only."""

import re

from citydesk.identity.askers import Citizen
from citydesk.identity.refusals import LevelTooLow, WrongLogin, WrongReturn

# Where the real-name check sends people: a path of ours (RFC 3986 characters), never //host.
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-][A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*)?")
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,39}")
LONGEST_RETURN = 200
LONGEST_NAME = 40


def require_level(citizen: Citizen, level: int) -> None:
    """Refuse a citizen below an assurance level (实名等级 0 to 5; defaults in model.md 4.8).

    Raises:
        LevelTooLow: and says how to raise it.
    """
    if citizen.assurance_level >= level:
        return
    if citizen.identity_id is None:
        said = "办理这件事需要先实名认证，请在“我的”里完成实名认证后再继续。"
    else:
        said = (
            f"办理这件事需要实名等级{level}级，您现在是{citizen.assurance_level}级，"
            "请重新做一次更高等级的认证。"
        )
    raise LevelTooLow(said, required_level=level, current_level=citizen.assurance_level)


def check_return(path: str) -> str:
    """Return a path within the city's own pages, unchanged; raises WrongReturn."""
    if len(path) > LONGEST_RETURN or not _PATH.fullmatch(path):
        raise WrongReturn(
            "返回地址不可用，请从原来的页面重新进入。",
            [{"field": "return_to", "detail": "应为本站内以 / 开头的路径"}],
        )
    return path


def check_login(login: str, name: str) -> None:
    """Refuse a login or a name that a new officer cannot have; raises WrongLogin."""
    errors = []
    if not _LOGIN.fullmatch(login):
        errors.append(
            {"field": "login", "detail": "3 到 40 个小写字母、数字、点或短横，以字母开头"}
        )
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        errors.append({"field": "name", "detail": "必填，不超过 40 个字"})
    if errors:
        raise WrongLogin("工作人员信息填写有误，请修改后再提交。", errors)
