"""Light copies of declared fields are bound to their own serializer and to nothing else."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from common.shapes import Shape


class Line(Shape[Any]):
    text = serializers.CharField()
    said = serializers.SerializerMethodField()
    tags = serializers.ListField(child=serializers.CharField())

    def get_said(self, _row: Any) -> str:
        return str(self.context["by"])


class Page(Shape[Any]):
    line = Line()
    lines = Line(many=True)


ROW = {"text": "a", "tags": ["x"]}


def test_each_serializer_speaks_with_its_own_context() -> None:
    row = {"line": ROW, "lines": [ROW, ROW]}
    pages = [Page(row, context={"by": name}) for name in ("一", "二")]
    for page in pages:
        assert page.fields  # both are bound before either is used
    for page, name in zip(pages, ("一", "二"), strict=True):
        line = {"text": "a", "said": name, "tags": ["x"]}
        assert page.data == {"line": line, "lines": [line, line]}


def test_what_is_declared_stays_unbound() -> None:
    Page({"line": ROW, "lines": []}, context={"by": ""}).data  # noqa: B018 - binds the fields
    declared: dict[str, Any] = {**Page._declared_fields, **Line._declared_fields}
    assert [field.parent for field in declared.values()] == [None] * 5
