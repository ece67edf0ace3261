"""How form fields are drawn: those that most forms have by hand, all others by Django's templates.

Django draws a list's every choice with two templates, which was a seventh of the work for a page of the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Widget = Mapping[str, Any]
"""A widget as Django describes it to its template."""


class Renderer(TemplatesSetting):
    """The name that Django asks `FORM_RENDERER` for; what it draws by hand is what the template would draw."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        draw = BY_HAND.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)


def _input(widget: Widget) -> SafeString:
    value = "" if widget["value"] is None else format_html(' value="{}"', widget["value"])
    return format_html('<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, _attributes(widget))


def _select(widget: Widget) -> SafeString:
    groups = format_html_join("", "{}", ((_group(name, options),) for name, options, _index in widget["optgroups"]))
    return format_html('<select name="{}"{}>{}\n</select>', widget["name"], _attributes(widget), groups)


def _group(name: str | None, options: list[Widget]) -> SafeString:
    choices = ((option["value"], _attributes(option), option["label"]) for option in options)
    drawn = format_html_join("", '\n  <option value="{}"{}>{}</option>\n', choices)
    return format_html('\n  <optgroup label="{}">{}\n  </optgroup>', name, drawn) if name else drawn


def _attributes(widget: Widget) -> SafeString:
    given = ((name, value) for name, value in widget["attrs"].items() if value is not False)
    return format_html_join("", "{}", ((_attribute(name, value),) for name, value in given))


def _attribute(name: str, value: Any) -> SafeString:
    return format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)


INPUTS = ("text", "search", "number", "email", "tel", "url", "password", "hidden", "checkbox", "date", "datetime")
BY_HAND: dict[str, Callable[[Widget], SafeString]] = {
    "django/forms/widgets/select.html": _select,
    **{f"django/forms/widgets/{kind}.html": _input for kind in INPUTS},
}
