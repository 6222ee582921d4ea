"""The environment of development: generated secrets, embedded servers, the sandbox outside."""

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from citydesk.commands.home import Home, write_private

PRODUCTION = "production"
DATABASE = "citydesk"
PREFIX = "CITYDESK_"
SERVERS = ("CITYDESK_DATABASE_URL", "CITYDESK_REDIS_URL")


def _aes_key() -> str:
    """Make 43 letters and digits that decode to 32 bytes, as WeChat makes them."""
    while not (key := base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")).isalnum():
        pass
    return key


def _key_32() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _signing_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


_GENERATED: Mapping[str, Callable[[], str]] = {
    "WECHAT_APP_ID": lambda: "wx9900000000000001",
    "WECHAT_APP_SECRET": lambda: secrets.token_hex(16),
    "WECHAT_TOKEN": lambda: secrets.token_hex(16),
    "WECHAT_AES_KEY": _aes_key,
    "MINIPROGRAM_APP_ID": lambda: "wx9900000000000002",
    "MINIPROGRAM_APP_SECRET": lambda: secrets.token_hex(16),
    "PROVIDER_CLIENT_ID": lambda: "citydesk",
    "PROVIDER_CLIENT_SECRET": lambda: secrets.token_urlsafe(24),
    "SIGNING_KEY": _signing_key,
    "SEAL_KEYS": lambda: f"dev1:{_key_32()}",
    "BLIND_KEY": _key_32,
    "METRICS_TOKEN": lambda: secrets.token_urlsafe(24),
}


def kept_secrets(home: Home) -> dict[str, str]:
    """Return this checkout's secrets, making those that are missing (``secrets.json``, 0600)."""
    path = home.folder / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [name for name in _GENERATED if name not in kept]
    if missing:
        kept |= {name: _GENERATED[name]() for name in missing}
        write_private(path, json.dumps(kept, indent=1))
    return kept


def environment(
    home: Home, *, port: int, sandbox_port: int, scanner_port: int = 0
) -> dict[str, str]:
    """Return every setting but the two servers' addresses; what the caller has set goes first."""
    app, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    made = {
        "MODE": "development",
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "SANDBOX_SCANNER_PORT": str(scanner_port),
        "SCANNER_ADDRESS": f"127.0.0.1:{scanner_port}",
        "PUBLIC_URL": app,
        "WECHAT_API_URL": sandbox,
        "WECHAT_OPEN_URL": sandbox,
        "WECHAT_MP_URL": sandbox,
        "PROVIDER_URL": f"{sandbox}/provider",
        "SANDBOX_WEBHOOK_URL": f"{app}/wechat",
        # The sandbox forgets at every start who follows; the desk does not.
        "SANDBOX_FOLLOWERS": "all",
        **kept_secrets(home),
    }
    given = {name: text for name, text in os.environ.items() if text}
    ports = {PREFIX + name: made[name] for name in ("PORT", "SANDBOX_PORT")}
    return {PREFIX + name: text for name, text in made.items()} | given | ports


@contextmanager
def servers(home: Home) -> Iterator[dict[str, str]]:
    """Yield the addresses of PostgreSQL and Valkey: those set, or embedded ones started here.

    Raises:
        ServerTrouble: an embedded server does not start; the message says what to do.
    """
    given = {name: os.environ.get(name, "") for name in SERVERS}
    with ExitStack() as closing:
        if not given[SERVERS[0]]:
            from citydesk.kit.servers import PostgresServer

            postgres = PostgresServer(
                home.folder / "postgres", sockets=home.run, log=home.logs / "postgres.log"
            )
            closing.enter_context(postgres)
            given[SERVERS[0]] = postgres.url(DATABASE)
        if not given[SERVERS[1]]:
            from citydesk.kit.servers import ValkeyServer

            valkey = ValkeyServer(
                home.folder / "valkey", sockets=home.run, log=home.logs / "valkey.log"
            )
            closing.enter_context(valkey)
            given[SERVERS[1]] = valkey.url
        yield given


@contextmanager
def desk() -> Iterator[None]:
    """Set the environment a command works in, wherever it is run.

    In production that is the environment as given. In development the running group's servers are
    used, unless the caller names others; when none runs, the embedded servers run as long as the
    command.
    """
    if os.environ.get("CITYDESK_MODE") == PRODUCTION:
        yield
        return
    home = Home.here()
    with ExitStack() as closing:
        running = home.running()
        if not running:
            home.make()
            if not all(os.environ.get(name) for name in SERVERS):
                closing.enter_context(home.held())
            running = closing.enter_context(servers(home))
        running = {
            name: text
            for name, text in running.items()
            if name not in SERVERS or not os.environ.get(name)
        }
        given = os.environ | running
        os.environ.update(
            environment(
                home,
                port=int(given.get("CITYDESK_PORT") or 0) or 8000,
                sandbox_port=int(given.get("CITYDESK_SANDBOX_PORT") or 0) or 8900,
            )
            | running
        )
        yield
