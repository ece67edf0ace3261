"""What must not be read in a log: secrets, people's addresses and numbers, their words (safety T039, T080)."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import ResolverMatch

HIDDEN = "…"
LONGEST = 300

# In this order: what stands in a URL or behind a word first, then what is known by its own form.
PATTERNS = (
    (re.compile(r"://[^/\s@]+@"), f"://{HIDDEN}@"),
    (re.compile(r"(?<=[\w/])\?[^\s\"']+"), f"?{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic|token|digest)\s+[\w.~+/=:-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)\b(\w*(?:passw\w*|pwd|secret|token|api_?key|session_?id|cookie|authorization))(['\"]?\s*[:=]\s*)\S+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), f"{HIDDEN}@{HIDDEN}"),
    # Chinese identity numbers, mobile numbers, landlines with their area.
    (re.compile(r"(?<![\w-])\d{17}[\dXx](?!\w)"), HIDDEN),
    (re.compile(r"(?<!\w)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\w)"), HIDDEN),
    (re.compile(r"(?<!\w)\(?0\d{2,3}\)?[- ]?\d{4}[- ]?\d{3,4}(?!\w)"), HIDDEN),
)
SECRET_KEYS = re.compile(
    r"(?i)passw|pwd|secret|token|key$|session|cookie|authorization|mail|phone|query|body|text|title|name$|address"
)
# Quoted data in an error, as against the quoted name of a column, a table or a key.
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”")
IDENTIFIER = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")
# Line breaks and terminal commands, but also signs that turn the reading direction around (T058).
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# What people write here is Chinese; what machines say is not.
WORDS = re.compile(r"[^\x00-\x7f…]+")

# Parameters of routes that say which thing, and open nothing by themselves.
OPEN_PARAMETERS = {"pk", "number", "object_id", "app_label", "content_type_id"}


def mask(text: str) -> str:
    """`text` on one line, without what looks like a secret, an address, a phone or identity number."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return one_line(text)


def one_line(text: str) -> str:
    """Control signs as their escapes: a text stays inside its own record."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def is_secret(key: str) -> bool:
    """Whether the value under this name is never written, whatever it is."""
    return SECRET_KEYS.search(key) is not None


def error_text(error: BaseException) -> str:
    """Class and message of an error without the data that it quotes.

    Only the first line: PostgreSQL tells whole rows in the others.
    """
    first = (str(error).splitlines() or [""])[0]
    kept = QUOTED.sub(lambda found: found[0] if IDENTIFIER.fullmatch(found[0][1:-1]) else f"'{HIDDEN}'", first)
    kept = WORDS.sub(HIDDEN, kept)
    return f"{type(error).__name__}: {mask(kept[:LONGEST])}".rstrip(": ")


def error_trace(error: BaseException) -> str:
    """The error and what led to it: files, lines, functions, our own source; never the values of variables."""
    return "\n".join(line for part in _chain(error) for line in part)


def _chain(error: BaseException, seen: frozenset[int] = frozenset()) -> Iterator[list[str]]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _chain(before, seen | {id(error)})
        yield ["which led to"]
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    yield [*(line.rstrip() for line in frames), error_text(error)]


def path(request: HttpRequest) -> str:
    """The request's path with keys and tokens replaced by the names of their parameters; never the query."""
    match: ResolverMatch | None = request.resolver_match
    shown = request.path
    for name, given in match.kwargs.items() if match else ():
        if name not in OPEN_PARAMETERS and str(given):
            shown = shown.replace(str(given), f"<{name}>")
    return mask(WORDS.sub(HIDDEN, shown[:LONGEST]))


def value(key: str, given: Any) -> Any:
    """What may be written for `key`: numbers and truths as they are, everything else as masked text."""
    if is_secret(key):
        return HIDDEN
    if given is None or isinstance(given, bool | int | float):
        return given
    return error_text(given) if isinstance(given, BaseException) else mask(str(given)[:LONGEST])
