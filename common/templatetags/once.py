"""``{% load once %}``: parts of a page that are the same for everybody."""

from __future__ import annotations

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


class Once(template.Node):
    """What stands inside sees nothing of the page's context, so it is the same for every request in a language."""

    def __init__(self, inside: NodeList) -> None:
        self.inside = inside
        self.drawn: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        language = get_language()
        if language not in self.drawn:
            alone = context.new({})
            alone.template = context.template
            self.drawn[language] = self.inside.render(alone)
        return self.drawn[language]


@register.tag
def once(parser: Parser, _token: Token) -> Once:
    """``{% once %}…{% endonce %}`` is drawn once a process and language; in it, every variable is empty."""
    inside = parser.parse(("endonce",))
    parser.delete_first_token()
    return Once(inside)
