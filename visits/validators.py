"""What an administrator may write into a list of checks: the phone draws its fields from it and must not break."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _

KINDS = frozenset({"check", "number", "photo", "text"})
TEXTS = frozenset({"key", "text", "kind", "unit", "hint"})
NAMES = TEXTS | {"required", "low", "high"}
MOST = 60


def checks(items: Any) -> None:
    """Raise ValidationError unless `items` are checks as `visits.models.Checklist` describes them, each key once."""
    if not isinstance(items, list) or len(items) > MOST or not all(map(_is_check, items)):
        text = _('Write a list like [{"key": "psu", "text": "Power supply", "kind": "check", "required": true}].')
        raise ValidationError(text)
    keys = [one["key"] for one in items]
    for key in keys:
        validate_slug(key)
    if len(set(keys)) < len(keys):
        raise ValidationError(_("Each key may stand there once."))


def _is_check(one: Any) -> bool:
    if not isinstance(one, dict) or not {"key", "text", "kind"} <= one.keys() <= NAMES:
        return False
    if not all(isinstance(one[name], str) for name in TEXTS & one.keys()) or one["kind"] not in KINDS:
        return False
    bounds = [one[name] for name in ("low", "high") if one.get(name) is not None]
    are_numbers = all(isinstance(bound, (int, float)) and not isinstance(bound, bool) for bound in bounds)
    return bool(one["key"] and one["text"]) and are_numbers and isinstance(one.get("required", False), bool)
