"""The templates in force: dated data, so that an operator can change what is said.

The bundled list names the sandbox's templates. A real account's own list is imported: one row an
occasion, with the id WeChat gave the template and what each of its fields says.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files

import orjson

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Invalid
from citydesk.kit.spreadsheets import Unreadable, table_of, text_of
from citydesk.notifications.rules import WORDS, Template, words_used
from citydesk.world import World

COLUMNS = ("key", "template_id", "in_force_from", "fields")
LONGEST = {"key": 40, "template_id": 64}
LARGEST_FILE = 256 * 1024  # bytes
MOST_ROWS = 2_000

_IN_FORCE = """
    SELECT DISTINCT ON (key) key, template_id, fields_said::text AS fields_said
    FROM message_template WHERE in_force_from <= $1 ORDER BY key, in_force_from DESC
"""

_INSERT = """
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
    """Bring the bundled templates into force for occasions that have none; return how many.

    In production nothing is loaded: a real account has templates of its own.
    """
    if world.settings.production:
        return 0
    known = {row["key"] for row in await sql.rows("SELECT DISTINCT key FROM message_template")}
    rows = [each for each in read_templates(bundled().encode()) if each[0].key not in known]
    return await _write(world, rows) if rows else 0


def bundled() -> str:
    """Return the list that comes with the software (CSV)."""
    return files("citydesk.notifications").joinpath("data/templates.csv").read_text("utf-8")


async def import_templates(world: World, content: bytes | str) -> int:
    """Take a list of templates (CSV: key, template_id, in_force_from, fields); return how many.

    ``fields`` reads ``thing1={item_name};phrase3=已收件``.

    Raises:
        TemplateFaulty: naming the row; nothing was taken then.
    """
    return await _write(
        world, read_templates(content.encode() if isinstance(content, str) else content)
    )


async def _write(world: World, rows: Sequence[tuple[Template, date]]) -> int:
    async with world.transaction():
        return await sql.run(
            _INSERT,
            [new_id() for _ in rows],
            world.clock.now(),
            [template.key for template, _ in rows],
            [template.template_id for template, _ in rows],
            [orjson.dumps(template.fields_said).decode() for template, _ in rows],
            [on for _, on in rows],
        )


def read_templates(content: bytes) -> list[tuple[Template, date]]:
    """Read a list of templates, each with the day it comes into force.

    Raises:
        TemplateFaulty: naming the row.
    """
    try:
        table = table_of(text_of(content, LARGEST_FILE), MOST_ROWS)
    except Unreadable as wrong:
        raise TemplateFaulty(
            "模板清单读不懂，一行也没有导入。请按列出的位置修改后再导入。",
            [{"field": wrong.where, "detail": wrong.what}],
        ) from None
    if missing := [name for name in COLUMNS if name not in table.header]:
        raise TemplateFaulty(f"模板清单的表头缺少 {'、'.join(missing)}，请补上后再导入。")
    if not table.rows:
        raise TemplateFaulty("模板清单里没有一行模板，请检查文件后再导入。")
    seen: dict[tuple[str, date], int] = {}
    read: list[tuple[Template, date]] = []
    for line, cells in table.rows:
        if len(cells) != len(table.header):
            raise _faulty(line, f"应有 {len(table.header)} 列，实有 {len(cells)} 列")
        template, begins = _read(line, dict(zip(table.header, cells, strict=True)))
        first = seen.setdefault((template.key, begins), line)
        if first != line:
            raise _faulty(line, f"{template.key} 同一天的模板与第{first}行重复")
        read.append((template, begins))
    return read


def _read(line: int, row: Mapping[str, str]) -> tuple[Template, date]:
    try:
        begins = date.fromisoformat(row["in_force_from"].strip())
    except ValueError:
        raise _faulty(line, "启用日期应写成 2026-03-01 的样子") from None
    template = Template(row["key"].strip(), row["template_id"].strip(), dict(_said(line, row)))
    if not template.key or not template.template_id:
        raise _faulty(line, "缺少编号")
    for name, value in (("key", template.key), ("template_id", template.template_id)):
        if len(value) > LONGEST[name]:
            raise _faulty(line, f"{name} 超过 {LONGEST[name]} 个字")
    if unknown := words_used(template.fields_said) - WORDS:
        raise _faulty(line, f"不认识的字段 {', '.join(sorted(unknown))}")
    return template, begins


def _said(line: int, row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for pair in row["fields"].split(";"):
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals or not name:
            raise _faulty(line, "fields 应写成 thing1={item_name};phrase3=已收件 的样子")
        if name in seen:
            raise _faulty(line, f"fields 里的 {name} 出现了两次")
        seen.add(name)
        yield name, text


def _faulty(line: int, what: str) -> TemplateFaulty:
    return TemplateFaulty(f"模板清单第{line}行有误：{what}。请改正后再导入。")
