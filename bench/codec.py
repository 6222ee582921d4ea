"""The codec alone: decrypt one message, encrypt one text answer, against wechatpy (limits.md 1a).

    python -m bench.codec

Needs the development environment (wechatpy). Fails only on the ratio.
"""

import argparse
import json
import sys
import time
from statistics import median
from timeit import timeit

from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from bench.pushes import Secrets, opened, pushes
from wechat import replies
from wechat.codec import Codec, read_query

AT_LEAST = 4.0
AIM_US = 16
CALLS = 1_000
SECRETS = Secrets(
    "bench-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx9900000000000001"
)
ANSWER = (
    "您可以直接告诉我要办什么，例如：开饭店、补办身份证、公积金提取。找不到想办的事，请拨打12345。"
)


def main() -> int:
    """Measure both in turn and print the medians."""
    parser = argparse.ArgumentParser(description="The codec alone, against wechatpy.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = min(parser.parse_args().rounds, 200)
    head, _, body = pushes(SECRETS, ["帮助"], "/wechat")[0].partition(b"\r\n\r\n")
    query = head.split(b" ", 2)[1].partition(b"?")[2]
    told = read_query(query)
    now = int(time.time())
    codec = Codec(token=SECRETS.token, app_id=SECRETS.app_id, aes_keys=[SECRETS.aes_key])
    crypto = WeChatCrypto(SECRETS.token, SECRETS.aes_key, SECRETS.app_id)
    address = told["signature"], told["timestamp"], told["nonce"]

    def ours() -> bytes:
        message = codec.read(told, body, now)
        return codec.answer(message, replies.text(message, ANSWER, now), now)

    def theirs() -> bytes:
        check_signature(SECRETS.token, *address)
        xml = crypto.decrypt_message(body, told["msg_signature"], *address[1:])
        reply = create_reply(ANSWER, parse_message(xml)).render()
        return bytes(crypto.encrypt_message(reply, address[2], address[1]).encode())

    if ANSWER not in opened(SECRETS, ours()):
        raise AssertionError("the answer is wrong")
    figures: dict[str, list[float]] = {"citydesk": [], "wechatpy": []}
    for _ in range(rounds):
        for name, call in (("citydesk", ours), ("wechatpy", theirs)):
            figures[name].append(timeit(call, number=CALLS) / CALLS * 1e6)
    middle = {name: median(each) for name, each in figures.items()}
    ratio = middle["wechatpy"] / middle["citydesk"]
    result = {
        "metric": "codec",
        "us_median": {name: round(each, 2) for name, each in middle.items()},
        "us_best": {name: round(min(each), 2) for name, each in figures.items()},
        "aim_us": AIM_US,
        "ratio": round(ratio, 2),
        "at_least": AT_LEAST,
    }
    print(json.dumps(result))
    return 0 if ratio >= AT_LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
