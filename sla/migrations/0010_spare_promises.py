"""Promise spare parts (A6, A11) in the policies that a desk began with.

A new desk gets the rows from its defaults. They hold from now on: no request was made before.
"""

from django.db import migrations
from django.utils import timezone

POLICIES = ("telemedicine", "his", "his_later")
CLOCKS = (
    ("spare_shipped", "24 小时发件", "A11", "always", "part_shipped", [{"minutes": 1440}]),
    ("spare_delivered", "2 个工作日送达", "A6 A11", "cn", "part_delivered", [{"days": 2}]),
)


def promise(apps, schema_editor):
    Policy, Calendar = apps.get_model("sla", "Policy"), apps.get_model("sla", "Calendar")
    calendars = {row.code: row for row in Calendar.objects.filter(code__in=["always", "cn"])}
    for policy in Policy.objects.filter(code__in=POLICIES):
        response = policy.commitments.filter(code="response").order_by("-version").first()
        for code, name, clause, calendar, stops, targets in CLOCKS:
            if response is None or calendar not in calendars or policy.commitments.filter(code=code).exists():
                continue
            policy.commitments.create(
                code=code,
                name=name,
                clause=clause,
                position=policy.commitments.count() + 1,
                starts_on=["part_needed", "fix_limit_passed"],
                stops_on=[stops],
                cancels_on=["part_cancelled", "cancelled"],
                per="request",
                targets=targets,
                calendar=calendars[calendar],
                ladder=response.ladder,
                valid_from=timezone.now(),
            )


def withdraw(apps, schema_editor):
    """Take back what no clock was counted by."""
    Commitment, Deadline = apps.get_model("sla", "Commitment"), apps.get_model("sla", "Deadline")
    rows = Commitment.objects.filter(policy__code__in=POLICIES, code__in=[code for code, *_ in CLOCKS])
    rows.exclude(pk__in=Deadline.objects.filter(commitment__in=rows).values("commitment")).delete()


class Migration(migrations.Migration):

    dependencies = [
        ("sla", "0009_spare_clocks"),
    ]

    operations = [
        migrations.RunPython(promise, withdraw),
    ]
