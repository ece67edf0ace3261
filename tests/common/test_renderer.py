"""Fields that are drawn by hand look as Django's own templates draw them."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe

from common.renderer import BY_HAND, Renderer

HOSTILE = '<img src=x onerror="alert(1)">'
CHOICES = [("", "Any"), (1, HOSTILE), (HOSTILE, "two"), ("Group <b>", [("3", mark_safe("<b>three</b>"))])]
ATTRS = {"id": "id_x", "required": True, "disabled": False, "maxlength": 12, "title": HOSTILE}
FIELDS = [
    (forms.TextInput(ATTRS), HOSTILE),
    (forms.TextInput(), None),
    (forms.TextInput(), ""),
    (forms.NumberInput({"min": 0}), 5),
    (forms.EmailInput(), "a@b.example"),
    (forms.URLInput(), None),
    (forms.PasswordInput(), "secret"),
    (forms.HiddenInput(), HOSTILE),
    (forms.CheckboxInput(), True),
    (forms.CheckboxInput(ATTRS), False),
    (forms.DateInput(), "2026-11-22"),
    (forms.DateTimeInput(), "2026-11-22 10:00"),
    (forms.Select(ATTRS, CHOICES), 1),
    (forms.Select(choices=CHOICES), "3"),
    (forms.Select(choices=[]), None),
    (forms.SelectMultiple(ATTRS, CHOICES), ["1", "3"]),
]


@pytest.mark.parametrize(("widget", "value"), FIELDS)
def test_a_field_looks_as_djangos_template_draws_it(widget: forms.Widget, value: Any) -> None:
    assert widget.template_name in BY_HAND
    assert widget.render("x", value, renderer=Renderer()) == widget.render("x", value, renderer=TemplatesSetting())


def test_what_is_not_drawn_by_hand_has_its_template() -> None:
    assert "</textarea>" in forms.Textarea().render("x", "text", renderer=Renderer())
