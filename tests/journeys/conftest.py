"""What stories in a browser hold: Chromium, and a desk whose pages the simulator may frame."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from citydesk.settings import Settings
from tests.people import Outside
from tests.portal.conftest import browser as browser

expect.set_options(timeout=20_000)  # milliseconds; a busy machine is slow, not wrong


@pytest.fixture(scope="session")
def template(planted_template: str) -> str:
    """These tests begin in the sample city."""
    return planted_template


@pytest.fixture
def settings(settings: Settings, outside: Outside) -> Settings:
    """The desk lets this sandbox's phones show its pages."""
    return replace(settings, sandbox_port=urlsplit(outside.url).port)
