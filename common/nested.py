"""Rows that come inside the rows of another query: a few of them cost less there than a round trip of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS
from django.db.models import DecimalField, Model, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject

_Row = TypeVar("_Row", bound=Model)


class Nested(Generic[_Row]):
    """The rows that belong to each row of another query (`OuterRef`), whole, as JSON on the way.

    `annotate(wanted=LINES.inside())`, then `LINES.rows(request.wanted)`. `more`: annotations, and columns of the rows
    that they point at (`part__code`): those rows have these columns only.
    """

    def __init__(self, rows: QuerySet[_Row], *more: str) -> None:
        self._rows = rows
        self._own = [field.attname for field in rows.model._meta.concrete_fields]
        self._said = [name for name in more if "__" not in name]
        self._others: dict[str, list[str]] = {}
        for key, _, column in (name.partition("__") for name in more if "__" in name):
            self._others.setdefault(key, ["id"]).append(column)

    def inside(self) -> ArraySubquery:
        """What the other query is annotated with."""
        others = [f"{key}__{column}" for key, columns in self._others.items() for column in columns]
        found: dict[str, Any] = {name: name for name in (*self._own, *self._said, *others)}
        # A figure of JSON is read as a float.
        exact = [one.attname for one in self._rows.model._meta.concrete_fields if isinstance(one, DecimalField)]
        found |= {name: Cast(name, TextField()) for name in exact}
        return ArraySubquery(self._rows.values(row=JSONObject(**found)))

    def rows(self, found: Iterable[Mapping[str, Any]]) -> list[_Row]:
        """The rows of one annotation, in the order of their own query."""
        return [self._made(values) for values in found]

    def _made(self, values: Mapping[str, Any]) -> _Row:
        row = _read(self._rows.model, {name: values[name] for name in self._own})
        for name in self._said:
            setattr(row, name, values[name])
        for key, columns in self._others.items():
            if values[f"{key}__id"] is not None:
                field: Any = self._rows.model._meta.get_field(key)
                setattr(row, key, _read(field.related_model, {name: values[f"{key}__{name}"] for name in columns}))
        return row


def _read(model: type[_Row], values: Mapping[str, Any]) -> _Row:
    """A row of plain JSON values, in the types of their columns."""
    fields = [field for field in model._meta.concrete_fields if field.attname in values]
    given = [field.to_python(values[field.attname]) for field in fields]
    return model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in fields], given)
