"""The Celery application. How it is set up stands in `settings.py`; here, which queue has what, and the beat table."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab

from servicedesk import task_log

__all__ = ["app", "task_log"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

DEFAULT = "default"
# The engine and each channel have their own queue and worker: a slow mail server must never delay a page.
ROUTES = {"sla.tasks.*": {"queue": "engine"}}
BEAT: dict[str, dict[str, Any]] = {
    "sweep": {"task": "sla.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "deliver-mail": {
        "task": "notifications.tasks.deliver",
        "args": ["mail"],
        "schedule": 5.0,
        "options": {"queue": "mail", "expires": 5},
    },
    "work-on-imports": {"task": "devices.tasks.work_on_imports", "schedule": 3.0, "options": {"expires": 3}},
    "forget-replies": {"task": "people.tasks.forget_replies", "schedule": 3600.0, "options": {"expires": 600}},
    "send-links": {"task": "people.tasks.send_links", "schedule": 5.0, "options": {"expires": 5}},
    "follow-engine": {"task": "tickets.tasks.follow_engine", "schedule": 10.0, "options": {"expires": 10}},
    "follow-parts": {"task": "tickets.tasks.follow_parts", "schedule": 10.0, "options": {"expires": 10}},
    "follow-spare-clocks": {"task": "spares.tasks.follow_clocks", "schedule": 300.0, "options": {"expires": 300}},
    "chase-returns": {
        "task": "spares.tasks.chase",
        "schedule": crontab(hour=8, minute=30),
        "options": {"expires": 3600},
    },
    "end-waits": {"task": "tickets.tasks.end_waits", "schedule": 30.0, "options": {"expires": 30}},
    "make-reports": {"task": "tickets.tasks.make_reports", "schedule": 5.0, "options": {"expires": 5}},
    "follow-verdicts": {"task": "tickets.tasks.follow_verdicts", "schedule": 300.0, "options": {"expires": 300}},
    "expire-quotes": {"task": "tickets.tasks.expire_quotes", "schedule": 600.0, "options": {"expires": 600}},
    "follow-triage": {"task": "tickets.tasks.follow_triage", "schedule": 60.0, "options": {"expires": 60}},
    "ask-again": {"task": "tickets.tasks.ask_again", "schedule": crontab(minute="*/10"), "options": {"expires": 600}},
    "verify-trail": {"task": "audit.tasks.verify", "schedule": crontab(hour=3, minute=0), "options": {"expires": 3600}},
    "turn-contracts": {"task": "warranty.tasks.turn", "schedule": crontab(minute=5), "options": {"expires": 600}},
    "endings": {"task": "warranty.tasks.daily", "schedule": crontab(hour=8, minute=0), "options": {"expires": 3600}},
    "daily": {"task": "sla.tasks.daily", "schedule": crontab(hour=2, minute=0), "options": {"expires": 3600}},
}

app = Celery("servicedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(task_default_queue=DEFAULT, task_routes=ROUTES, beat_schedule=BEAT)
app.autodiscover_tasks()
