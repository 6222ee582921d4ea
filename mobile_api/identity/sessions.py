"""Signing in and out: citizens by their mini program, officers by a password."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from citydesk import identity
from mobile_api.api import ANYONE, SIGNED_IN, Api, Call
from mobile_api.reading import STRANGERS_LIMIT, Strict

api = Api("identity")

Device = Annotated[str, Field(max_length=80, description="设备名称，显示在登录设备列表")]


class MiniProgramSignIn(Strict):
    """What wx.login() gave the mini program; good once, five minutes."""

    code: Annotated[str, Field(min_length=1, max_length=256)]
    device: Device = ""


class OfficerSignIn(Strict):
    """An officer's login and password, and the post to act in when they hold several."""

    login: Annotated[str, Field(min_length=1, max_length=40)]
    password: Annotated[str, Field(min_length=1, max_length=128)]
    post_id: UUID | None = None
    device: Device = ""


class Refresh(Strict):
    """The refresh token of the last pair; it works once."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=100)]


class TokensShown(BaseModel):
    """A pair of tokens; ask with the first, get the next pair with the second."""

    session_id: UUID
    token_type: str
    access_token: str
    expires_in: Annotated[int, Field(description="access_token 的有效期，秒")]
    refresh_token: str


@api(
    "POST",
    "/sessions/mini-program",
    who=ANYONE,
    body=MiniProgramSignIn,
    limit=STRANGERS_LIMIT,
    out=TokensShown,
    status=201,
    refusals=(identity.LogInCodeRefused, identity.WeChatUserRefused, identity.LogInTooOften),
)
async def sign_in_mini_program(call: Call) -> TokensShown:
    """Sign a citizen in by a mini program's log-in code."""
    form: MiniProgramSignIn = call.body
    return shown(await identity.sign_in_mini_program(call.world, form.code, form.device))


@api(
    "POST",
    "/sessions/refresh",
    who=ANYONE,
    body=Refresh,
    limit=STRANGERS_LIMIT,
    out=TokensShown,
    status=201,
    refusals=(identity.SessionOver,),
)
async def refresh(call: Call) -> TokensShown:
    """Exchange a refresh token for the next pair; one used twice ends the session."""
    return shown(await identity.refresh(call.world, call.body.refresh_token))


@api("DELETE", "/sessions/current", who=SIGNED_IN, status=204)
async def sign_out(call: Call) -> None:
    """End the session that asks."""
    await identity.sign_out(call.world, _asker(call))


@api("DELETE", "/sessions", who=SIGNED_IN, status=204)
async def sign_out_everywhere(call: Call) -> None:
    """End every session of the one who asks, on every device."""
    await identity.sign_out_everywhere(call.world, _asker(call))


@api(
    "POST",
    "/officer-sessions",
    who=ANYONE,
    body=OfficerSignIn,
    limit=STRANGERS_LIMIT,
    out=TokensShown,
    status=201,
    refusals=(
        identity.WrongPassword,
        identity.LoginLocked,
        identity.NoPost,
        identity.ChoosePost,
        identity.SignInsCrowded,
    ),
)
async def sign_in_officer(call: Call) -> TokensShown:
    """Sign an officer in for one post."""
    form: OfficerSignIn = call.body
    return shown(
        await identity.sign_in_officer(
            call.world, form.login, form.password, form.post_id, form.device
        )
    )


def shown(tokens: identity.Tokens) -> TokensShown:
    """Show a pair of tokens."""
    return TokensShown(
        session_id=tokens.session_id,
        token_type="Bearer",  # noqa: S106 - a scheme, not a secret
        access_token=tokens.access_token,
        expires_in=tokens.expires_in_seconds,
        refresh_token=tokens.refresh_token,
    )


def _asker(call: Call) -> identity.Asker:
    return call.officer if isinstance(call.asker, identity.Officer) else call.citizen
