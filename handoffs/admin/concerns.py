"""What wants looking after, said on the first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from handoffs.admin.base import shortened
from handoffs.models import Conversation, Delivery, Handoff, Membership, Receipt, workspaces_of

LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Concern:
    text: str
    address: str


def concerns(user: Any) -> list[Concern]:
    """Of the workspaces of ``user``. Receipts are for admins."""
    own = workspaces_of(user)
    handoffs = Handoff.objects.real().filter(scenario__workspace__in=own)
    deliveries = Delivery.objects.filter(conversation__scenario__workspace__in=own, conversation__desk=Conversation.Desk.LIVE)
    receipts = Receipt.objects.filter(handoff__scenario__workspace__in=workspaces_of(user, Membership.Role.ADMIN), handoff__rehearsal=False)
    return [*troubles(handoffs), *polling_only(handoffs), *refused_deliveries(deliveries), *failed_receipts(receipts)]


def troubles(handoffs: QuerySet[Handoff]) -> list[Concern]:
    return [Concern(f"{each}: {shortened(each.trouble)}", page_of(each)) for each in handoffs.exclude(trouble="")]


def polling_only(handoffs: QuerySet[Handoff]) -> list[Concern]:
    deaf = handoffs.filter(active=True).exclude(polling_only_since=None)
    return [Concern(f"{each}: no webhooks come back from the desk, so replies come late", page_of(each)) for each in deaf]


def page_of(handoff: Handoff) -> str:
    return reverse("admin:handoffs_handoff_change", args=[handoff.pk])


def refused_deliveries(deliveries: QuerySet[Delivery]) -> list[Concern]:
    lately = deliveries.filter(state=Delivery.State.PARKED, created_at__gte=timezone.now() - LATELY).count()
    text = f"Deliveries that a desk refused in the last {LATELY.days} days: {lately}"
    return [Concern(text, reverse("admin:handoffs_delivery_changelist") + "?state__exact=parked")] if lately else []


def failed_receipts(receipts: QuerySet[Receipt]) -> list[Concern]:
    lately = receipts.filter(state=Receipt.State.FAILED, received_at__gte=timezone.now() - LATELY).count()
    text = f"Receipts that could not be applied in the last {LATELY.days} days: {lately}"
    return [Concern(text, reverse("admin:handoffs_receipt_changelist") + "?state__exact=failed")] if lately else []
