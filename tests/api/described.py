"""Whether an answer is what the API's own description says of it: as much of JSON Schema as is used for answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask

from tests.api.callers import V1

TYPES: dict[str, type | tuple[type, ...]] = {
    "number": (int, float),
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
WORDS = {"type", "title", "description", "default", "enum", "const", "format", "examples"}
BOUNDS = {"minimum", "maximum", "minItems", "minProperties", "maxLength"}  # tests/api/test_robot_schemas.py
KNOWN = WORDS | BOUNDS | {"$ref", "anyOf", "oneOf", "items", "properties", "required", "additionalProperties"}


class Description:
    def __init__(self, app: Flask) -> None:
        self.document: dict[str, Any] = app.test_client().get(f"{V1}/openapi.json").json or {}

    def wrong(self, method: str, path: str, status: int, answer: object) -> list[str]:
        """What of this answer the description says otherwise, or does not know."""
        described = self._operation(method, path)["responses"][str(status)]
        return list(self._wrong(described["content"]["application/json"]["schema"], answer, "answer"))

    def reads(self) -> list[str]:
        """The paths that are read, as templates."""
        return [path.removeprefix(V1) for path, each in self.document["paths"].items() if "get" in each]

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        bare = V1 + path.partition("?")[0]
        for template, operations in sorted(self.document["paths"].items()):
            if method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), bare):
                found: dict[str, Any] = operations[method.lower()]
                return found
        raise LookupError(path)

    def _wrong(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        assert set(schema) <= KNOWN, set(schema) - KNOWN
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            yield from self._wrong(self.document["components"]["schemas"][name], value, f"{at} ({name})")
            return
        ways = schema.get("anyOf") or schema.get("oneOf")
        if ways and all(list(self._wrong(each, value, at)) for each in ways):
            yield f"{at} is none of what it may be: {value!r}"
        wanted = TYPES.get(schema.get("type", ""), object)
        if not isinstance(value, wanted) or (schema.get("type") in ("integer", "number") and isinstance(value, bool)):
            yield f"{at} is no {schema.get('type')}: {value!r}"
        if value not in schema.get("enum", [value]) or value != schema.get("const", value):
            yield f"{at} is not one of these: {value!r}"
        if isinstance(value, dict):
            yield from self._wrong_object(schema, value, at)
        for n, each in enumerate(value if isinstance(value, list) else ()):
            yield from self._wrong(schema.get("items", {}), each, f"{at}.{n}")

    def _wrong_object(self, schema: dict[str, Any], value: dict[str, Any], at: str) -> Iterator[str]:
        known, others = schema.get("properties", {}), schema.get("additionalProperties", "properties" not in schema)
        yield from (f"{at}.{each} is missing" for each in schema.get("required", ()) if each not in value)
        for key, each in value.items():
            if key in known or isinstance(others, dict):
                yield from self._wrong(known.get(key, others), each, f"{at}.{key}")
            elif not others:
                yield f"{at}.{key} is not described"
