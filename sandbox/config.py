"""What the sandbox must know: the same names and secrets that the desk was given."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

DEFAULT_WEBHOOK = "http://127.0.0.1:8000/wechat"
TOKEN_SHAPE = re.compile(r"[A-Za-z0-9]{3,32}")

NAMES = {
    "wechat_token": "CITYDESK_WECHAT_TOKEN",
    "wechat_aes_key": "CITYDESK_WECHAT_AES_KEY",
    "wechat_app_secret": "CITYDESK_WECHAT_APP_SECRET",
    "miniprogram_app_secret": "CITYDESK_MINIPROGRAM_APP_SECRET",
    "provider_client_secret": "CITYDESK_PROVIDER_CLIENT_SECRET",
    "wechat_app_id": "CITYDESK_WECHAT_APP_ID",
    "miniprogram_app_id": "CITYDESK_MINIPROGRAM_APP_ID",
    "provider_client_id": "CITYDESK_PROVIDER_CLIENT_ID",
    "webhook_url": "CITYDESK_SANDBOX_WEBHOOK_URL",
    "templates": "CITYDESK_SANDBOX_TEMPLATES",
    "followers": "CITYDESK_SANDBOX_FOLLOWERS",
    "kept_cookies": "CITYDESK_SANDBOX_KEPT_COOKIES",
    "scanner_port": "CITYDESK_SANDBOX_SCANNER_PORT",
}
SECRETS = tuple(NAMES)[:5]


class BadConfig(ValueError):
    """A setting is missing or cannot be right; the text names every one of them."""


@dataclass(frozen=True, slots=True)
class Config:
    """One WeChat account, one mini program, one client of the identity provider, one webhook.

    `templates` registers further message templates: "id:key,key;id:key". `followers` names the
    sample people who follow the account from the start: "all" or keys with commas.
    `kept_cookies` names the cookies of our pages that are not a citizen's: an officer who works in
    the same browser stays signed in when the simulator changes from one phone to another.
    `scanner_port` is where the virus scanner listens; 0 takes any free port, told by `_ctl/state`.
    `starts_at` is epoch seconds for the virtual clock (None: real time); `clock_frozen` stops it.
    """

    wechat_token: str = field(repr=False)
    wechat_aes_key: str = field(repr=False)
    wechat_app_secret: str = field(repr=False)
    miniprogram_app_secret: str = field(repr=False)
    provider_client_secret: str = field(repr=False)
    wechat_app_id: str = "wx9900000000000001"
    miniprogram_app_id: str = "wx9900000000000002"
    provider_client_id: str = "citydesk"
    webhook_url: str = DEFAULT_WEBHOOK
    templates: str = ""
    followers: str = ""
    kept_cookies: str = "citydesk_desk,citydesk_type"
    scanner_port: str = "0"
    original_id: str = "gh_990000000001"
    mode: str = "safe"
    cut_seconds: float = 5.0
    tries: int = 3
    starts_at: float | None = None
    clock_frozen: bool = False

    def __post_init__(self) -> None:
        wrong = [NAMES[name] for name in SECRETS if not getattr(self, name)]
        if not TOKEN_SHAPE.fullmatch(self.wechat_token):
            wrong.append("CITYDESK_WECHAT_TOKEN (3 to 32 letters and digits)")
        if not _is_aes_key(self.wechat_aes_key):
            wrong.append("CITYDESK_WECHAT_AES_KEY (43 base64 characters)")
        if not self.scanner_port.isdecimal() or int(self.scanner_port) >= 1 << 16:
            wrong.append("CITYDESK_SANDBOX_SCANNER_PORT (0 to 65535)")
        if not is_loopback(self.webhook_url):
            wrong.append("CITYDESK_SANDBOX_WEBHOOK_URL (http:// on loopback)")
        if wrong:
            raise BadConfig("sandbox settings missing or wrong: " + ", ".join(wrong))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Config:
        """Read the environment; explicit arguments win. Raises BadConfig naming what is missing."""
        source = os.environ if environ is None else environ
        found = {name: source[env] for name, env in NAMES.items() if source.get(env)}
        values = dict.fromkeys(SECRETS, "") | found | given
        missing = [NAMES[name] for name in SECRETS if not values[name]]
        if missing:
            raise BadConfig("sandbox settings missing: " + ", ".join(missing))
        return cls(**values)

    @classmethod
    def for_tests(cls, **given: Any) -> Config:
        """Fixed, worthless secrets for a test run; anything may be overridden."""
        values: dict[str, Any] = {
            "wechat_token": "sandboxtoken",
            "wechat_aes_key": base64.b64encode(bytes(range(32))).decode().rstrip("="),
            "wechat_app_secret": "sandbox-account-secret",
            "miniprogram_app_secret": "sandbox-miniprogram-secret",
            "provider_client_secret": "sandbox-provider-secret",
        }
        return cls(**(values | given))


def is_loopback(url: str) -> bool:
    """Whether an http URL stays on this machine: the sandbox talks to nobody else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme != "http" or not parts.hostname:
        return False
    return is_loopback_host(parts.hostname)


def is_loopback_host(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_aes_key(text: str) -> bool:
    try:
        return len(text) == 43 and len(base64.b64decode(text + "=", validate=True)) == 32
    except (binascii.Error, ValueError):
        return False
