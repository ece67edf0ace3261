"""Serializers that are quickly made: a new one is needed for every request and each of its objects in objects."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any, TypeVar

from rest_framework import serializers

_Row = TypeVar("_Row")


class Shape(serializers.Serializer[_Row]):
    """A serializer whose fields are light copies of the declared ones.

    DRF builds each field again from a deep copy of its arguments. A field changes only when it is bound to its
    serializer, so a copy that shares the rest is enough; only what holds fields itself is built again.
    """

    _declared_fields: dict[str, Any]

    def get_fields(self) -> dict[str, Any]:
        return {
            name: deepcopy(field) if hasattr(field, "child") else copy(field)
            for name, field in self._declared_fields.items()
        }
