"""What the pages of a scenario's conversation handover say: how each handoff is, and what a look at the desk has found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db.models import DateTimeField, Exists, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from handoffs.forms.handoff import LookingForm
from handoffs.hookup import Outcome
from handoffs.models import Author, Delivery, Handoff, Message, Receipt
from handoffs.providers import registry
from handoffs.providers.base import Finding, ProviderError

MARKS = {"good": ("✓", "good"), "warn": ("!", "look at this"), "bad": ("✗", "does not work")}


def with_facts(handoffs: QuerySet[Handoff]) -> QuerySet[Handoff]:
    """What a card shows, in the same query."""
    said = Message.objects.filter(handoff=OuterRef("pk"), author=Author.AGENT).order_by().values("handoff").annotate(at=Max("said_at"))
    sent = (
        Delivery.objects.filter(transfer__handoff=OuterRef("pk"), kind__in=Delivery.WORDS, state=Delivery.State.SENT)
        .order_by()
        .values("transfer__handoff")
        .annotate(at=Max("sent_at"))
    )
    return handoffs.annotate(
        last_in=Subquery(said.values("at"), output_field=DateTimeField()),
        last_out=Subquery(sent.values("at"), output_field=DateTimeField()),
        called=Exists(Receipt.objects.filter(handoff=OuterRef("pk"))),
    )


@dataclass(frozen=True)
class State:
    """A pill's look and word, and in sentences why it is not simply well, or not known to be."""

    look: str
    word: str
    reasons: tuple[str, ...] = ()


def state_of(handoff: Handoff) -> State:
    """Of a handoff ``with_facts``."""
    reasons = tuple(reasons_of(handoff))
    if handoff.trouble:
        return State("bad", "Needs attention", (handoff.trouble, *reasons))
    if reasons and handoff.active:
        return State("warn", "Needs attention", reasons)
    return State("good", "Active", untried(handoff)) if handoff.active else State("quiet", "Inactive", reasons)


def untried(handoff: Handoff) -> tuple[str, ...]:
    if handoff.last_out or is_heard(handoff):  # type: ignore[attr-defined]
        return ()
    return ("Nothing was sent yet. Test connection says whether replies will come back.",)


def is_heard(handoff: Handoff) -> bool:
    return bool(handoff.called or handoff.probe_seen_at)  # type: ignore[attr-defined]


def reasons_of(handoff: Handoff) -> list[str]:
    told = []
    if not handoff.access_token_sealed:
        told.append("It has no access token yet.")
    if not handoff.inbox_id:
        told.append("It has no inbox yet.")
    if not handoff.active or told:
        return told
    if handoff.rests_until and handoff.rests_until > timezone.now() and not handoff.trouble:
        told.append("The desk does not answer just now. What visitors write waits.")
    if handoff.polling_only_since:
        told.append("No webhooks come back. Replies are asked for, and come a little later.")
    elif handoff.last_out and not is_heard(handoff):  # type: ignore[attr-defined]
        told.append("No webhook came back yet. Test connection says whether they will.")
    elif is_heard(handoff) and not handoff.webhook_secret_sealed:
        told.append("Its webhooks are not signed: there is no webhook secret here.")
    return told


def desk_of(handoff: Handoff) -> str:
    return urlsplit(handoff.domain).netloc or handoff.domain


def inbox_of(handoff: Handoff) -> str:
    if not handoff.inbox_id:
        return "No inbox yet"
    number = f"inbox {handoff.inbox_id} of account {handoff.account_id}"
    return f"“{handoff.inbox_name}” ({number})" if handoff.inbox_name else number.capitalize()


# --- Looking at the desk ------------------------------------------------------------------------------------------------------------------


def steps_of(findings: Any) -> list[dict[str, str]]:
    """Findings for a page and for the session: a mark, and a word for those who do not see it."""
    return [{**asdict(finding), "mark": MARKS[finding.state][0], "word": MARKS[finding.state][1]} for finding in findings]


def connect(form: LookingForm) -> dict[str, Any]:
    look = guarded(form, lambda provider: provider.places())
    if isinstance(look, Finding):
        return {"title": "Connect", "steps": steps_of([look])}
    return {"title": "Connect", "steps": steps_of(look.findings), "accounts": look.accounts}


def test(form: LookingForm, webhook_url: str) -> dict[str, Any]:
    if not (form.cleaned_data.get("account_id") and form.cleaned_data.get("inbox_id")):
        return {**connect(form), "title": "Test connection", "note": "Choose an account and an inbox, then test again."}
    look = guarded(form, lambda provider: provider.diagnose(webhook_url))
    if isinstance(look, Finding):
        return {"title": "Test connection", "steps": steps_of([look])}
    return {"title": "Test connection", "steps": steps_of(look.findings), "works": look.works, "inbox_name": look.inbox_name}


def guarded(form: LookingForm, look: Any) -> Any:
    """What ``look`` sees at the desk of this form; a finding if there is no looking."""
    from_form = form.desk()
    if isinstance(from_form, Finding):
        return from_form
    system, connection = from_form
    try:
        return look(registry.connect(system, connection))
    except ProviderError as error:
        return Finding("Desk", "bad", str(error), "Correct it in the form, and try again.")


def told(outcome: Outcome) -> dict[str, Any]:
    return {"title": "Set it up for me", "steps": steps_of(outcome.findings), "asks": outcome.asks, "works": outcome.proven}
