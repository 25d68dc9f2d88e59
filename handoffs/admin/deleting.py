"""What keeps a scenario, or a workspace of scenarios, from being deleted."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet

from handoffs.models import Conversation, Delivery, Handoff, InterfaceSettings, Receipt, Scenario, Transfer

# Nobody may delete these by themselves; with their scenario they go when nothing in them is a visitor's, and nobody at a desk still waits.
GO_ALONG: tuple[type[Model], ...] = (InterfaceSettings, Conversation, Delivery, Receipt)


def still_forbidden(forbidden: set[str], scenarios: QuerySet[Scenario]) -> set[str]:
    along = GO_ALONG[:1] if is_needed(scenarios) else GO_ALONG
    return forbidden - {str(model._meta.verbose_name) for model in along}


def is_needed(scenarios: QuerySet[Scenario]) -> bool:
    said = Conversation.objects.filter(scenario__in=scenarios, desk=Conversation.Desk.LIVE)
    # A preview at a real desk has a real agent.
    called = Transfer.objects.open().filter(conversation__scenario__in=scenarios, conversation__desk=Conversation.Desk.REAL)
    return said.exists() or called.exists()


def what_is_kept(scenarios: QuerySet[Scenario]) -> str:
    """In words, how much of it there is."""
    said = Conversation.objects.filter(scenario__in=scenarios).exclude(desk=Conversation.Desk.REHEARSAL).count()
    waiting = (
        Transfer.objects.open().filter(conversation__scenario__in=scenarios).exclude(conversation__desk=Conversation.Desk.REHEARSAL).count()
    )
    handoffs = Handoff.objects.real().filter(scenario__in=scenarios).count()
    return f"conversations: {said}, with humans now: {waiting}, handoffs: {handoffs}"


def explained(scenarios: QuerySet[Scenario], more: dict[str, Any] | None) -> dict[str, Any]:
    """For the page that asks, or refuses."""
    return {"kept": what_is_kept(scenarios), "is_needed": is_needed(scenarios), **(more or {})}
