"""The numbers of the guard; each is a setting, ``CITYDESK_LIMIT_…``."""

from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one caller may send. Sizes in bytes, times in seconds; all above zero."""

    webhook_bytes: int = 64 * KIB
    json_bytes: int = 256 * KIB
    upload_bytes: int = 6 * KIB * KIB
    json_depth: int = 32
    body_seconds: int = 10
    body_bytes_per_second: int = 64 * KIB
    headers: int = 100
    header_bytes: int = 32 * KIB
    header_seconds: int = 10
    idle_seconds: int = 10
    connections: int = 2000
