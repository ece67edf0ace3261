"""Input that broke other desks, the doors to send it through, and a mark of everything that is stored (T104, T107).

A door is a route with a method and somebody whom it lets in; whatever a request changed is undone, so that
every one finds the same world.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from django import forms
from django.apps import apps
from django.core.validators import RegexValidator
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.utils import timezone

from people.models import Role
from sla.models import Deadline, PauseReason
from tests import permissions
from tests.factories import TicketFactory
from tests.world import NOW, World
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Status

TEXTS: dict[str, str] = {
    "nul": "a\0b",
    "line breaks": "a\r\nX-Evil: 1\x1b[31m\x7f",
    "right to left": "\u202egpj.exe\u2066\u200b\ufeff",
    "emoji": "🏥👩🏽‍⚕️" * 20,
    "long": "长" * 20_000,
    "digits": "9" * 5_000,
    "big key": "9223372036854775808",
    "below": "-1",
    "not a number": "NaN",
    "huge number": "1e400",
    "other digits": "٣²",
    "sql": "' OR 1=1;--\\",
    "json path": "$.a\"[*]'::jsonb #>> {}",
    "template": "{{ 7|add:7 }}{% now 'Y' %}%(x)s %s {0.__class__}",
    "markup": "<script>hacked=1</script>\"'",
    "first day": "0001-01-01T00:00",
    "last day": "9999-12-31T23:59",
    "cursor": "9999-12-31T23:59:59.999999-23:59~999999999999999999",
    "path": "../../etc/passwd",
    "bad address": "http://[",
}
"""Name → text that fits no field well."""

IN_A_LINE = 500
"""Letters of a text in an address: a web server hands on none of more than 64 KB."""

ODD_KEYS = (
    "_connector", "_negated", "__class__", "user__password", "hospital__secret", "pk__in", "id[]", "ordering",
    "filter", "search", "page", "page_size", "limit", "offset", "cursor", "format", "fields", "include", "data->>'a'",
)  # fmt: skip
"""Keys that no page of ours reads, and that have opened others (T034, T035)."""

READ_KEYS = (
    "after", "before", "from", "next", "order", "seen", "show", "sort", "tab", "up_to", "wall", "whose", "why",
    "q", "pk", "download", "region", "hospital", "person", "query",
)  # fmt: skip
"""Keys that pages read beside the fields of their forms."""

HEADERS: dict[str, dict[str, str]] = {
    "sender": {"Referer": "http://["},
    "long sender": {"Referer": "http://testserver/" + "a" * 8_000},
    "session": {"Cookie": 'sessionid="\\000aaaaaaaaaaaaaaaaaaaa"'},
    "cookies": {"Cookie": "csrftoken=\x7f; django_language=../..; timeline_order=[]; desk_device=.eJ:1:x; messages=[["},
    "language": {"Accept-Language": "zh;q=1e400,*;q=-1," + "en," * 2_000},
    "kinds": {"Accept": "text/event-stream;q=x, */*;q=1e400"},
    "forwarded": {"X-Forwarded-For": "'; --, ::1%x", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "\t"},
    "conditions": {"If-None-Match": '"' * 300, "If-Modified-Since": "Thu, 99 Foo 0000", "Range": "bytes=9-1,-,x"},
    "htmx": {"HX-Request": "true", "HX-Current-URL": "http://[", "HX-Target": "\x7f", "HX-Boosted": "x"},
}
"""Heads that a client may send with any request."""

BODIES: dict[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n"),
    "cut off": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nab'),
    "bad base64": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="photos"; filename="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n=A=\r\n--x--\r\n",
    ),
    "bad charset": ("application/x-www-form-urlencoded; charset=no-such", b"text=%FF%FE"),
    "broken utf-8": ("application/x-www-form-urlencoded", b"text=%ED%A0%80%C0%AF&text=\xff"),
    "json": ("application/json", b'{"text": "a"}'),
    "plain": ("text/plain", b"text=a"),
    "no type": ("", b"text=a"),
    "many fields": ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(3_000))),
    "too long": ("application/x-www-form-urlencoded", b"text=" + b"a" * 10_000_000),
}
"""Name → content type and body of a POST."""

VOLATILE = frozenset(
    {"django_session", "django_migrations", "axes_accessattempt", "axes_accessfailurelog", "axes_accesslog"}
)
"""Tables that a refused request may write: who is there, and who guessed."""

KEPT = "words-to-keep"
"""What stands in the other fields of a form with one bad one, and must not get lost."""

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Door:
    """A route, a method and a role that may use it."""

    method: str
    route: str
    role: str
    things: dict[str, str]

    def path(self, world: World) -> str:
        """The route with the world's own things in it."""
        return self.filled({name: world.thing(thing) for name, thing in self.things.items()})

    def filled(self, values: dict[str, str]) -> str:
        """The route with these values, quoted."""
        return "/" + PARAMETER.sub(lambda found: quote(values[found[1]], safe=""), self.route)

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


