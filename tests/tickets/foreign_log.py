"""A small event log in the shape of a ServiceNow export, made of invented incidents."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command

COLUMNS = """
    number incident_state active reassignment_count reopen_count sys_mod_count made_sla caller_id opened_by opened_at
    sys_created_by sys_created_at sys_updated_by sys_updated_at contact_type location category subcategory u_symptom
    cmdb_ci impact urgency priority assignment_group assigned_to knowledge u_priority_confirmation notify problem_id rfc
    vendor caused_by closed_code resolved_by resolved_at closed_at
""".split()  # noqa: SIM905 - a list would be thirty-six lines
MAP = Path(__file__).parents[2] / "tickets" / "maps" / "servicenow.toml"
WAITING = {"user": "Awaiting User Info", "vendor": "Awaiting Vendor"}

Row = dict[str, str]


def row(key: str, mod: int, at: str, state: str, *, opened: str = "01-06-2026 09:00", **more: str) -> Row:
    """One change; times are "dd-mm-yyyy HH:MM", or "HH:MM" of Monday 2026-06-01."""
    given = {
        "number": key,
        "sys_mod_count": str(mod),
        "sys_updated_at": at if len(at) > 5 else f"01-06-2026 {at}",
        "incident_state": WAITING.get(state, state),
        "opened_at": opened,
        "priority": "3 - Moderate",
        "category": "Category 7",
        "subcategory": "Subcategory 9",
        "caller_id": "Caller 11",
        "assignment_group": "Group 1",
        "closed_code": "code 5",
        **more,
    }
    return {name: given.get(name, "?") for name in COLUMNS}


def incident(key: str, *changes: tuple[str, str], **more: str) -> list[Row]:
    """Rows from (time, state) pairs, numbered in their order."""
    return [row(key, mod, at, state, **more) for mod, (at, state) in enumerate(changes)]


def simple(key: str = "INC0000001", **more: str) -> list[Row]:
    """Opened Monday 9:00, answered 9:20, waited 10 to 14, solved 15:00, closed a week later."""
    return incident(
        key, ("09:05", "New"), ("09:20", "Active"), ("10:00", "user"), ("14:00", "Active"), ("15:00", "Resolved"),
        ("08-06-2026 15:00", "Closed"), **more,
    )  # fmt: skip


def text(rows: Iterable[Row]) -> str:
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write(path: Path, rows: Iterable[Row], *, packed: bool = False, mark: bool = False) -> Path:
    content = text(rows).encode("utf-8-sig" if mark else "utf-8")
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def run(path: Path, *options: str, log_map: Path = MAP) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `import_history`."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_history", str(path), "--map", str(log_map), *options, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), err.getvalue() + str(error)
    return 0, out.getvalue(), err.getvalue()


def exported(source: str = "servicenow") -> str:
    out = StringIO()
    call_command("sla_export", "--json", source=source, stdout=out)
    return out.getvalue()


def moment(at: str) -> datetime:
    """A time of the log as an instant."""
    return datetime.strptime(at if len(at) > 5 else f"01-06-2026 {at}", "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def changed_map(path: Path, *changes: tuple[str, str]) -> Path:
    """The shipped map with texts replaced; each must be there."""
    content = MAP.read_text()
    for old, new in changes:
        assert old in content
        content = content.replace(old, new, 1)
    path.write_text(content)
    return path
