"""`manage.py fuzz`, by `./desk fuzz`: schemathesis over the whole description, as people of several roles."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from devices.models import Device
from people import tokens
from people.models import Role, Site, User
from servicedesk.bench import web
from servicedesk.fuzz import NAME
from sla.models import Deadline, PauseReason
from tickets.models import FaultClass, FaultTile, Ticket, TicketAttachment

ROLES = (Role.HOSPITAL_STAFF, Role.OPERATOR, Role.LEAD, Role.ENGINEER, Role.MANAGER, Role.DEPOT)
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
# Ids and states are beyond a description: what is well formed may still be refused.
LEFT_OUT = "positive_data_acceptance"
HALF = 0.6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one person's run sent, and whether anything was found."""

    role: str
    requests: int
    seconds: float
    is_clean: bool


class Command(BaseCommand):
    help = "Send generated requests to the API of a scratch desk; non-zero when one finds a fault."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--examples", type=int, default=100, help="generated requests for each operation and role")
        parser.add_argument("--roles", nargs="+", choices=Role.values, default=list(ROLES), help="as whom")
        parser.add_argument("--seed", type=int, default=1, help="the same seed sends the same requests")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.settings_dict["NAME"] != NAME:
            raise CommandError("only a scratch database is fuzzed; use ./desk fuzz")
        call_command("prepare", stdout=sys.stderr)
        with web.serving() as server:
            outcomes = [self.fuzz(role, server.port, options) for role in options["roles"]]
        for one in outcomes:
            verdict = "clean" if one.is_clean else "FINDINGS"
            self.stdout.write(f"{one.role:20} {one.requests:7} requests {one.seconds:7.0f} s  {verdict}")
        if not all(one.is_clean for one in outcomes):
            raise CommandError("the API did not keep its description; see above")

    def fuzz(self, role: str, port: int, options: dict[str, Any]) -> Outcome:
        """One role's run; what schemathesis says goes to the terminal."""
        person, now = User.objects.filter(role=role, is_demo=True, is_active=True).earliest("pk"), timezone.now()
        _token, text = tokens.make(person, name="fuzz", scope="write", days=1, by=person, now=now)
        folder = settings.RUN_DIR / "fuzz"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / f"{role}.toml"
        config.write_text(real_things(person), encoding="utf-8")
        before, started = requests_logged(), time.monotonic()
        command = [
            str(SCHEMATHESIS), "--config-file", str(config), "run", f"http://127.0.0.1:{port}/api/v1/schema",
            "--header", f"Authorization: Bearer {text}", "--exclude-checks", LEFT_OUT, "--continue-on-failure",
            "--max-examples", str(options["examples"]), "--seed", str(options["seed"]), "--warnings", "off",
            "--suppress-health-check", "all",
        ]  # fmt: skip
        self.stdout.write(f"== {role}: {person.name}")
        done = subprocess.run(command, check=False)
        return Outcome(role, requests_logged() - before, time.monotonic() - started, done.returncode == 0)


def requests_logged() -> int:
    """How many requests the server has told in its log so far."""
    return (settings.RUN_DIR / "bench-web.log").read_text(encoding="utf-8", errors="replace").count("desk.requests")


def real_things(person: User) -> str:
    """Schemathesis' configuration: names and ids that `person` may see, so that requests get past the door."""
    tickets = Ticket.objects.for_user(person).order_by("-id")[:40]
    deadlines = Deadline.objects.for_user(person).order_by("-id")[:20]
    ids = [*_keys(Device.objects.for_user(person)), *_keys(Site.objects.for_user(person)), *_keys(deadlines)]
    things = {
        "path.number": [ticket.number for ticket in tickets],
        "path.id": ids,
        "path.key": [str(link.attachment.key) for link in TicketAttachment.objects.for_user(person)[:20]],
        "header.If-Match": ["*"],
        "body.device": _keys(Device.objects.for_user(person)),
        "body.site": _keys(Site.objects.for_user(person)),
        "body.to": _keys(User.objects.filter(role__in=[Role.OPERATOR, Role.ENGINEER])),
        "body.deadline": _keys(deadlines),
        "body.fault_class": list(FaultClass.objects.values_list("code", flat=True)),
        "body.tile": list(FaultTile.objects.values_list("code", flat=True)),
        "body.reason": list(PauseReason.objects.values_list("code", flat=True)),
    }
    known = {name: values for name, values in things.items() if values}
    lines = [f"[dictionaries.{_plain(name)}]\nvalues = {json.dumps(values)}\n" for name, values in known.items()]
    lines.append("[parameters]")
    lines += [f'"{name}" = {{ dictionary = "{_plain(name)}", probability = {HALF} }}' for name in known]
    return "\n".join(lines) + "\n"


def _keys(rows: Any) -> list[int]:
    return [row.pk for row in rows.order_by("-pk")[:20]] if not rows.query.is_sliced else [row.pk for row in rows]


def _plain(name: str) -> str:
    return name.replace(".", "-").lower()
