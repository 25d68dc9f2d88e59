"""What keeps a scenario, or a workspace of scenarios, from being deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from handoffs.models import Conversation, Delivery, Handoff, InterfaceSettings, Receipt, Scenario, Transfer

# Nobody may delete these by themselves; with their scenario they go when nothing in them is a visitor's, and nobody at a desk still waits.
GO_ALONG: tuple[type[Model], ...] = (InterfaceSettings, Conversation, Delivery, Receipt)


class DeletesScenarios:
    """A row that is a scenario, or has some. ``deleted_with``: the path from a scenario to it."""

    deleted_with: str

    def scenarios_of(self, rows: Iterable[Any]) -> QuerySet[Scenario]:
        return Scenario.objects.filter(**{f"{self.deleted_with}__in": [row.pk for row in rows]})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Interface settings go with it, and what was said in previews, though nobody may delete those by themselves."""
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        return found, counts, still_forbidden(forbidden, self.scenarios_of(objs)), protected

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        told = explained(self.scenarios_of([row]), extra_context) if row else extra_context
        answer: HttpResponse = super().delete_view(request, object_id, told)  # type: ignore[misc]
        return answer


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
