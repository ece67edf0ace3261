"""Routes of the depots' pages, under /desk/depot/."""

from django.urls import path

from spares.depot_forms import STEPS
from spares.views import depot, steps

app_name = "spares"

urlpatterns = [
    path("", depot.page, name="depot"),
    path("scan/", depot.scan, name="scan"),
    path("pick-list.pdf", depot.pick_list, name="pick-list"),
    path("requests/<str:number>/label.pdf", depot.label, name="label"),
    path("requests/<str:number>/unpick/", depot.unpick, name="unpick"),
    *(path(f"requests/<str:number>/{slug}/", steps.step, {"slug": slug}, name="step") for slug in STEPS),
]
