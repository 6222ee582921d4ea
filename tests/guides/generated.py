"""Any value a JSON schema allows: as far as pydantic's schemas of guides go."""

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from citydesk.guides import CORP_THEMES, PERSON_THEMES

_PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
_TRICKY = st.sampled_from(["=1+1", "'=1", "[]", "{}", "true", "a,b", '"', "一\n二", "x\r\ny", "-"])
# For every pattern some that fit: drawing from the patterns themselves takes minutes.
_PATTERNED = (
    *("", "a", "kind_2", "01", "42", "024-00000101", "12345", "0990-0000001-2"),
    *("/guides/x?a=1", "https://a.example/b", "11990000MB000003553990000000001", "A-1_b", "7.x"),
)


def of_schema(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for values of this schema."""
    return _values(schema, schema.get("$defs", {}))


def _values(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _values(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema:
        return st.one_of([_values(each, defs) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = {
        "null": lambda: st.none(),
        "boolean": lambda: st.booleans(),
        "integer": lambda: st.integers(schema.get("minimum", 0), schema.get("maximum", 10**6)),
        "string": lambda: _texts(schema),
        "array": lambda: _lists(schema, defs),
        "object": lambda: _parts(schema, defs),
    }
    return kinds[schema["type"]]()


def _texts(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        fitting = [each for each in _PATTERNED if re.search(schema["pattern"], each)]
        return st.sampled_from(fitting)
    least = schema.get("minLength", 0)
    texts = (_PLAIN | _TRICKY).map(str.strip)
    return texts.filter(lambda text: len(text) >= least)


def _lists(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> st.SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    return st.lists(_values(schema["items"], defs), min_size=least, max_size=max(least, 2))


def _parts(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        keys = st.sampled_from(("who", "kind_2", "n"))
        [held_schema] = schema["patternProperties"].values()
        held = _values(held_schema, defs)
        return st.dictionaries(keys, held, min_size=schema.get("minProperties", 0), max_size=2)
    needed = set(schema.get("required", ()))
    fields = {name: _named(name, each, defs) for name, each in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in needed},
        optional={name: each for name, each in fields.items() if name not in needed},
    )


def _named(name: str, schema: Mapping[str, Any], defs: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Themes are of a list that the schema does not know."""
    lists = {"themes_person": PERSON_THEMES, "themes_corp": CORP_THEMES}
    if name in lists:
        return st.lists(st.sampled_from(lists[name]), max_size=2)
    return _values(schema, defs)
