"""Routes of the depots' pages, under /desk/depot/."""

from django.urls import path

from spares import depot_forms, return_forms
from spares.views import depot, returns, steps

app_name = "spares"

urlpatterns = [
    path("", depot.page, name="depot"),
    path("scan/", depot.scan, name="scan"),
    path("pick-list.pdf", depot.pick_list, name="pick-list"),
    path("requests/<str:number>/label.pdf", depot.label, name="label"),
    path("requests/<str:number>/unpick/", depot.unpick, name="unpick"),
    *(path(f"requests/<str:number>/{slug}/", steps.step, {"slug": slug}, name="step") for slug in depot_forms.STEPS),
    path("returns/", returns.page, name="returns"),
    *(
        path(f"returns/<str:number>/{slug}/", returns.step, {"slug": slug}, name="return-step")
        for slug in return_forms.STEPS
    ),
]
