"""The pretend desk of Preview: a handover can be rehearsed without any Chatwoot.

It is a sandbox that the deployment names (``REHEARSAL_DESK``), and to it leads one hidden handoff a scenario. From there on nothing is
pretended: what is said goes through the relay, over HTTP, and comes back as a signed webhook.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any

import requests
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from handoffs.models import Conversation, Handoff, Scenario, Visitor
from handoffs.models.handoff import REHEARSAL_NETWORKS
from handoffs.providers import base, outbound, registry

PREVIEWS_LIVE = timedelta(days=7)
MOST_AT_ONCE = 100
NO_HANDOFF = "The tile names no active handoff."
NO_DESK = "There is no rehearsal desk here, so nobody can be reached. Whoever runs Handoff can set REHEARSAL_DESK."
NOT_READY = "The rehearsal desk was not ready, so nobody can be reached. Restart the preview."
LIMITS = outbound.Limits(connect=2.0, read=5.0, total=8.0)


class CannotRehearse(Exception):
    """``str()`` says in words why not."""


def is_possible() -> bool:
    return bool(settings.REHEARSAL_DESK)


def desk_for(conversation: Conversation, handoff: Handoff | None) -> Handoff | None:
    """The tile's handoff, if it names one that can be used now; in a rehearsal the pretend desk's. None: nobody can be reached."""
    if conversation.desk == Conversation.Desk.REHEARSAL:
        return hidden_handoff(conversation.scenario_id) if is_possible() else None
    return handoff


def why_nobody(conversation: Conversation) -> str:
    """Why ``desk_for`` found none, in words."""
    if conversation.desk != Conversation.Desk.REHEARSAL:
        return NO_HANDOFF
    return NOT_READY if is_possible() else NO_DESK


def what_visitors_miss(conversation: Conversation, handoff: Handoff | None) -> str:
    """A rehearsal reaches somebody where visitors would not: said, so that nobody is deceived by it."""
    rehearsed = conversation.desk == Conversation.Desk.REHEARSAL and handoff is None
    return f"{NO_HANDOFF} Visitors would hear that nobody can be reached; this is only a rehearsal." if rehearsed else ""


def hidden_handoff(scenario_id: int) -> Handoff | None:
    return Handoff.objects.filter(scenario=scenario_id, rehearsal=True, active=True).first()


# --- Making it ready ----------------------------------------------------------------------------------------------------------------------


def prepare(scenario: Scenario) -> Handoff:
    """The scenario's hidden handoff, its inbox at the pretend desk made and up to date. Safe to do twice, and by two at once."""
    if not is_possible():
        raise CannotRehearse(NO_DESK)
    desk = Desk(settings.REHEARSAL_TOKEN)
    draft = Handoff(scenario=scenario, name="Rehearsal desk", rehearsal=True, active=True)
    draft.domain, draft.account_id = (
        registry.provider_class(draft.system).normalise_domain(settings.REHEARSAL_DESK),
        desk.profile["account_id"],
    )
    inbox = ready_inbox(desk, scenario)
    draft.inbox_id, draft.access_token, draft.webhook_secret = inbox["id"], settings.REHEARSAL_TOKEN, inbox["secret"]
    return keep(draft)


def keep(draft: Handoff) -> Handoff:
    """The handoff that is there, brought up to date. One that led to another inbox is put aside: its threads are numbers of that one."""
    try:
        with transaction.atomic():
            known = hidden_handoff(draft.scenario_id)
            if known and (known.account_id, known.inbox_id) == (draft.account_id, draft.inbox_id):
                # Typed anew: a secret is sealed for its own row.
                known.domain, known.access_token, known.webhook_secret = draft.domain, draft.access_token, draft.webhook_secret
                known.save(update_fields=["domain", "access_token_sealed", "webhook_secret_sealed"])
                return known
            Handoff.objects.filter(scenario=draft.scenario, rehearsal=True).update(active=False)
            draft.save()
            return draft
    except IntegrityError:
        # Somebody else made it this moment.
        made = hidden_handoff(draft.scenario_id)
        if made is None:
            raise
        return made


def ready_inbox(desk: Desk, scenario: Scenario) -> dict[str, Any]:
    """The scenario's own inbox. Its webhooks come to an address at which the desk reaches us; the rehearsal's agent answers there."""
    known = hidden_handoff(scenario.pk)
    name, channel = f"Rehearsal {scenario.pk}", {"type": "api", "webhook_url": webhook_url(scenario)}
    mine = [each["id"] for each in desk.get("inboxes")["payload"] if each["name"] == name]
    if known and known.inbox_id in mine:
        mine = [known.inbox_id]
    body = {"name": name, "channel": channel}
    inbox = desk.call("PATCH", f"inboxes/{mine[0]}", body) if mine else desk.call("POST", "inboxes", body)
    agent = Desk(settings.REHEARSAL_AGENT_TOKEN).profile["id"]
    desk.call("POST", "inbox_members", {"inbox_id": inbox["id"], "user_ids": [agent]})
    return dict(inbox)


def webhook_url(scenario: Scenario) -> str:
    return str(settings.REHEARSAL_HUB) + reverse("incoming", kwargs={"slug": scenario.workspace.slug, "system": "chatwoot"})


class Desk:
    """The pretend desk, as whoever has this token sees it. Raises ``CannotRehearse`` only."""

    def __init__(self, token: str) -> None:
        self.root = settings.REHEARSAL_DESK.rstrip("/")
        self.headers = {"api-access-token": token, "Accept": "application/json"}
        self.session = outbound.session((*settings.HANDOFF_ALLOWED_NETWORKS, *REHEARSAL_NETWORKS), LIMITS)

    @cached_property
    def profile(self) -> dict[str, Any]:
        return dict(self._call("GET", "profile"))

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **request: Any) -> Any:
        """In the account of whose token it is."""
        more = request if body is None else {"json": body}
        return self._call(method, f"accounts/{self.profile['account_id']}/{path}", **more)

    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            answer = self.session.request(method, f"{self.root}/api/v1/{path}", headers=self.headers, **request)
            answer.raise_for_status()
            return answer.json() if answer.content else None
        except (outbound.NoAnswer, base.Locked) as error:
            raise CannotRehearse(f"The rehearsal desk cannot be reached: {error}") from None
        except requests.HTTPError as error:
            raise CannotRehearse(f"The rehearsal desk refused it ({error.response.status_code}).") from None
        except ValueError:
            raise CannotRehearse("What answers at REHEARSAL_DESK is not a desk.") from None


# --- Previews are not kept ----------------------------------------------------------------------------------------------------------------


def sweep_away_previews() -> None:
    """Delete previews that are older than a week, with whatever was said in them."""
    previews = Conversation.objects.exclude(desk=Conversation.Desk.LIVE).filter(created_at__lt=timezone.now() - PREVIEWS_LIVE)
    Visitor.objects.filter(pk__in=list(previews.order_by().values_list("visitor_id", flat=True)[:MOST_AT_ONCE])).delete()
