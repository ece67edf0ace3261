"""Routes of the interface under /api/v1/ that lead to spare parts."""

from django.urls import path

from spares.api import stock

urlpatterns = [
    path("parts/", stock.Parts.as_view(), name="parts"),
    path("stock/", stock.Stock.as_view(), name="stock"),
    path("stock/receive/", stock.Receive.as_view(), name="stock-receive"),
    path("stock/<int:pk>/count/", stock.Count.as_view(), name="stock-count"),
    path("stock/<int:pk>/transfer/", stock.Transfer.as_view(), name="stock-transfer"),
    path("stock/<int:pk>/scrap/", stock.Scrap.as_view(), name="stock-scrap"),
    path("stock-movements/", stock.Movements.as_view(), name="stock-movements"),
]
