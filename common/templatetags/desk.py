"""Template tags and filters of the design system: ``{% load desk %}``.

Components take the plain values of ``common/present.py``; each tag draws one of them with its
template in ``templates/components/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import lucide
from django import template
from django.conf import settings
from django.forms import BaseForm
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from common import wording
from common.bars import Bar
from common.present import (
    Action,
    Axis,
    Chip,
    Entry,
    FaultCard,
    GoverningClock,
    Holder,
    Leg,
    NextStep,
    Quota,
    Slot,
    Step,
    SumLine,
    Tag,
    WallRow,
)

register = template.Library()

DEFAULT_HOTLINE = "028-5550-0120"
LAST_LABEL = 84
"""Per cent of the wall's axis from which a label stands left of its mark."""
MOST_PIPS = 12
"""Of a larger quota each share is one pip of its length."""


@register.simple_tag
def icon(name: str, size: int = 18, label: str = "", extra: str = "") -> SafeString:
    """Outline icon ``name`` (lucide.dev), ``size`` px; decoration unless ``label`` gives it words."""
    return _drawn(name + "", size, label + "", extra)


@lru_cache(maxsize=1024)
def _drawn(name: str, size: int, label: str, extra: str) -> SafeString:
    """A list of tickets holds a hundred pictures of a dozen kinds; drawing one parses and writes XML."""
    attributes: dict[str, str] = {"class": f"sd-icon {extra}".strip(), "stroke-width": "1.75", "focusable": "false"}
    if label:
        attributes |= {"role": "img", "aria-label": label}
    else:
        attributes["aria-hidden"] = "true"
    # The package's own rendering (it sets size and attributes on its checked-in SVG and escapes
    # the values); names come from templates, never from users.
    return mark_safe(lucide._render_icon(name, size, **attributes))  # noqa: S308


@register.simple_tag
def hotline() -> str:
    """The hotline number; readable also where no request exists (the 500 page)."""
    return str(getattr(settings, "HOTLINE_NUMBER", DEFAULT_HOTLINE))


@register.simple_tag
def avatar(person: object, size: int = 28) -> SafeString:
    """Round with the first character of a person's name (a user, a ``Holder`` or a string)."""
    name = person if isinstance(person, str) else _name_of(person)
    first = name.strip()[:1].upper() or "?"
    return format_html('<span class="sd-avatar sd-avatar-{}" aria-hidden="true">{}</span>', size, first)


def _name_of(person: object) -> str:
    """Name of a user model or a holder, whichever of the usual ways it offers."""
    full_name = getattr(person, "get_full_name", None)
    if callable(full_name):
        return str(full_name() or person)
    return str(getattr(person, "name", "") or person)


@register.simple_tag
def chip(chip: Chip, extra: str = "") -> SafeString:
    """A clock chip: icon, word, figure; counts down in the browser when the chip says so."""
    looks = f"sd-chip sd-chip-{chip.state} {extra}".rstrip()
    if not chip.counts or chip.due is None:
        return format_html('<span class="{}">{}<span>{}</span></span>', looks, icon(chip.icon, 14), chip.text)
    due, soon = _moment(chip.due), format_html(' data-soon="{}"', _moment(chip.soon)) if chip.soon else ""
    words = '<span class="{}" data-due="{}"{}>{}<span data-countdown>{}</span></span>'
    return format_html(words, looks, due, soon, _counting_icons(), chip.text)


def _moment(at: datetime) -> str:
    return timezone.localtime(at).isoformat()


@lru_cache(maxsize=1)
def _counting_icons() -> SafeString:
    """All that a counting chip may come to show; the style sheet picks one."""
    looks = (("clock", "running"), ("hourglass", "soon"), ("triangle-alert", "over"))
    pictures = format_html_join("", "{}", ((icon(name, 14, extra=f"sd-on-{state}"),) for name, state in looks))
    return format_html('<span class="sd-chip-icons">{}</span>', pictures)


@register.simple_tag
def tag(tag: Tag) -> SafeString:
    """A state tag."""
    return tag_of(tag.text, tag.icon, tag.tone)


@register.simple_tag
def tag_of(text: StrOrPromise, icon_name: str = "", tone: str = "off") -> SafeString:
    """A state tag from loose words: ``{% tag_of text "truck" "act" %}``."""
    picture = icon(icon_name, 14) if icon_name else ""
    return format_html('<span class="sd-tag sd-tag-{}">{}{}</span>', tone, picture, text)


@register.inclusion_tag("components/progress_tracker.html")
def progress_tracker(steps: Sequence[Step]) -> dict[str, Any]:
    """The hospital's row of steps; upright on phones."""
    return {"steps": steps}


