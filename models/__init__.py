"""What the city remembers: one module of tables per capability."""

from pkgutil import iter_modules

MODULES = [f"models.{module.name}" for module in iter_modules(__path__) if module.name != "base"]

# Read by the ORM's own migration command, which only compares: it opens no connection.
TORTOISE_ORM = {
    "connections": {"default": "asyncpg://unused@127.0.0.1:1/unused"},
    "apps": {"models": {"models": MODULES, "migrations": "migrations"}},
    "use_tz": True,
    "timezone": "UTC",
}
