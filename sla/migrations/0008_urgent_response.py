"""Promise the urgent response (B6) in the policies that a desk began with; a new desk gets the rows from its defaults.

Versions in use are never edited: what is tightened gets its next version, valid from now on.
"""

from datetime import time

from django.db import migrations
from django.utils import timezone

POLICIES = ("telemedicine", "his", "his_later")
TIGHTENED = {"response": 30, "remote": 60, "update": 60}
"""Clock → minutes of an urgent response."""
PAUSES = ("asked_later", "no_access", "hospital_work")


def promise(apps, schema_editor):
    Policy = apps.get_model("sla", "Policy")
    now = timezone.now()
    for policy in Policy.objects.filter(code__in=POLICIES):
        if not policy.commitments.filter(code="urgent").exists():
            _tighten(policy, now)
            _add(apps, policy, now)


def _tighten(policy, now):
    for code, minutes in TIGHTENED.items():
        row = policy.commitments.filter(code=code).order_by("-version").first()
        if row is None or not row.targets:
            continue
        first = [one for one in row.targets if one.get("when", {}).get("node_down")]
        rest = [one for one in row.targets if one not in first]
        row.targets = [*first, {"when": {"urgent": True}, "minutes": minutes}, *rest]
        row.pk, row.version, row.valid_from = None, row.version + 1, now
        row._state.adding = True
        row.save()


def _add(apps, policy, now):
    always = apps.get_model("sla", "Calendar").objects.filter(code="always").first()
    response = policy.commitments.filter(code="response").order_by("-version").first()
    if always is None or response is None:
        return
    policy.commitments.create(
        code="urgent",
        name="当天加急响应",
        clause="B6",
        position=policy.commitments.count() + 1,
        when={"urgent": True},
        starts_on=["notified", "reopened"],
        stops_on=["arrived", "solved"],
        cancels_on=["cancelled", "closed"],
        targets=[{"days": 1}],
        calendar=always,
        day_closes_at=time(0),
        pause_reasons=list(PAUSES),
        ladder=response.ladder,
        valid_from=now,
    )


def withdraw(apps, schema_editor):
    """Take back what no clock was counted by; what was stays, and says nothing without an urgent response."""
    Commitment, Deadline = apps.get_model("sla", "Commitment"), apps.get_model("sla", "Deadline")
    rows = Commitment.objects.filter(policy__code__in=POLICIES)
    added = [
        row.pk
        for row in rows
        if row.code == "urgent" or (row.version > 1 and any(_is_urgent(one) for one in row.targets))
    ]
    used = Deadline.objects.filter(commitment__in=added).values("commitment")
    rows.filter(pk__in=added).exclude(pk__in=used).delete()


def _is_urgent(target):
    return target.get("when") == {"urgent": True}


class Migration(migrations.Migration):

    dependencies = [
        ("sla", "0007_critical_periods"),
    ]

    operations = [
        migrations.RunPython(promise, withdraw),
    ]
