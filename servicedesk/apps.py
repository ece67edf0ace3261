"""Hooks the task queue and the project's own start-up checks into Django."""

from django.apps import AppConfig, apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
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


class SetupConfig(AdminConfig):
    """Django admin on our own site object. Groups are left out: the role alone grants rights."""

    default_site = "servicedesk.setup_site.SetupSite"

    def ready(self) -> None:
        super().ready()
        admin.site.unregister(apps.get_model("auth", "Group"))
