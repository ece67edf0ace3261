"""Routes of the interface under /api/v1/ that lead to contracts and to who pays."""

from django.urls import path

from warranty.api import duties, reading

urlpatterns = [
    path("contracts/", reading.Contracts.as_view(), name="contracts"),
    path("contracts/<int:pk>/", reading.OneContract.as_view(), name="contract"),
    path("contracts/<int:pk>/coverage/", duties.Coverage.as_view(), name="contract-coverage"),
    path("duty-entries/", duties.DutyEntries.as_view(), name="duty-entries"),
    path("duty-entries/<int:pk>/", duties.OneEntry.as_view(), name="duty-entry"),
    path("duty-entries/<int:pk>/drop/", duties.DropOne.as_view(), name="duty-entry-drop"),
    path("duty-entries/<int:pk>/proof/", duties.Proof.as_view(), name="duty-entry-proof"),
    path("entitlements/", reading.Entitlements.as_view(), name="entitlements"),
    path("duties/", reading.Duties.as_view(), name="duties"),
    path("devices/<int:pk>/verdict/", reading.DeviceVerdict.as_view(), name="device-verdict"),
]
