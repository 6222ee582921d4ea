"""WeRoBot as its documentation has it: encrypted mode, one filter for the command, an echo."""

import os
from typing import Any

from werobot import WeRoBot  # type: ignore[import-not-found]

ANSWER = os.environ["BENCH_ANSWER"]

robot = WeRoBot(
    token=os.environ["BENCH_TOKEN"],
    encoding_aes_key=os.environ["BENCH_AES_KEY"],
    app_id=os.environ["BENCH_APP_ID"],
    enable_session=False,
)


@robot.filter("帮助")  # type: ignore[untyped-decorator]
def help_(message: Any) -> str:
    return ANSWER


@robot.text  # type: ignore[untyped-decorator]
def echo(message: Any) -> str:
    return str(message.content)


app = robot.wsgi
