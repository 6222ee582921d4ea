"""Settings: read once, complete or not at all, and closed about secrets."""

from dataclasses import MISSING, fields
from typing import Any

import pytest

from citydesk.settings import PREFIX, Settings, documented

AES_KEY = "a" * 43
REQUIRED = {
    PREFIX + each.name.upper(): "x" for each in fields(Settings) if each.default is MISSING
} | {"CITYDESK_WECHAT_AES_KEY": AES_KEY}
PUBLIC = {
    "CITYDESK_MODE": "production",
    "CITYDESK_PUBLIC_URL": "https://desk.example.cn",
    "CITYDESK_SCANNER_ADDRESS": "clamd.example.cn:3310",
    "CITYDESK_PROVIDER_URL": "https://identity.example.cn",
}


def read(**more: str) -> Settings:
    return Settings.from_env({**REQUIRED, **more})


def faults(env: dict[str, str]) -> list[str]:
    with pytest.raises(SystemExit) as stopped:
        Settings.from_env(env)
    assert isinstance(stopped.value.code, str), "a message, and so a status other than 0"
    return stopped.value.code.splitlines()


def test_what_has_no_default_is_enough() -> None:
    settings = read()
    assert (settings.mode, settings.port, settings.production) == ("development", 8000, False)
    assert settings.wechat_api_url == "https://api.weixin.qq.com"


def test_everything_that_is_missing_is_named_at_once() -> None:
    told = faults({})
    assert len(told) == len(REQUIRED)
    for variable in REQUIRED:
        assert any(line.startswith(f"{variable} is not set: ") for line in told)


def test_an_empty_variable_is_a_missing_one() -> None:
    assert faults({**REQUIRED, "CITYDESK_REDIS_URL": ""})[0].startswith("CITYDESK_REDIS_URL is not")
    assert read(CITYDESK_PORT="").port == 8000


def test_a_number_is_read_as_one() -> None:
    assert read(CITYDESK_PORT="9000").port == 9000


@pytest.mark.parametrize(
    "port", ["x", "80a", "-1", "8_0", " 80", "8000.0", "²", "٣", "0", "65536", "9" * 5_000]
)
def test_what_is_no_port_is_refused_by_name(port: str) -> None:
    [told] = faults({**REQUIRED, "CITYDESK_PORT": port})
    assert told.startswith("CITYDESK_PORT is not a ")


def test_variables_of_others_are_left_alone() -> None:
    assert read(PORT="1", CITYDESK_UNKNOWN="1", HOME="/").port == 8000


@pytest.mark.parametrize("mode", ["prod", "Production", "test"])
def test_a_third_mode_does_not_exist(mode: str) -> None:
    assert faults({**REQUIRED, "CITYDESK_MODE": mode}) == [
        f"CITYDESK_MODE is neither development nor production: {mode}"
    ]


@pytest.mark.parametrize("key", ["a" * 42, "a" * 44])
def test_a_key_of_the_wrong_length_is_noticed_at_the_start(key: str) -> None:
    [told] = faults({**REQUIRED, "CITYDESK_WECHAT_AES_KEY": key})
    assert "43 characters" in told
    assert key not in told
    [told] = faults({**REQUIRED, "CITYDESK_WECHAT_PREVIOUS_AES_KEY": key})
    assert "PREVIOUS_AES_KEY must have 43 characters" in told


def test_production_runs_on_public_addresses() -> None:
    assert read(**PUBLIC).production


def test_production_has_a_virus_scanner() -> None:
    told = faults({**REQUIRED, **PUBLIC, "CITYDESK_SCANNER_ADDRESS": ""})
    assert told == ["CITYDESK_SCANNER_ADDRESS must be set: no paper is opened unscanned"]


@pytest.mark.parametrize("name", ["WECHAT_API_URL", "WECHAT_OPEN_URL", "WECHAT_MP_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8900",
        "https://127.0.0.1:8900",
        "http://api.weixin.qq.com",
        "https://api.weixin.qq.com.example.cn",
        "https://api.weixin.qq.com@example.cn",
        "https://[",
        "nonsense",
    ],
)
def test_production_speaks_with_tencent_and_with_nobody_in_its_place(name: str, url: str) -> None:
    told = faults({**REQUIRED, **PUBLIC, f"CITYDESK_{name}": url})
    assert told == [f"CITYDESK_{name} must be Tencent's own host, by https"]


@pytest.mark.parametrize("name", ["PUBLIC_URL", "PROVIDER_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example.cn",
        "https://localhost",
        "https://127.0.0.1",
        "https://[::1]/",
        "https://",
    ],
)
def test_production_is_reached_from_outside_by_https(name: str, url: str) -> None:
    told = faults({**REQUIRED, **PUBLIC, f"CITYDESK_{name}": url})
    assert told == [f"CITYDESK_{name} must be a public https address"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    told = faults({**REQUIRED, "CITYDESK_MODE": "production", "CITYDESK_WECHAT_AES_KEY": "short"})
    assert len(told) == 4


def secret_values() -> dict[str, Any]:
    return {
        each.name: f"hidden-{each.name}" for each in fields(Settings) if each.metadata["secret"]
    }


def test_secrets_are_not_shown() -> None:
    given = {PREFIX + name.upper(): value for name, value in secret_values().items()}
    given["CITYDESK_WECHAT_AES_KEY"] = given["CITYDESK_WECHAT_PREVIOUS_AES_KEY"] = AES_KEY
    shown = repr(read(**given))
    assert "hidden" not in shown
    assert AES_KEY not in shown
    assert "port=8000" in shown


@pytest.mark.parametrize(
    "name", [each.name for each in fields(Settings) if each.name not in secret_values()]
)
def test_what_sounds_like_a_secret_is_one(name: str) -> None:
    words = set(name.split("_"))
    assert not words & {"secret", "token", "key", "keys", "password", "database", "redis"}


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        read().port = 1  # type: ignore[misc]


def test_the_example_names_every_variable_and_no_secret() -> None:
    text = documented()
    for each in fields(Settings):
        assert f"\n{PREFIX}{each.name.upper()}=" in text
        if each.metadata["secret"]:
            assert f"\n{PREFIX}{each.name.upper()}=\n" in text
