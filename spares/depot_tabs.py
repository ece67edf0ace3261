"""The row of tabs over all pages of a depot."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from common.present import Filter


def row(current: str, counts: Mapping[str, int] | None = None, query: str = "") -> tuple[Filter, ...]:
    """`current` names the tab that is open, `counts` what some of them hold; `query` keeps the depot that is chosen."""
    work, held = reverse("spares:depot"), counts or {}
    to_stay = f"?{query}" if query else ""
    pages = (
        ("ship", _("To ship"), f"{work}{to_stay}"),
        ("way", _("On the way"), f"{work}?{'&'.join(filter(None, ('tab=way', query)))}"),
        ("returns", _("Returns"), f"{reverse('spares:returns')}{to_stay}"),
        ("stock", _("Stock"), reverse("stock:list")),
        ("reorder", _("To reorder"), reverse("stock:reorder")),
    )
    return tuple(Filter(name, url, held.get(code), code == current) for code, name, url in pages)
