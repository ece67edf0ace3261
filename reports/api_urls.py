"""Routes of the interface under /api/v1/ that only read and see everything."""

from django.urls import path

from reports import api

urlpatterns = [path("hospitals/<int:pk>/overview/", api.HospitalOverview.as_view(), name="hospital-overview")]