@cache
def doors() -> tuple[Door, ...]:
    """Every route of the permission table × the methods that it takes, opened by the first role that may."""
    found = []
    for row in permissions.load():
        for method in permissions.METHODS:
            roles = [role for role, answer in row.answers[method].items() if answer == "ok"]
            # Whoever is signed in gets further than a visitor.
            role = next((role for role in roles if role != permissions.ANONYMOUS), None) or next(iter(roles), None)
            if role is not None and "*" not in row.route and row.route != "live/":
                found.append(Door(method, row.route, role, row.things))
    return tuple(found)


@cache
def field_names() -> tuple[str, ...]:
    """The names of all fields of all forms of the project."""
    ours = {config.name for config in apps.get_app_configs() if "site-packages" not in config.path}
    names: set[str] = set()
    left = [forms.BaseForm]
    while left:
        form = left.pop()
        left += form.__subclasses__()
        if form.__module__.partition(".")[0] in ours:
            names.update(getattr(form, "base_fields", ()))
    return tuple(sorted(names))


def fields(start: int, *more: str, longest: int | None = None) -> dict[str, str]:
    """All names that anything reads, each with another text of at most `longest` letters; `start` turns them round."""
    texts = [text[:longest] for text in TEXTS.values()]
    names = (*field_names(), *READ_KEYS, *more)
    return {name: texts[(number * 7 + start) % len(texts)] for number, name in enumerate(names)}


@cache
def _mark_query() -> str:
    tables = sorted(set(connection.introspection.table_names()) - VOLATILE)
    rows = (
        f"SELECT '{table}' AS name, count(*) AS rows, coalesce(sum(hashtext(ctid::text || xmin::text)), 0) AS at "
        f'FROM "{table}"'
        for table in tables
    )
    return " UNION ALL ".join(rows)


def mark() -> list[tuple[Any, ...]]:
    """Tables with the number of their rows and a sum that changes with every row written."""
    with connection.cursor() as cursor:
        cursor.execute(_mark_query())
        return sorted(cursor.fetchall())


def rows_touched() -> int:
    """How often the open transaction has written a row that counts, undone writes included: cheap to ask."""
    written = " + ".join(f"pg_stat_get_xact_tuples_{how}(oid)" for how in ("inserted", "updated", "deleted"))
    counted = f"SELECT sum({written})::bigint FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
    with connection.cursor() as cursor:
        cursor.execute(f"{counted} AND relname <> ALL(%s)", [sorted(VOLATILE)])
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class Answer:
    """What came back, and the tables that the request wrote."""

    status: int
    response: HttpResponseBase
    wrote: tuple[str, ...]

    @property
    def is_fault(self) -> bool:
        """A 5xx, or something written although it was refused."""
        return self.status >= 500 or (self.status >= 400 and bool(self.wrote))

    @property
    def text(self) -> str:
        """The body as text."""
        return getattr(self.response, "content", b"").decode(errors="replace")


