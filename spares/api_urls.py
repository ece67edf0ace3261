"""Routes of the interface under /api/v1/ that lead to spare parts."""

from django.urls import path

from spares.api import requests, returns, stock

urlpatterns = [
    path("parts/", stock.Parts.as_view(), name="parts"),
    path("stock/", stock.Stock.as_view(), name="stock"),
    path("stock/receive/", stock.Receive.as_view(), name="stock-receive"),
    path("stock/<int:pk>/count/", stock.Count.as_view(), name="stock-count"),
    path("stock/<int:pk>/transfer/", stock.Transfer.as_view(), name="stock-transfer"),
    path("stock/<int:pk>/scrap/", stock.Scrap.as_view(), name="stock-scrap"),
    path("stock-movements/", stock.Movements.as_view(), name="stock-movements"),
    path("part-requests/", requests.PartRequests.as_view(), name="part-requests"),
    path("part-requests/<str:number>/", requests.OnePartRequest.as_view(), name="part-request"),
    *(
        path(
            f"part-requests/<str:number>/{verb.slug}/", requests.door(verb).as_view(), name=f"part-request-{verb.slug}"
        )
        for verb in requests.VERBS
    ),
    path("returns/", returns.Returns.as_view(), name="returns"),
    path("returns/<str:number>/", returns.OneReturn.as_view(), name="return"),
    *(
        path(f"returns/<str:number>/{verb.slug}/", returns.door(verb).as_view(), name=f"return-{verb.slug}")
        for verb in returns.VERBS
    ),
]
