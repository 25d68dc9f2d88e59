"""What wants looking after, said on the first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from handoffs.admin.base import shortened
from handoffs.models import Delivery, Handoff, Receipt

LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Concern:
    text: str
    address: str


def concerns(user: Any) -> list[Concern]:
    """Only what ``user`` may look at."""
    return [
        *([*troubles(), *polling_only()] if user.has_perm("handoffs.view_handoff") else []),
        *(refused_deliveries() if user.has_perm("handoffs.view_delivery") else []),
        *(failed_receipts() if user.has_perm("handoffs.view_receipt") else []),
    ]


def troubles() -> list[Concern]:
    return [Concern(f"{each}: {shortened(each.trouble)}", page_of(each)) for each in Handoff.objects.real().exclude(trouble="")]


def polling_only() -> list[Concern]:
    deaf = Handoff.objects.real().filter(active=True).exclude(polling_only_since=None)
    return [Concern(f"{each}: no webhooks come back from the desk, so replies come late", page_of(each)) for each in deaf]


def page_of(handoff: Handoff) -> str:
    return reverse("admin:handoffs_handoff_change", args=[handoff.pk])


def refused_deliveries() -> list[Concern]:
    lately = Delivery.objects.filter(state=Delivery.State.PARKED, created_at__gte=timezone.now() - LATELY).count()
    text = f"Deliveries that a desk refused in the last {LATELY.days} days: {lately}"
    return [Concern(text, reverse("admin:handoffs_delivery_changelist") + "?state__exact=parked")] if lately else []


def failed_receipts() -> list[Concern]:
    lately = Receipt.objects.filter(state=Receipt.State.FAILED, received_at__gte=timezone.now() - LATELY).count()
    text = f"Receipts that could not be applied in the last {LATELY.days} days: {lately}"
    return [Concern(text, reverse("admin:handoffs_receipt_changelist") + "?state__exact=failed")] if lately else []
