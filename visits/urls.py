"""Papers of visits, for the company and for the hospital's technician alike."""

from __future__ import annotations

from django.urls import path

from visits import views

app_name = "visits"

urlpatterns = [
    path("sites/<int:pk>.pdf", views.site_code, name="site-code"),
    path("hospitals/<int:pk>.pdf", views.hospital_codes, name="hospital-codes"),
]
