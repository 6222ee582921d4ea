"""Trouble with a system outside: not the asker's fault, and worth another try."""


class GatewayTrouble(Exception):
    """A system outside failed, was too slow, or answered what we cannot read.

    ``sent`` is False only when the request surely never left, so that trying again cannot
    do anything twice.
    """

    def __init__(
        self, what: str, *, sent: bool = True, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(what)
        self.sent = sent
        self.retry_after_seconds = retry_after_seconds
