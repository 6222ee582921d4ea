"""Who is signed in, and the real-name check that proves a name.

Anybody's browser can be led to the identity provider's callback. So that does nothing: it hands
state and code back to the app, which ends the check signed in.
"""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.responses import PlainTextResponse, Response

from citydesk import identity
from mobile_api.api import ANYONE, CITIZEN, Answered, Api, Call
from mobile_api.reading import Strict

api = Api("identity")

Secret = Annotated[str, Field(min_length=1, max_length=1024)]
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Vary": "Accept",
}
BACK_TO_THE_APP = "请返回小程序或客户端继续。\n"


class NewVerification(Strict):
    """A real-name check to begin; afterwards the citizen returns to this path of ours."""

    return_to: Annotated[str, Field(max_length=200)] = "/"


class VerificationBegun(BaseModel):
    """Where to send the citizen's browser."""

    authorize_url: str


class HandedBack(BaseModel):
    """What the app sends to /identity/verifications/finish, just as it is."""

    state: str
    code: str | None
    error: str | None
    iss: str | None


class Finishing(Strict):
    """What the provider's redirect carried: a code, or an error when the check was broken off."""

    state: Annotated[str, Field(max_length=100)]
    code: Secret | None = None
    error: Annotated[str, Field(max_length=100)] | None = None
    iss: Annotated[str, Field(max_length=1024, description="RFC 9207")] | None = None


class CameBack(Finishing):
    """The provider's redirect as it comes (RFC 6749 4.1.2, RFC 9207)."""

    error_description: str | None = None
    error_uri: str | None = None
    session_state: str | None = None


class Verified(BaseModel):
    """A finished real-name check."""

    identity_id: UUID
    assurance_level: int
    return_to: str


class PersonShown(BaseModel):
    """The citizen's own data, masked."""

    name: str
    id_type: str
    id_no: str
    phone: str | None


class Me(BaseModel):
    """Who is signed in; person is null before the real-name check."""

    account_id: UUID
    identity_id: UUID | None
    channel: str
    assurance_level: int
    person: PersonShown | None


@api(
    "POST",
    "/identity/verifications",
    who=CITIZEN,
    body=NewVerification,
    out=VerificationBegun,
    status=201,
    refusals=(identity.WrongReturn,),
)
async def begin_verification(call: Call) -> VerificationBegun:
    """Begin the real-name check."""
    form: NewVerification = call.body
    address = await identity.begin_verification(call.world, call.citizen, form.return_to)
    return VerificationBegun(authorize_url=address)


@api(
    "GET",
    "/identity/callback",
    who=ANYONE,
    query=CameBack,
    out=HandedBack,
    media=("text/plain",),
)
async def hand_back(call: Call) -> Answered | Response:
    """Take the browser back from the identity provider, and only hand over what it brought.

    Has no effect. A program (Accept: application/json) gets the form to finish the check with; a
    browser gets a sentence in Chinese, and the app around it reads the form from the address.
    """
    if "application/json" not in call.request.headers.get("accept", ""):
        return PlainTextResponse(BACK_TO_THE_APP, headers=PAGE_HEADERS)
    back: CameBack = call.query
    handed = HandedBack(state=back.state, code=back.code, error=back.error, iss=back.iss)
    return Answered(handed, headers=PAGE_HEADERS)


@api(
    "POST",
    "/identity/verifications/finish",
    who=CITIZEN,
    body=Finishing,
    out=Verified,
    refusals=(
        identity.VerificationOver,
        identity.VerificationDeclined,
        identity.AuthorizationRefused,
        identity.AnswerNotTrusted,
        identity.AlreadySomeoneElse,
    ),
)
async def finish_verification(call: Call) -> Verified:
    """End the real-name check that this account began; the state is used up whatever comes of it.

    Without a code, with an error, or from another provider (iss), the check counts as declined.
    """
    form: Finishing = call.body
    if form.code is None or form.error is not None or not _from_ours(call, form.iss):
        raise await identity.decline_verification(call.world, call.citizen, form.state)
    proven, return_to = await identity.finish_verification(
        call.world, call.citizen, form.state, form.code
    )
    return Verified(
        identity_id=proven.id, assurance_level=proven.assurance_level, return_to=return_to
    )


@api("GET", "/me", who=CITIZEN, out=Me)
async def me(call: Call) -> Me:
    """Show who is signed in."""
    citizen = call.citizen
    person = await identity.me(call.world, citizen)
    return Me(
        account_id=citizen.account_id,
        identity_id=citizen.identity_id,
        channel=citizen.channel,
        assurance_level=citizen.assurance_level,
        person=None if person is None else _person(person),
    )


def _person(masked: identity.Person) -> PersonShown:
    return PersonShown(
        name=masked.name, id_type=masked.id_type, id_no=masked.id_no, phone=masked.phone
    )


def _from_ours(call: Call, issuer: str | None) -> bool:
    """Whether the answer comes from the provider we asked (RFC 9207, against mix-up)."""
    return issuer is None or issuer == call.world.settings.provider_url
