"""Queries that every request asks: Django writes their SQL once, later only the values change.

Writing the SQL of a join of four tables takes Django ten times as long as sending it and reading the answer.
A query whose shape never changes need not be written again; what it gives are the same rows as the queryset's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from types import NoneType
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, JSONField, Model, QuerySet
from django.db.models.query import get_related_populators

# The stubs are of a later Django, in which it takes one argument more.
_populators_of: Any = get_related_populators
FEW = 16
PLAIN = frozenset({NoneType, str, int, bool, datetime})
_Row = TypeVar("_Row", bound=Model)


class Given(Expression):
    """Stands in a queryset for a value that is given when it is asked: `filter(pk=Given("pk"))`.

    The value is sent as it is, so give it in the column's own type.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class Prepared(Generic[_Row]):
    """The rows of a queryset with `Given` values: `Prepared(lambda: ….filter(pk=Given("pk")))(pk=5)`.

    For rows with what they `select_related` and `annotate`; not for prefetches.
    """

    def __init__(self, queryset: Callable[[], QuerySet[_Row]]) -> None:
        self._queryset = queryset

    def __call__(self, **values: Any) -> list[_Row]:
        """The rows. KeyError for a value that is not given."""
        shape = self._shape
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(shape.sql, [values[one.name] if isinstance(one, Given) else one for one in shape.params])
            rows = cursor.fetchall()
        if shape.converters:
            rows = list(shape.compiler.apply_converters(rows, shape.converters))
        return [self._row(shape, row) for row in rows]

    def first(self, **values: Any) -> _Row | None:
        """The first row, if there is any; a queryset that finds many should be limited."""
        return next(iter(self(**values)), None)

    @cached_property
    def _shape(self) -> _Shape:
        # Each thread that comes first writes one of its own: a compiler serves one thread at a time.
        connection = connections[DEFAULT_DB_ALIAS]
        compiler = self._queryset().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        info, select = compiler.klass_info, compiler.select
        columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        return _Shape(
            sql,
            params,
            compiler,
            compiler.get_converters([column for column, *_ in select]),
            info["model"],
            columns,
            [column.target.attname for column, *_ in select[columns]],
            _populators_of(info, select, connection.alias),
            tuple(compiler.annotation_col_map.items()),
        )

    @staticmethod
    def _row(shape: _Shape, row: Sequence[Any]) -> Any:
        found = shape.model.from_db(DEFAULT_DB_ALIAS, shape.names, row[shape.columns])
        for populator in shape.populators:
            populator.populate(row, found)
        for name, column in shape.annotations:
            setattr(found, name, row[column])
        return found


def insert(rows: Sequence[Model]) -> None:
    """Add new rows of one model as `bulk_create` does, in half its time for a few. Plain values only, no expressions.

    They have their keys afterwards.
    """
    if not rows:
        return
    model = type(rows[0])
    if len(rows) > FEW:
        model._default_manager.bulk_create(rows)
        return
    sql, fields = _insertion(model, len(rows))
    connection = connections[DEFAULT_DB_ALIAS]
    values = [_value(field, row, connection) for row in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        keys = cursor.fetchall()
    for row, (key,) in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def _value(field: Any, row: Model, connection: Any) -> Any:
    value = field.pre_save(row, True)
    # What the driver writes as Django would have it written.
    if type(value) in PLAIN and not isinstance(field, JSONField):
        return value
    return field.get_db_prep_save(value, connection)


@cache
def _insertion(model: type[Model], rows: int) -> tuple[str, Sequence[Any]]:
    """The statement for so many rows of the model, and the fields whose values it takes."""
    meta: Any = model._meta
    name = connections[DEFAULT_DB_ALIAS].ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    values = f"({', '.join(['%s'] * len(fields))})"
    return (
        f"INSERT INTO {name(meta.db_table)} ({', '.join(name(field.column) for field in fields)})"  # noqa: S608 - our own columns
        f" VALUES {', '.join([values] * rows)} RETURNING {name(meta.pk.column)}"
    ), fields


@dataclass(frozen=True, slots=True)
class _Shape:
    """A query as written: its SQL, and how Django makes objects of the columns of its rows."""

    sql: str
    params: Sequence[Any]
    compiler: Any
    converters: Any
    model: type[Model]
    columns: slice
    names: list[str]
    populators: Sequence[Any]
    annotations: Sequence[tuple[str, int]]
