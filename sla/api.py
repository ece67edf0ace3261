""" "I take this on", from another program."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.problems import Conflict
from common.rest import View
from common.strict import Moment
from people.access import person, require
from sla import escalation
from sla.deadlines import Refused
from sla.models import Deadline


class AcknowledgedSerializer(serializers.Serializer[Deadline]):
    """Paging rests until then, unless nobody does anything about the matter."""

    id = serializers.IntegerField(source="pk")
    acknowledged_until = Moment(allow_null=True)


class Acknowledge(View):
    """The paging of one running clock."""

    @extend_schema(operation_id="deadlines_acknowledge", request=None, responses=AcknowledgedSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Stop paging for this clock; the clock itself runs on. It lapses without any act on the matter."""
        require(request.user, "sla.acknowledge")
        deadline = get_object_or_404(Deadline.objects.for_user(request.user), pk=pk)
        try:
            row = escalation.acknowledge(deadline, by=person(request), now=timezone.now())
        except Refused as refused:
            raise Conflict(str(refused)) from refused
        return Response(AcknowledgedSerializer(row).data)
