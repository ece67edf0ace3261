"""What an administrator may write on a fault tile: the hospital's form is drawn from it and must not break."""

from __future__ import annotations

from typing import Any

import lucide
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

STEP_KEYS = {"do", "how"}


def known_icon(name: str) -> None:
    """Raise ValidationError unless `name` is a picture of the icon set (lucide.dev)."""
    try:
        lucide._render_icon(name, 24)
    except lucide.IconDoesNotExist as error:
        raise ValidationError(_("There is no such icon; for example monitor-off.")) from error


def first_steps(steps: Any) -> None:
    """Raise ValidationError unless `steps` is a list of {"do": "…", "how": "…"}, where "how" may be missing."""
    if not isinstance(steps, list) or not all(map(_is_step, steps)):
        raise ValidationError(_('Write a list like [{"do": "Check the input", "how": "Choose HDMI 1"}].'))


def _is_step(step: Any) -> bool:
    texts = step.values() if isinstance(step, dict) else ()
    return bool(texts) and "do" in step and step.keys() <= STEP_KEYS and all(isinstance(text, str) for text in texts)
