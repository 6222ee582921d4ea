"""What atheris runs: the codec must say Refused, and nothing else, whatever comes.

    python -m tests.proof.fuzz_codec <target> <seconds>

``target`` is ``codec``, or ``wechatpy`` for the positive control. Ends with 0 when nothing escaped.
"""

import hashlib
import sys
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["wechat", "xmltodict", "wechatpy"]):
    import wechatpy

    from wechat.codec import Codec, read_query
    from wechat.envelopes import elements, flat_elements, message_from
    from wechat.messages import Refused

TOKEN, APP_ID, KEY = "token", "wx9900000000000001", "A" * 43
NOW = 1_700_000_000
CODEC = Codec(token=TOKEN, app_id=APP_ID, aes_keys=[KEY], mode="safe")
PLAIN = Codec(token=TOKEN, mode="plain")


def _signed(*parts: str) -> str:
    return hashlib.sha1("".join(sorted([TOKEN, *parts])).encode()).hexdigest()  # noqa: S324


def codec(data: bytes) -> None:
    """One input, at a depth of its choice: the address, the envelope, or the message itself."""
    given = atheris.FuzzedDataProvider(data)
    kind = given.ConsumeIntInRange(0, 4)
    rest = given.ConsumeBytes(given.remaining_bytes())
    head, _, body = rest.partition(b"\n")
    try:
        match kind:
            case 0:
                CODEC.read(read_query(head), body, NOW)
            case 1:
                message_from(rest, sealed=True)
            case 2:
                query = f"signature={_signed(str(NOW), '1')}&timestamp={NOW}&nonce=1"
                PLAIN.read(read_query(query.encode()), rest, NOW)
            case 3:
                encrypt = head.decode("latin-1")
                query = {"timestamp": str(NOW), "nonce": "1", "encrypt_type": "aes"}
                query["signature"] = _signed(str(NOW), "1")
                query["msg_signature"] = _signed(str(NOW), "1", encrypt)
                CODEC.read(query, b"<xml><Encrypt>%b</Encrypt></xml>" % head + body, NOW)
            case 4:
                flat_elements(rest)
                elements(rest)
    except Refused:
        return


def peer(data: bytes) -> None:
    """The reader everybody uses; it promises no less."""
    try:
        wechatpy.parse_message(data)
    except wechatpy.WeChatException:
        return


TARGETS: dict[str, Callable[[bytes], None]] = {"codec": codec, "wechatpy": peer}


def main() -> None:
    """Fuzz one target for so many seconds."""
    target, seconds = TARGETS[sys.argv[1]], int(sys.argv[2])
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={seconds}",
            "-max_len=4096",
            "-seed=20261123",
            *sys.argv[3:],
        ],
        target,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
