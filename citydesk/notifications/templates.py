"""The templates in force: dated data, so that an operator can change what is said.

The bundled list names the sandbox's templates. A real account's own list is imported: one row an
occasion, with the id WeChat gave the template and what each of its fields says.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from io import StringIO

import orjson

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Invalid
from citydesk.notifications.rules import WORDS, Template, words_used
from citydesk.world import World

_IN_FORCE = """
    SELECT DISTINCT ON (key) key, template_id, fields_said::text AS fields_said
    FROM message_template WHERE in_force_from <= $1 ORDER BY key, in_force_from DESC
"""

_WRITE = """
    INSERT INTO message_template (id, created_at, key, template_id, fields_said, in_force_from)
    SELECT id, $2, key, template_id, said::jsonb, from_day
    FROM unnest($1::uuid[], $3::text[], $4::text[], $5::text[], $6::date[])
        AS new (id, key, template_id, said, from_day)
    ON CONFLICT (key, in_force_from) DO UPDATE
    SET template_id = excluded.template_id, fields_said = excluded.fields_said
"""


class TemplateFaulty(Invalid):
    """A row of a list of templates cannot be used."""

    title = "Template faulty"


async def in_force(world: World) -> dict[str, Template]:
    """Return the templates in force today, by occasion."""
    rows = await sql.rows(_IN_FORCE, world.clock.today())
    return {
        row["key"]: Template(row["key"], row["template_id"], orjson.loads(row["fields_said"]))
        for row in rows
    }


async def load(world: World) -> int:
    """Bring the bundled templates into force where there are none; return how many rows.

    In production nothing is loaded: a real account has templates of its own.
    """
    if world.settings.production or await sql.value("SELECT 1 FROM message_template LIMIT 1"):
        return 0
    return await import_templates(world, bundled())


def bundled() -> str:
    """Return the list that comes with the software (CSV)."""
    return files("citydesk.notifications").joinpath("data/templates.csv").read_text("utf-8")


async def import_templates(world: World, text: str) -> int:
    """Take a list of templates (CSV: key, template_id, in_force_from, fields); return how many.

    ``fields`` reads ``thing1={item_name};phrase3=已收件``.

    Raises:
        TemplateFaulty: naming the row; nothing was taken then.
    """
    rows = list(_read(csv.DictReader(StringIO(text.lstrip("\ufeff")))))
    async with world.transaction():
        return await sql.run(
            _WRITE,
            [new_id() for _ in rows],
            world.clock.now(),
            [template.key for template, _ in rows],
            [template.template_id for template, _ in rows],
            [orjson.dumps(template.fields_said).decode() for template, _ in rows],
            [on for _, on in rows],
        )


def _read(rows: Iterable[Mapping[str, str | None]]) -> Iterable[tuple[Template, date]]:
    for number, row in enumerate(rows, start=2):
        try:
            pairs = [pair.split("=", 1) for pair in (row["fields"] or "").split(";")]
            fields_said = {key.strip(): text.strip() for key, text in pairs}
            template = Template(row["key"] or "", row["template_id"] or "", fields_said)
            begins = date.fromisoformat(row["in_force_from"] or "")
        except (KeyError, ValueError) as fault:
            raise TemplateFaulty(f"模板清单第{number}行无法读取，请检查后再导入。") from fault
        unknown = words_used(fields_said) - WORDS
        if not template.key or not template.template_id or unknown:
            told = f"：不认识的字段 {', '.join(sorted(unknown))}" if unknown else "：缺少编号"
            raise TemplateFaulty(f"模板清单第{number}行有误{told}。请改正后再导入。")
        yield template, begins
