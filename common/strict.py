"""Input that says exactly what it means: unknown names and values of another type are mistakes (T026).

DRF's own fields would read the number 5 as the text "5", the text "yes" as true, and skip what they don't know.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from common.problems import BodyTooLarge
from common.shapes import Shape

LARGEST_KEY = 2**63 - 1
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PLAIN_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,10})?")
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JSONParser(BaseParser):
    """JSON in UTF-8 of at most `settings.API_BODY_MAX_BYTES`.

    Numbers that no float holds, towers of brackets and halves of signs (a lone surrogate) are none.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(settings.API_BODY_MAX_BYTES + 1)
        if len(body) > settings.API_BODY_MAX_BYTES:
            raise BodyTooLarge
        try:
            text = body.decode()
            data = json.loads(text, parse_float=_finite, parse_constant=_finite)
            if SURROGATE.search(text):
                # Could be stored nowhere, nor even be named in the answer.
                json.dumps(data, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not valid JSON.")) from error
        return data


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


class Strict(Shape[Any]):
    """A serializer for input. Give it `data`; what it does not know it refuses by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in self.fields]):
            sentence = serializers.ErrorDetail(_("There is no such field."), "unknown")
            raise serializers.ValidationError({name: [sentence] for name in unknown})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A text. Blanks at its ends are cut off."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    """A whole number."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Amount(serializers.DecimalField):
    """A decimal number as text: "12.50". A JSON number may have lost a digit on its way."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not PLAIN_NUMBER.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of the values, in their own type."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, (str, int)) or data not in self.choices:
            self.fail("invalid_choice", input=data)
        return data


class Moment(serializers.DateTimeField):
    """A moment with its offset from UTC (RFC 3339); what is sent out is in UTC."""

    default_error_messages = {
        "invalid": gettext_lazy("A moment looks like 2026-03-11T09:00:00+08:00; the offset from UTC is needed.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.isascii():
            self.fail("invalid", format="RFC 3339")
        try:
            return super().to_internal_value(value)
        except (OverflowError, ValueError):
            self.fail("invalid", format="RFC 3339")

    def enforce_timezone(self, value: Any) -> Any:
        if self.parent is not None and value.tzinfo is None:
            self.fail("invalid", format="RFC 3339")
        return super().enforce_timezone(value)


class Day(serializers.DateField):
    """A day, as YYYY-MM-DD."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Row(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a row among those of the queryset; any other id does not exist (T003)."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("incorrect_type", data_type=type(data).__name__)
        if abs(data) > LARGEST_KEY or (row := self.find(data)) is None:
            self.fail("does_not_exist", pk_value=data)
        return row

    def find(self, key: int) -> Any:
        """The row with this key, if there is one."""
        rows: Any = self.get_queryset()
        return rows.filter(pk=key).first()


class Code(serializers.SlugRelatedField[Any]):
    """The `code` of a row among those of the queryset."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="code", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\0" in data:
            self.fail("invalid")
        if (row := self.find(data)) is None:
            self.fail("does_not_exist", slug_name=self.slug_field, value=data)
        return row

    def find(self, code: str) -> Any:
        """The row with this code, if there is one."""
        rows: Any = self.get_queryset()
        return rows.filter(code=code).first()
