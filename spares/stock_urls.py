"""Routes of the pages of stock, under /desk/depot/."""

from django.urls import path

from spares.stock_forms import FORMS
from spares.views import stock

app_name = "stock"

urlpatterns = [
    path("stock/", stock.page, name="list"),
    path("stock/<int:pk>/", stock.item, name="item"),
    *(path(f"stock/<int:pk>/{slug}/", stock.step, {"slug": slug}, name="step") for slug in FORMS),
    path("stock/into/<slug:code>/", stock.start, name="start"),
    path("parts/<int:pk>/", stock.part, name="part"),
    path("reorder/", stock.reorder, name="reorder"),
    path("reorder/export.csv", stock.reorder_export, name="reorder-export"),
]
