"""Which tickets there are: a template, a day, a hospital and words for each, as lines for COPY."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import chain
from zoneinfo import ZoneInfo

from servicedesk.bench.templates import Template, Variant, days_from, vary
from servicedesk.bench.world import Place, crews, places, vocabulary
from tickets.search import words

YEARS = timedelta(days=730)
ZONE = ZoneInfo("Asia/Shanghai")
VARIANTS = 12
MARGIN = timedelta(minutes=20)
"""The engine has nothing to do with a current ticket for so long after it was filled."""
LONGEST = timedelta(days=5)
"""A current ticket whose clocks ask for nothing may be so much older than its template."""

# Of the tickets that are not over; "to be confirmed" comes on top of the open ones.
SHARES = {"new": 12, "remote": 20, "dispatch": 20, "travel": 8, "on_site": 10, "waiting": 30, "solved": 6}


def weights(count: int) -> list[float]:
    """Zipf's: the n-th word comes up with 1/n."""
    return [1 / n for n in range(1, count + 1)]


@cache
def cut(text: str) -> list[str]:
    """The words of `text` as the search index holds them."""
    return words(text)


def vector(parts: Iterable[list[str]]) -> str:
    """The text form of a tsvector: what `tickets.search.index` has PostgreSQL make of the same words."""
    positions: dict[str, list[str]] = {}
    for number, word in enumerate(chain.from_iterable(parts), start=1):
        positions.setdefault(word, []).append(str(number))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in positions.items())


@dataclass(frozen=True)
class Day:
    """The tickets of one day: how many, and the first one's id and number."""

    date: date
    count: int
    first: int
    number: int


def days(count: int, now: datetime) -> list[Day]:
    """`count` tickets over the two years before `now`, numbered year by year."""
    found, made, numbers = [], 0, dict[int, int]()
    begins = (now - YEARS).astimezone(UTC).date()
    # Up to the day before yesterday: what is filed then is surely over.
    last = YEARS.days - 1
    for n in range(last):
        on = begins + timedelta(days=n)
        share = count * (n + 1) // last - made
        found.append(Day(on, share, made + 1, numbers.get(on.year, 0) + 1))
        made += share
        numbers[on.year] = numbers.get(on.year, 0) + share
    return found


@dataclass
class Copies:
    """Makes tickets from variants. `seed` fixes everything that is chosen."""

    seed: int
    chance: random.Random = field(init=False)
    crews: list[dict[str, str]] = field(default_factory=crews)
    places: dict[str, list[Place]] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - made-up tickets, not secrets
        self.places = {}
        for place in places():
            self.places.setdefault(place.model, []).append(place)
        lists = vocabulary()
        self._words = [(lists[name], weights(len(lists[name]))) for name in ("departments", "moments", "meetings")]
        self._symptoms = lists["symptoms"], weights(len(lists["symptoms"]))

    def make(self, variant: Variant, ticket: int, number: str, dates: dict[str, str]) -> Iterator[tuple[str, str]]:
        """One ticket: the lines of each table."""
        template = variant.template
        place = self.chance.choice(self.places[template.model])
        # The title's first word says where: "影像科 没有画面".
        where, when, what = (self.chance.choices(*pair)[0] for pair in self._words)
        symptom, other = self.chance.choices(*self._symptoms, k=2)
        said = f"{when}{what}，{symptom}，{other}"
        slots = {
            **dates,
            **place.slots,
            **self.chance.choice(self.crews),
            "t": str(ticket),
            "n": number,
            "k": f"{self.chance.getrandbits(128):032x}",
            "T": f"{where} {template.title}",
            "D": f"{template.words}{said}。",
            "z": self.vector(variant.template, place, number, (where, when + what, symptom, other)),
        }
        return ((table, text % slots) for table, text in variant.lines.items())

    def vector(self, template: Template, place: Place, number: str, said: Sequence[str]) -> str:
        """The ticket's search vector; parts in the order of `tickets.search.index`."""
        where, *rest = said
        device = place.searched.get(f"v:{template.device}", "")
        return vector(
            [
                number.lower().split("-"),
                cut(where),
                cut(template.title),
                cut(template.words),
                *map(cut, rest),
                cut(place.searched["h"]),
                cut(template.place),
                cut(place.slots["rn"]),
                [place.slots["rp"]],
                cut(device),
            ]
        )


class Past:
    """Tickets that are over, day by day."""

    def __init__(self, templates: Sequence[Template], seed: int, now: datetime) -> None:
        self.now, self.copies = now, Copies(seed)
        spread = random.Random(0)  # noqa: S311 - the same variants in each process
        self.variants = [
            vary(template, template.begins + timedelta(seconds=spread.uniform(-1800, 1800)))
            for template in templates
            for _ in range(VARIANTS)
        ]

    def of(self, day: Day) -> Iterator[tuple[str, str]]:
        """The lines of a day's tickets in the order in which they were filed."""
        suited = self.variants
        left = (self.now.astimezone(UTC).date() - day.date).days
        if left <= max(variant.days for variant in suited):
            suited = [variant for variant in suited if variant.days < left]
        chosen = self.copies.chance.choices(suited, k=day.count)
        dates = days_from(day.date)
        for n, variant in enumerate(sorted(chosen, key=lambda variant: variant.time)):
            number = f"SR-{day.date.year}-{day.number + n:06d}"
            yield from self.copies.make(variant, day.first + n, number, dates)


def current(
    templates: Sequence[Template], count: int, first: int, number: int, now: datetime
) -> Iterator[tuple[str, str]]:
    """The lines of `count` tickets that are not over at `now`, ids from `first`, numbers of this year from `number`."""
    copies = Copies(11)
    chance = copies.chance
    by_status: dict[str, list[Variant]] = {}
    for template in templates:
        begins = template.begins
        room = min(LONGEST, template.next_action - now - MARGIN if template.next_action else LONGEST)
        if room > timedelta():
            moved = [vary(template, begins - chance.random() * room) for _ in range(VARIANTS)]
            by_status.setdefault(template.status, []).extend(moved)
    states = list(SHARES)
    picks = [chance.choice(by_status[s]) for s in chance.choices(states, list(SHARES.values()), k=count)]
    year = now.astimezone(ZONE).year
    picks.sort(key=lambda variant: variant.begins)
    for n, variant in enumerate(picks):
        dates = days_from(variant.begins.astimezone(UTC).date())
        yield from copies.make(variant, first + n, f"SR-{year}-{number + n:06d}", dates)
