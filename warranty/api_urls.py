"""Routes of the interface under /api/v1/ that lead to contracts and to who pays."""

from django.urls import path

from warranty import api

urlpatterns = [
    path("contracts/", api.Contracts.as_view(), name="contracts"),
    path("contracts/<int:pk>/", api.OneContract.as_view(), name="contract"),
    path("entitlements/", api.Entitlements.as_view(), name="entitlements"),
    path("duties/", api.Duties.as_view(), name="duties"),
    path("devices/<int:pk>/verdict/", api.DeviceVerdict.as_view(), name="device-verdict"),
]
