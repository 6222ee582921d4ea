"""The API described in OpenAPI 3.1, from the very forms that check it."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from citydesk import __version__
from citydesk.kit.guard import TooLarge, TooSlow
from citydesk.kit.idempotency import LONGEST_KEY, KeyInFlight, KeyMissing, KeyReused
from citydesk.kit.refusals import Forbidden, Invalid, Refusal, TooMany, Unidentified
from mobile_api.api import Operation
from mobile_api.problems import MEDIA_TYPE, slug, status_of
from mobile_api.reading import Malformed

REF = "#/components/schemas/{model}"


class FieldFault(BaseModel):
    """One field and what is wrong with it."""

    field: str
    detail: str


class Problem(BaseModel):
    """A problem document (RFC 9457); ``detail`` is a sentence for the person, in Chinese."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldFault] = []


def described(operations: Sequence[Operation]) -> dict[str, Any]:
    """Describe every operation."""
    schemas = _Schemas(operations)
    paths: dict[str, Any] = {}
    for operation in operations:
        path = re.sub(r"{(\w+)(:\w+)?}", r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "citydesk",
            "version": __version__,
            "summary": "Book, query, file and handle government services.",
            "description": "Every POST that creates takes an Idempotency-Key: kept 24 hours per "
            "caller and route; another body under the same key is 422, a twin in flight 409.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


class _Schemas:
    """The JSON schemas of every form, each named once."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        forms: list[tuple[Any, JsonSchemaMode]] = [(Problem, "serialization")]
        asked: list[Any] = []
        for each in operations:
            if each.body not in (None, bytes):
                forms.append((each.body, "validation"))
            if each.out is not None:
                forms.append((each.out, "serialization"))
            asked += [form for form in (each.path_form, each.query) if form is not None]
        forms += [(form, "validation") for form in asked]
        unique = list(dict.fromkeys(forms))
        inputs = [(number, mode, TypeAdapter(form)) for number, (form, mode) in enumerate(unique)]
        refs, whole = TypeAdapter.json_schemas(inputs, ref_template=REF)
        self.definitions: dict[str, Any] = whole.get("$defs", {})
        self._refs = {unique[number]: refs[number, mode] for number, mode, _ in inputs}
        # Shown field by field, as parameters; only what their fields refer to stays.
        names = {form: self.of(form, "validation")["$ref"].rpartition("/")[2] for form in asked}
        self.asked = {form: self.definitions.pop(name) for form, name in names.items()}

    def of(self, form: Any, mode: JsonSchemaMode) -> dict[str, Any]:
        """The schema, or a reference to it."""
        return self._refs[form, mode]


def _operation(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    said = (operation.handler.__doc__ or operation.handler.__name__).strip()
    summary, _, more = said.partition("\n")
    shown: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": summary,
        "description": " ".join(f"{more} Who may call: {operation.who.label}.".split()),
        "tags": [operation.tag],
        "parameters": _parameters(operation, schemas),
        "responses": _responses(operation, schemas),
    }
    if not operation.who.anyone:
        shown["security"] = [{"bearer": []}]
    if operation.body is bytes:
        content: dict[str, Any] = {"application/octet-stream": {"schema": {}}}
        shown["requestBody"] = {"required": True, "content": content}
    elif operation.body is not None:
        content = {"application/json": {"schema": schemas.of(operation.body, "validation")}}
        shown["requestBody"] = {"required": True, "content": content}
    return shown


def _parameters(operation: Operation, schemas: _Schemas) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for where, form in (("path", operation.path_form), ("query", operation.query)):
        if form is not None:
            schema = schemas.asked[form]
            required = set(schema.get("required", ()))
            found += [
                {
                    "name": name,
                    "in": where,
                    "required": where == "path" or name in required,
                    "schema": each,
                }
                for name, each in schema.get("properties", {}).items()
            ]
    if operation.creates:
        key = {"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": key})
    for name, pattern, said in operation.headers:
        about = {"type": "string", "pattern": pattern, "description": said}
        found.append({"name": name, "in": "header", "required": True, "schema": about})
    if operation.etag:
        tags = {"type": "string", "description": "the ETag of an answer you hold"}
        found.append({"name": "If-None-Match", "in": "header", "required": False, "schema": tags})
    return found


def _responses(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {each: {} for each in operation.media}
    if operation.out is not None:
        content["application/json"] = {"schema": schemas.of(operation.out, "serialization")}
    good = {"description": "Done", **({"content": content} if content else {})}
    found: dict[str, Any] = {str(operation.status): good}
    if operation.etag:
        found["304"] = {"description": "You hold it already"}
    names: dict[int, list[str]] = {}
    for kind in _refusals(operation):
        names.setdefault(status_of(kind), []).append(slug(kind))
    problem = {MEDIA_TYPE: {"schema": schemas.of(Problem, "serialization")}}
    for status, which in sorted(names.items()):
        found[str(status)] = {
            "description": "Problem: " + ", ".join(dict.fromkeys(which)),
            "content": problem,
        }
    found["503"] = {"description": "Problem: unavailable, gateway-trouble", "content": problem}
    return found


def _refusals(operation: Operation) -> list[type[Refusal]]:
    found: list[type[Refusal]] = []
    if not operation.who.anyone:
        found += [Unidentified, Forbidden, TooMany]
    if operation.body is not None:
        found += [Malformed, TooLarge, TooSlow]
    if operation.body is not None or operation.query is not None or operation.path_form is not None:
        found.append(Invalid)
    if operation.creates:
        found += [KeyMissing, KeyInFlight, KeyReused]
    return [*found, *operation.refusals]
