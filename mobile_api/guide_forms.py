"""The form of an item over HTTP: a JSON Schema anyone may read, before or without signing in."""

from hashlib import sha256
from typing import Any

import orjson
from pydantic import RootModel

from citydesk import guides
from mobile_api.api import ANYONE, Answered, Api, Call
from mobile_api.guides import GuideNamed, InWhoseWords

api = Api("guides")


class FormSchema(RootModel[dict[str, Any]]):
    """A JSON Schema (2020-12) of the form of one version of a guide.

    Each property is a question: `title`, `description` (the hint), `x-citydesk-type` (text, id_no,
    phone, mobile, credit_code, date, number, address, textarea, choice, choices, boolean), for
    choices `oneOf` with `const` and `title`. `x-citydesk-order` is the order to ask in,
    `x-citydesk-shown-when` on which earlier answers a question depends (as `if`/`then` says for the
    machine), `x-citydesk-about` what the answer is. Formats of our own: `citydesk-resident-id` (GB
    11643) and `citydesk-credit-code` (GB 32100), both with their check digit. The desk trims
    answers, leaves out what is not asked, and then checks by this very schema. The answers to the
    guide's questions (办理情形) are put into `_situation` by the desk; no client sends them.
    """


@api(
    "GET",
    "/guides/{item_code}/form",
    who=ANYONE,
    path_form=GuideNamed,
    query=InWhoseWords,
    out=FormSchema,
    refusals=(guides.NoSuchGuide, guides.GuideNotReady),
    etag=True,
)
async def read_form(call: Call) -> Answered:
    """Read the form of the version in force, as a JSON Schema; ask again with If-None-Match."""
    guide = await guides.shown(call.world, call.path.item_code, call.query.region)
    schema = guides.application_form(guide.content, str(guide.id)).schema
    tag = sha256(orjson.dumps(schema)).hexdigest()
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    given = call.request.headers.get("if-none-match", "")
    held = {each.strip().removeprefix("W/").strip('"') for each in given.split(",")}
    if tag in held or "*" in held:
        return Answered(None, 304, headers)
    return Answered(FormSchema(schema), headers=headers)
