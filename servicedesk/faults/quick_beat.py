"""The Celery application with a sweep every fifth of a second: `celery -A servicedesk.faults.quick_beat beat`."""

from servicedesk.celery import app

app.conf.beat_schedule = {"sweep": {"task": "sla.tasks.sweep", "schedule": 0.2}}
