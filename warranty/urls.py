"""Routes of the company's pages of contracts and duties, under /desk/."""

from django.urls import path

from warranty.views import contracts, duties

app_name = "warranty"

urlpatterns = [
    path("contracts/", contracts.overview, name="contracts"),
    path("contracts/<int:pk>/", contracts.page, name="contract"),
    path("contracts/<int:pk>/activate/", contracts.activate, name="contract-activate"),
    path("contracts/<int:pk>/change/", contracts.change, name="contract-change"),
    path("contracts/<int:pk>/plan/", duties.plan, name="duty-plan"),
    path("duties/", duties.page, name="duties"),
    path("duties/export.csv", duties.export, name="duties-export"),
    path("duties/<int:pk>/done/", duties.done, name="duty-done"),
    path("duties/<int:pk>/drop/", duties.drop, name="duty-drop"),
]
