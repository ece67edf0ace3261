"""The project: settings, routes, task queue, and the embedded servers of a demo."""

from servicedesk.celery import app as celery_app

__all__ = ["celery_app"]
