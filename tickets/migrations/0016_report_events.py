from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0015_visit_events"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ticketevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("filed", "Filed"),
                    ("receipt", "Receipt sent"),
                    ("words", "Words of the hospital"),
                    ("answer", "Answer"),
                    ("note", "Internal note"),
                    ("call", "Call"),
                    ("owner", "First-contact owner"),
                    ("assigned", "Assigned"),
                    ("priority", "Priority"),
                    ("class", "Fault class"),
                    ("edited", "Edited"),
                    ("remote_failed", "Remote repair declared failed"),
                    ("remote_limit", "Remote limit ran out"),
                    ("departed", "Departed"),
                    ("arrived", "Arrived on site"),
                    ("evidence", "Late evidence decided"),
                    ("waiting", "Waiting"),
                    ("resumed", "Resumed"),
                    ("solved", "Solved"),
                    ("closed", "Closed"),
                    ("reopened", "Reopened"),
                    ("cancelled", "Withdrawn"),
                    ("verified", "Verified by a call"),
                    ("retargeted", "Target changed"),
                    ("triage", "At the hospital's technician"),
                    ("passed_on", "Passed on to the company"),
                    ("solved_here", "Solved by the hospital"),
                    ("verdict", "Who pays"),
                    ("quote", "Quote"),
                    ("urgent", "Urgent response"),
                    ("visit", "Visit"),
                    ("report", "Service report"),
                ],
                max_length=16,
                verbose_name="what",
            ),
        ),
    ]
