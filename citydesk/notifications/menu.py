"""The menu under the account's chat, as data: each button says a word to us or opens a page.

Limits by WeChat (protocol A11): three buttons, five below each; a name has 16 bytes, below 60.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from typing_extensions import override

from citydesk.gateways.wechat import SaidNo
from citydesk.kit.refusals import Invalid
from citydesk.world import World

TOP_BYTES, BELOW_BYTES = 16, 60


class MenuRefused(Invalid):
    """The menu cannot be published as it is written."""

    title = "Menu refused"


def _short(name: str) -> str:
    if len(name.encode()) > BELOW_BYTES:
        raise ValueError(f"longer than {BELOW_BYTES} bytes")
    return name


class Button(BaseModel):
    """What a button does: say a word of the chat, or open a page of ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(min_length=1), AfterValidator(_short)]
    word: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    page: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/_?=&.-]*$", max_length=400)] | (
        None
    ) = None

    def written(self, public_url: str) -> dict[str, Any]:
        """Write the button the way WeChat wants it."""
        if self.word is not None:
            return {"type": "click", "name": self.name, "key": self.word}
        return {"type": "view", "name": self.name, "url": f"{public_url.rstrip('/')}{self.page}"}


class Top(Button):
    """A button of the bar: does something, or opens a list of buttons."""

    sub_button: Annotated[tuple[Button, ...], Field(max_length=5)] = ()

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if len(self.name.encode()) > TOP_BYTES:
            raise ValueError(f"name: longer than {TOP_BYTES} bytes")
        below = any((each.word is None) == (each.page is None) for each in self.sub_button)
        deeds = (self.word is not None) + (self.page is not None) + bool(self.sub_button)
        if deeds != 1 or below:
            raise ValueError("a button has a word, or a page, or buttons below it")
        return self

    @override
    def written(self, public_url: str) -> dict[str, Any]:
        """Write the button and those below it the way WeChat wants them."""
        if not self.sub_button:
            return super().written(public_url)
        return {"name": self.name, "sub_button": [b.written(public_url) for b in self.sub_button]}


_MENU = TypeAdapter(Annotated[tuple[Top, ...], Field(min_length=1, max_length=3)])


def bundled_menu() -> str:
    """Return the menu that comes with the software (JSON)."""
    return files("citydesk.notifications").joinpath("data/menu.json").read_text("utf-8")


def read_menu(text: str, public_url: str) -> list[Mapping[str, Any]]:
    """Read a menu (JSON) into WeChat's buttons; raises MenuRefused, naming every fault."""
    try:
        return [top.written(public_url) for top in _MENU.validate_json(text)]
    except ValidationError as faulty:
        errors = [
            {"field": ".".join(map(str, each["loc"])), "detail": each["msg"]}
            for each in faulty.errors(include_url=False, include_input=False)
        ]
        raise MenuRefused("菜单文件有误，没有发布，请改正后再试。", errors) from None


async def publish_menu(world: World, text: str | None = None) -> list[str]:
    """Give WeChat the account's menu (the bundled one unless told); return its buttons' names.

    Raises:
        MenuRefused: the menu is faulty, or WeChat does not take it. GatewayTrouble: try again.
    """
    buttons = read_menu(text or bundled_menu(), world.settings.public_url)
    try:
        await world.wechat.publish_menu(buttons)
    except SaidNo as no:
        detail = [{"field": "menu", "detail": str(no)}]
        raise MenuRefused("微信没有接受这个菜单，请检查后再试。", detail) from no
    return [str(each["name"]) for each in buttons]
