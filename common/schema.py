"""The description of the API (OpenAPI 3.1): what drf-spectacular cannot know by itself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema as Spectacular

from common.problems import MEDIA_TYPE

ALWAYS = (400, 401, 403, 406, 429)
WITH_ID = (404,)
CHANGING = (409, 412, 413, 415, 422, 428)
WORDS = {
    400: "A mistake in the request, named in `errors`",
    401: "No valid token or session",
    403: "The role, or the token's scope, does not allow it",
    404: "There is nothing here that the asker may see",
    406: "Only JSON is spoken here",
    409: "The state of the thing does not allow it; `detail` says why",
    412: "It has changed since it was read (`If-Match`)",
    413: "The request is too large",
    415: "Only JSON is understood here",
    422: "The `Idempotency-Key` came with another request before",
    428: "This change needs `If-Match`",
    429: "Too many requests in this minute; `Retry-After` says how many seconds to wait",
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence in the asker's language"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail", "code"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body (JSON pointer)"},
                    "parameter": {"type": "string", "description": "Which query parameter"},
                    "header": {"type": "string", "description": "Which header"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


class AutoSchema(Spectacular):
    """Every operation also answers with problems."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            codes = [*ALWAYS, *(WITH_ID if "{" in self.path else ()), *(CHANGING if self.method != "GET" else ())]
            for code in codes:
                operation["responses"].setdefault(str(code), _problem(code))
        return operation


def _problem(code: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": WORDS[code], "content": content}


def add_problem(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Post-processing hook: the shape that every problem refers to."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    return result


class StrictSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Input has the named fields and no others."""

    target_class = "common.strict.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}
