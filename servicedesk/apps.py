"""Hooks the task queue and the project's own start-up checks into Django."""

from django.apps import AppConfig
from django.core import checks

from servicedesk.celery import app as celery_app
from servicedesk.checks import no_demo_accounts_in_production


class ServiceDeskConfig(AppConfig):
    name = "servicedesk"
    verbose_name = "Service desk"

    def ready(self) -> None:
        # `shared_task` finds its broker through the current application.
        celery_app.set_default()
        checks.register(no_demo_accounts_in_production, checks.Tags.database)
