"""The Celery application. Queues, routes and the beat table stand in `settings.py`."""

import os

from celery import Celery

from servicedesk import task_log

__all__ = ["app", "task_log"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

app = Celery("servicedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
