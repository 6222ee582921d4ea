"""How the guard says no to a body."""

from typing import ClassVar

from citydesk.kit.refusals import Refusal


class TooLarge(Refusal):
    """The body is over the limit of this route."""

    title = "Body too large"
    status: ClassVar[int] = 413


class TooSlow(Refusal):
    """The body did not arrive in time."""

    title = "Body too slow"
    status: ClassVar[int] = 408


def too_large(room: int) -> TooLarge:
    """Say how much room there is, in bytes."""
    size = f"{room >> 20} MB" if room >= 1 << 20 else f"{room >> 10} KB"
    return TooLarge(f"提交的内容超过 {size}，请减小后再试。")


def too_slow() -> TooSlow:
    """Say that the connection was too slow."""
    return TooSlow("网络太慢，内容没有收全，请重试。")
