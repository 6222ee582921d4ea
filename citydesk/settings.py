"""Everything an operator may set, read once from the environment."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from os import environ
from typing import Any
from urllib.parse import urlsplit

from citydesk.kit.guard import Limits

PREFIX = "CITYDESK_"
DEVELOPMENT, PRODUCTION = "development", "production"
TENCENT_HOSTS = frozenset({"api.weixin.qq.com", "open.weixin.qq.com", "mp.weixin.qq.com"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NUMBER = re.compile(r"[0-9]{1,9}")
_LIMITS = Limits()


def _setting(what: str, default: Any = MISSING, *, secret: bool = False) -> Any:
    """Declare a setting: what it is for, its default, whether it is hidden in repr."""
    return field(repr=not secret, default=default, metadata={"what": what, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One deployment's choices. What changes with law or policy is data in tables, not here."""

    mode: str = _setting("development (sandbox, sample people) or production", DEVELOPMENT)
    port: int = _setting("port of the application", 8000)
    sandbox_port: int = _setting("port of the sandbox (development)", 8900)
    public_url: str = _setting(
        "address at which citizens reach the application", "http://127.0.0.1:8000"
    )
    database_url: str = _setting("PostgreSQL, asyncpg://user:password@host/name", secret=True)
    redis_url: str = _setting("Valkey or Redis, redis://host:6379/0", secret=True)
    wechat_app_id: str = _setting("official account: AppID")
    wechat_app_secret: str = _setting("official account: AppSecret", secret=True)
    wechat_token: str = _setting("official account: token of the message push", secret=True)
    wechat_aes_key: str = _setting("official account: EncodingAESKey, 43 characters", secret=True)
    wechat_previous_aes_key: str = _setting(
        "official account: the EncodingAESKey before the last change", "", secret=True
    )
    wechat_mode: str = _setting("official account: message push plain, compat or safe", "safe")
    wechat_api_url: str = _setting("WeChat API", "https://api.weixin.qq.com")
    wechat_open_url: str = _setting("WeChat open platform", "https://open.weixin.qq.com")
    wechat_mp_url: str = _setting("WeChat media platform", "https://mp.weixin.qq.com")
    miniprogram_app_id: str = _setting("mini program: AppID")
    miniprogram_app_secret: str = _setting("mini program: AppSecret", secret=True)
    provider_url: str = _setting("identity provider: issuer of OpenID Connect")
    provider_client_id: str = _setting("identity provider: client identifier")
    provider_client_secret: str = _setting("identity provider: client secret", secret=True)
    scanner_address: str = _setting(
        "virus scanner: clamd, host:port; StreamMaxLength at least 25M", ""
    )
    signing_key: str = _setting("ES256 private key (PEM) that signs access tokens", secret=True)
    seal_keys: str = _setting(
        "keys that seal personal data, id:base64 of 32 bytes, the sealing key first", secret=True
    )
    blind_key: str = _setting("key of the blind indexes, base64 of 32 bytes", secret=True)
    metrics_token: str = _setting(
        "bearer token for /metrics from beyond loopback; empty: loopback only", "", secret=True
    )

    limit_webhook_bytes: int = _setting("most of a push of WeChat's", _LIMITS.webhook_bytes)
    limit_json_bytes: int = _setting("most of a JSON body or a form", _LIMITS.json_bytes)
    limit_upload_bytes: int = _setting(
        "most of a body where papers are handed in", _LIMITS.upload_bytes
    )
    limit_json_depth: int = _setting("how deep JSON may be nested", _LIMITS.json_depth)
    limit_body_seconds: int = _setting(
        "how long a body may take, and an answer lie unread", _LIMITS.body_seconds
    )
    limit_body_bytes_per_second: int = _setting(
        "a body that comes as fast as this may take longer", _LIMITS.body_bytes_per_second
    )
    limit_headers: int = _setting("how many header lines a request may have", _LIMITS.headers)
    limit_header_bytes: int = _setting("most of a request's head", _LIMITS.header_bytes)
    limit_header_seconds: int = _setting("how long a head may take", _LIMITS.header_seconds)
    limit_idle_seconds: int = _setting(
        "how long a connection is kept for the next request", _LIMITS.idle_seconds
    )
    limit_connections: int = _setting("connections of one process", _LIMITS.connections)

    @classmethod
    def from_env(cls, env: Mapping[str, str] = environ) -> "Settings":
        """Read the environment.

        Raises:
            SystemExit: naming every missing or unusable variable at once.
        """
        given: dict[str, Any] = {}
        faults: list[str] = []
        for each in fields(cls):
            variable = PREFIX + each.name.upper()
            text = env.get(variable, "")
            if not text and each.default is MISSING:
                faults.append(f"{variable} is not set: {each.metadata['what']}")
            elif text and each.type is int and not _NUMBER.fullmatch(text):
                faults.append(f"{variable} is not a number: {text}")
            elif text:
                given[each.name] = int(text) if each.type is int else text
        if faults:
            raise SystemExit("\n".join(faults))
        settings = cls(**given)
        if faults := settings.faults():
            raise SystemExit("\n".join(faults))
        return settings

    def faults(self) -> list[str]:
        """Say everything that is wrong with these settings, in sentences."""
        found = []
        if self.mode not in (DEVELOPMENT, PRODUCTION):
            found.append(f"CITYDESK_MODE is neither development nor production: {self.mode}")
        if self.wechat_mode not in ("plain", "compat", "safe"):
            found.append("CITYDESK_WECHAT_MODE is none of plain, compat, safe")
        found += [
            f"{PREFIX}{name.upper()} is not a port: {getattr(self, name)}"
            for name in ("port", "sandbox_port")
            if not 0 < getattr(self, name) < 1 << 16
        ]
        found += [
            f"{PREFIX}LIMIT_{each.name.upper()} must be above zero"
            for each in fields(Limits)
            if getattr(self.limits, each.name) < 1
        ]
        found += [
            f"{PREFIX}{name.upper()} must have 43 characters"
            for name in ("wechat_aes_key", "wechat_previous_aes_key")
            if (key := getattr(self, name)) and len(key) != 43
        ]
        if self.production:
            found += self._production_faults()
        return found

    def _production_faults(self) -> list[str]:
        theirs = ("wechat_api_url", "wechat_open_url", "wechat_mp_url")
        public = ("provider_url", "public_url")
        hosts = {name: _https_host(getattr(self, name)) for name in (*theirs, *public)}
        return [
            *(
                []
                if self.scanner_address
                else [f"{PREFIX}SCANNER_ADDRESS must be set: no paper is opened unscanned"]
            ),
            *(
                f"{PREFIX}{name.upper()} must be Tencent's own host, by https"
                for name in theirs
                if hosts[name] not in TENCENT_HOSTS
            ),
            *(
                f"{PREFIX}{name.upper()} must be a public https address"
                for name in public
                if hosts[name] in (None, *LOOPBACK)
            ),
        ]

    @property
    def limits(self) -> Limits:
        """What one caller may send."""
        return Limits(**{each.name: getattr(self, f"limit_{each.name}") for each in fields(Limits)})

    @property
    def production(self) -> bool:
        """Whether real people are served."""
        return self.mode == PRODUCTION


def _https_host(url: str) -> str | None:
    """Return the host of an https address; None for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme == "https" else None


def documented() -> str:
    """Write ``.env.example``: every variable, what it is for, its default; no secret."""
    lines = ["# Every setting of citydesk. `make run` needs none of them. Generated: make fix", ""]
    for each in fields(Settings):
        default = "" if each.default is MISSING else each.default
        needed = " (required)" if each.default is MISSING else ""
        lines += [
            f"# {each.metadata['what']}{needed}",
            f"{PREFIX}{each.name.upper()}={default}",
            "",
        ]
    return "\n".join(lines)