class Sender:
    """Browsers of a world's people that send without a trace."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients = permissions.clients(world)
        self.before = mark()
        assert rows_touched(), "PostgreSQL does not count what is written"

    def send(self, role: str, method: str, path: str, **request: Any) -> Answer:
        """The answer; whatever the request changed is undone."""
        client = self.clients[role]
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        with transaction.atomic():
            touched = rows_touched()
            if isinstance(request.get("data"), bytes):
                response = client.generic(method, path, **request)
            else:
                response = getattr(client, method.lower())(path, **request)
            # Few refused requests write at all; only after those every table is worth a look.
            is_suspect = response.status_code >= 400 and rows_touched() != touched
            wrote = tuple(self._written()) if is_suspect else ()
            transaction.set_rollback(True)
        client.cookies.load({name: str(value) for name, value in cookies.items()})
        return Answer(response.status_code, response, wrote)

    def _written(self) -> Iterator[str]:
        """Tables that stand otherwise than before."""
        for before, after in zip(self.before, mark(), strict=True):
            if before != after:
                yield before[0]


def filled_in(form: forms.BaseForm) -> dict[str, Any]:
    """What a person would send who leaves the form's presets and fills in the rest."""
    sent: dict[str, Any] = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if isinstance(field, forms.FileField):
            continue
        if value in (None, "", []):
            value = _something(field)
        elif isinstance(value, datetime):
            value = (timezone.localtime(value) if timezone.is_aware(value) else value).strftime("%Y-%m-%dT%H:%M")
        if value not in (None, False):
            sent[form.add_prefix(name)] = value
    return sent


def _something(field: forms.Field) -> Any:
    if isinstance(field, forms.ChoiceField):
        return next((key for key, _ in _flat(field.choices) if key), None)
    if isinstance(field, forms.BooleanField):
        return None
    if isinstance(field, forms.DateTimeField | forms.DateField):
        return "2026-11-18T12:00" if field.required else None
    if isinstance(field, forms.IntegerField):
        return 1
    if isinstance(field, forms.EmailField):
        return "kept@desk.example"
    return "13800001111" if any(isinstance(one, RegexValidator) for one in field.validators) else KEPT


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in choices:
        if isinstance(value, list | tuple):
            yield from value
        else:
            yield str(key), value


def tickets_by_state(world: World) -> dict[str, Ticket]:
    """A ticket of the world's hospital in every state in which work goes on, there or here."""
    said = {"by": world.lead, "now": NOW}
    made = {Status.NEW: world.ticket}
    for state in (Status.REMOTE, Status.DISPATCH, Status.ON_SITE, Status.WAITING, Status.SOLVED):
        made[state] = ticket = TicketFactory(device=world.device, reporter=world.nurse, now=NOW)
        workflow.answer(ticket, text="words", **said)
    for state in (Status.DISPATCH, Status.ON_SITE):
        workflow.remote_failed(made[state], reason="words", **said)
    workflow.arrive(made[Status.ON_SITE], **said)
    running = made[Status.WAITING].timeline.deadlines.filter(state=Deadline.State.RUNNING)
    accepted = {code for codes in running.values_list("commitment__pause_reasons", flat=True) for code in codes}
    reason = PauseReason.objects.filter(code__in=accepted)[0]
    workflow.wait(made[Status.WAITING], reason=reason, note="words", until=None, **said)
    workflow.resolve(made[Status.SOLVED], cause="words", action="words", **said)
    technician = world.people[Role.HOSPITAL_TECHNICIAN]
    limits = {"keeps_urgent": True, "remind_after": 30, "pass_on_after": 240}
    workflow.configure(world.hospital, is_on=True, by=technician, now=NOW, **limits)
    made[Status.HOSPITAL] = TicketFactory(device=world.device, reporter=world.nurse, now=NOW)
    workflow.configure(world.hospital, is_on=False, by=technician, now=NOW, **limits)
    return made