@register.inclusion_tag("components/next_step_strip.html", takes_context=True)
def next_step_strip(context: Context, step: NextStep) -> dict[str, Any]:
    """The sentence of what happens next, with margin chip and, if it asks, its buttons."""
    return {"step": step, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("components/fault_card.html", takes_context=True)
def fault_card(context: Context, card: FaultCard) -> dict[str, Any]:
    """A whole fault card of the portal."""
    return {"card": card, "csrf_token": context.get("csrf_token")}


@register.simple_tag
def person(holder: Holder, size: int = 28) -> SafeString:
    """Avatar, name, role on one line."""
    role = format_html(' <span class="sd-muted">{}</span>', holder.role) if holder.role else ""
    words = '<span class="sd-person">{}<span><b>{}</b>{}</span></span>'
    return format_html(words, avatar(holder, size), holder.name, role)


@register.simple_tag
def bar(bar: Bar) -> SafeString:
    """A clock's bar: what is done, the forecast in stripes, what is late hatched, and the flag at the limit."""
    parts = [("done", f"width:{bar.done:.1f}%")]
    if bar.forecast > bar.done:
        parts.append(("forecast", _between(bar.done, bar.forecast)))
    if bar.late > bar.limit:
        parts.append(("late", _between(bar.limit, bar.late)))
    parts.append(("flag", f"left:{bar.limit:.1f}%"))
    drawn = format_html_join("", '<i class="sd-bar-{}" style="{}"></i>', parts)
    return format_html('<span class="sd-bar" aria-hidden="true">{}</span>', drawn)


@register.simple_tag(takes_context=True)
def action(context: Context, action: Action, extra: str = "") -> SafeString:
    """A button: link or one-button form, with shortcut and question if it has them."""
    looks = f"btn{' btn-primary' if action.primary else ''} {extra}".rstrip()
    shortcut = format_html(' data-shortcut="{}"', action.shortcut) if action.shortcut else ""
    inside = (icon(action.icon, 18) if action.icon else "", action.text)
    if action.method == "get":
        return format_html('<a href="{}" class="{}"{}>{}{}</a>', action.url, looks, shortcut, *inside)
    fields = (("csrfmiddlewaretoken", context.get("csrf_token", "")), *action.fields)
    return format_html(
        '<form method="post" action="{}" class="sd-inline"{}>{}<button type="submit" class="{}"{}>{}{}</button></form>',
        action.url,
        format_html(' data-confirm="{}"', action.confirm) if action.confirm else "",
        format_html_join("", '<input type="hidden" name="{}" value="{}">', fields),
        looks,
        shortcut,
        *inside,
    )


@register.inclusion_tag("components/chain.html")
def chain(legs: Sequence[Leg]) -> dict[str, Any]:
    """The chain of promises, top to bottom."""
    return {"legs": legs}


@register.inclusion_tag("components/sum.html")
def why_sum(lines: Sequence[SumLine], notes: Sequence[str] = ()) -> dict[str, Any]:
    """ "Why this deadline?" as a sum with a result line."""
    return {"lines": lines, "notes": notes}


@register.inclusion_tag("components/governing_clock.html")
def governing_clock(clock: GoverningClock) -> dict[str, Any]:
    """The clock that bites next, large."""
    return {"clock": clock}


@register.inclusion_tag("components/timeline.html", takes_context=True)
def timeline(context: Context, entries: Iterable[Entry]) -> dict[str, Any]:
    """Entries, in the order given."""
    return {"entries": entries, "now": context["now"]}


@register.simple_tag
def quota_pips(quota: Quota) -> SafeString:
    """A quota: its name and "2 / 4", one pip per unit (full: used, striped: booked, hollow: left), and its note."""
    shares = (("done" if quota.done else "used", quota.used), ("booked", quota.booked), ("left", quota.left))
    single = quota.granted <= MOST_PIPS
    pips = [(look, 1) for look, count in shares for _n in range(count)] if single else [one for one in shares if one[1]]
    return format_html(
        '<div class="sd-quota"><p class="sd-quota-line"><span>{}</span><b>{} / {}</b>'
        '<span class="visually-hidden">{}</span></p>'
        '<span class="sd-pips" aria-hidden="true">{}</span>{}</div>',
        *(quota.name, quota.used, quota.granted, _quota_words(quota)),
        format_html_join("", '<i class="sd-pip-{}" style="flex-grow:{}"></i>', pips),
        format_html('<p class="sd-small">{}</p>', quota.note) if quota.note else "",
    )


def _quota_words(quota: Quota) -> str:
    """What the pips show, for whoever hears the page."""
    figures = {"used": quota.used, "booked": quota.booked, "left": quota.left}
    text = _("%(used)s used, %(booked)s booked, %(left)s left") if quota.booked else _("%(used)s used, %(left)s left")
    return text % figures


@register.simple_tag
def slot(slot: Slot) -> SafeString:
    """A booking of a board of hours; it opens in the page's dialog. A week of sixty people draws hundreds."""
    # Each word is named once: making it harmless is half of the work.
    return format_html(
        '<li class="dp-block dp-{tone}" style="left:{left}%;width:{width}%">'
        '<a href="{url}" hx-get="{url}" hx-target="#desk-form" title="{at} {text} · {state}" data-dialog>'
        "{way}<span>{icon}<b>{at}</b> <em>{text}</em> <small>{state}</small></span></a></li>",
        tone=slot.tag.tone,
        left=mark_safe(f"{slot.left:.2f}"),  # noqa: S308 - a figure
        width=mark_safe(f"{slot.width:.2f}"),  # noqa: S308 - a figure
        way=mark_safe(f'<i style="width:{slot.way:.1f}%"></i>') if slot.way else "",  # noqa: S308 - a figure
        url=slot.url,
        at=slot.at,
        text=slot.text,
        state=slot.tag.text,
        icon=icon(slot.tag.icon, 14),
    )


@register.simple_tag(takes_context=True)
def wall_row(context: Context, row: WallRow) -> SafeString:
    """One row of the wall's table."""
    act = action(context, row.action) if row.action else _followed(row)
    return format_html(
        '<div class="sd-wall-row sd-wall-{}" role="row">'
        '<div role="cell" class="sd-wall-what"><a href="{}">{}</a><span>{}</span></div>'
        '<div role="cell" class="sd-wall-axis">{}{}</div>'
        '<div role="cell" class="sd-wall-verdict"><b>{}{}</b><span>{}</span></div>'
        '<div role="cell" class="sd-wall-act">{}</div></div>',
        *(row.verdict, row.url, row.title, row.promise),
        *(_axis_line(row.axis), _axis_label(row.axis)),
        *(icon(row.icon, 16), row.verdict_text, row.rescue, act),
    )


def _followed(row: WallRow) -> SafeString:
    since = format_html("<br>{}", row.followed_since) if row.followed_since else ""
    words = '<span class="sd-wall-follow">{}<span>{}{}</span></span>'
    return format_html(words, icon("user-check", 18), row.followed_by, since)


def _axis_line(axis: Axis) -> SafeString:
    """What the wall draws of one promise; its sides are per cent, from the left and to the right."""
    ahead = axis.due >= axis.now
    marks = [("line", _between(axis.start, axis.end))]
    if ahead and axis.expected is not None and axis.expected > axis.due:
        marks.append(("after", _between(axis.due, axis.expected)))
    if ahead:
        marks.append(("due", f"left:{axis.due:.1f}%"))
    if ahead and axis.expected is not None:
        marks.append(("ring", f"left:{axis.expected:.1f}%"))
    return format_html(
        '<span class="sd-axis{}" aria-hidden="true" style="--now:{}%">{}</span>',
        " sd-axis-open" if ahead and axis.expected is None else "",
        f"{axis.now:.1f}",
        format_html_join("", '<i class="sd-axis-{}" style="{}"></i>', marks),
    )


def _between(left: float, right: float) -> str:
    return f"left:{left:.1f}%;right:calc(100% - {right:.1f}%)"


def _axis_label(axis: Axis) -> SafeString:
    """The due time behind everything drawn, or before it where no room is left."""
    looks, side = "sd-axis-label", f"left:calc({axis.label_at:.1f}% + 12px)"
    if axis.label_at > LAST_LABEL:
        looks, side = "sd-axis-label sd-axis-label-left", f"right:calc(100% - {axis.due:.1f}% + 12px)"
    return format_html('<span class="{}" style="{}">{}</span>', looks, side, axis.label)


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What is wrong with a form, on top of it, each line a link to its field."""
    fields = [(field, field.errors) for field in form if field.errors] if form.is_bound else []
    general = form.non_field_errors() if form.is_bound else []
    return {"fields": fields, "general": general}


@register.filter
def clock(at: datetime | None, now: datetime) -> str:
    """``{{ at|clock:now }}``: 09:31, yesterday 16:20, 11-04 15:05."""
    return wording.clock(at, now) if at else ""


@register.filter
def countdown(seconds: float) -> str:
    """``1:23`` for a span in seconds."""
    return wording.countdown(seconds)


@register.filter
def duration(seconds: float) -> str:
    """``1 h 52 min`` for a span in seconds."""
    return wording.duration(seconds)


@register.filter
def margin(seconds: float) -> str:
    """``19 min early`` or ``11 min late`` for a margin in seconds."""
    return wording.margin(seconds)


@register.filter
def money(amount: Decimal) -> str:
    """``1,280.00``."""
    return wording.money(amount)


@register.filter
def plain(number: Decimal) -> str:
    """``2.5``, ``1``."""
    return wording.plain(number)


@register.filter
def phone_masked(number: str) -> str:
    """``138****2217``."""
    return wording.phone_masked(number)
