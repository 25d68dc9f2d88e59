from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone

from handoffs.models.scenario import Editable, Scenario
from handoffs.providers import base, registry
from handoffs.sealed import Sealed

ATTRIBUTE_HELP = "The attribute of the context it is in."
FAILURES_TO_REST = 5
PROBE_EVERY = timedelta(seconds=30)
LONGEST_SETTING_UP = timedelta(minutes=3)
# Where no desk ever answers (the discard port).
NOBODY_THERE = "http://127.0.0.1:9/api/v1/"
# Where the pretend desk may be. Its address comes from the deployment's settings, never from an admin.
REHEARSAL_NETWORKS = tuple(map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")))


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def real(self) -> HandoffQuerySet:
        return self.filter(rehearsal=False)

    def addressed(self, workspace_id: int, system: str, recipient: base.Recipient) -> HandoffQuerySet:
        """The handoffs of a workspace that a webhook claims to be for. One that names no inbox is for none."""
        if recipient.inbox_id is None:
            return self.none()
        mine = self.filter(scenario__workspace_id=workspace_id, system=system, inbox_id=recipient.inbox_id)
        return mine if recipient.account_id is None else mine.filter(account_id=recipient.account_id)


class Handoff(Editable):
    """A configured connection of a scenario to one live-agent system. Inactive until somebody switches it on."""

    class AfterEnd(models.TextChoices):
        BOT = "bot", "The scenario answers"
        REOPEN = "reopen", "The conversation at the desk is opened again"
        NEW = "new", "A new conversation at the desk"

    class Priority(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"
        URGENT = "urgent"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="handoffs")
    name = models.CharField(max_length=200)
    system = models.CharField(max_length=40, choices=registry.kinds, default="chatwoot")
    domain = models.CharField(
        max_length=500, default="https://app.chatwoot.com/api/v1/", help_text="Where your Chatwoot is, such as https://app.chatwoot.com."
    )
    account_id = models.PositiveBigIntegerField("Account ID", help_text="The number after /app/accounts/ in Chatwoot’s address bar.")
    inbox_id = models.PositiveBigIntegerField(
        "Inbox ID", default=0, help_text="The number after /settings/inboxes/ in the inbox’s settings in Chatwoot."
    )
    inbox_name = models.CharField(max_length=255, blank=True, help_text="What the desk called the inbox when it was last looked at.")
    access_token_sealed = models.TextField(editable=False, default="")
    webhook_secret_sealed = models.TextField(editable=False, default="")
    active = models.BooleanField(default=False)
    rehearsal = models.BooleanField(
        default=False, editable=False, help_text="The pretend desk of Preview. Admins do not see it as a handoff."
    )
    down_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until then the pretend desk of Preview plays a desk that is down."
    )
    seen_signed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a signed webhook came first; since then an unsigned one is refused."
    )
    trouble = models.TextField(blank=True, editable=False, help_text="Why the desk does not accept us now; empty when all is well.")
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Calls in a row that got no good answer.")
    rests_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="The desk is left alone until then.")
    polling_only_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="What we sent does not come back by webhook; the desk is asked instead."
    )
    probe_key = models.UUIDField(null=True, blank=True, editable=False, help_text="The key of the latest probe message.")
    probe_seen_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the latest probe message came back by webhook."
    )
    setting_up_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Somebody sets it up at the desk; nobody else may until then."
    )
    after_end = models.CharField(
        "what the visitor says after the end",
        max_length=10,
        choices=AfterEnd,
        default=AfterEnd.BOT,
        help_text="After an agent has resolved the conversation.",
    )
    after_end_minutes = models.PositiveIntegerField(
        "for how many minutes", default=60, help_text="Later than that, the scenario answers in any case."
    )
    labels = models.CharField(max_length=500, blank=True, help_text="Labels of the desk for these conversations, with commas between them.")
    team_id = models.PositiveBigIntegerField(
        "Team ID", null=True, blank=True, help_text="The team at the desk that gets these conversations."
    )
    priority = models.CharField(max_length=10, choices=Priority, blank=True)
    name_attribute = models.CharField("name", max_length=100, blank=True, default="user.name", help_text=ATTRIBUTE_HELP)
    email_attribute = models.CharField("e-mail", max_length=100, blank=True, default="user.email", help_text=ATTRIBUTE_HELP)
    phone_attribute = models.CharField("phone", max_length=100, blank=True, default="user.phone", help_text=ATTRIBUTE_HELP)
    contact_attributes = models.TextField(
        "attributes of the contact", blank=True, help_text="One a line, such as user.plan = plan: our attribute, then the desk’s key."
    )
    conversation_attributes = models.TextField("attributes of the conversation", blank=True, help_text="In the same way.")
    created_at = models.DateTimeField(auto_now_add=True)

    access_token = Sealed()
    webhook_secret = Sealed()

    objects = HandoffQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "domain", "account_id", "inbox_id"],
                condition=models.Q(active=True),
                name="one_active_handoff_an_inbox",
                violation_error_message="Another active handoff uses this inbox already; switch that one off first.",
            ),
            models.UniqueConstraint(
                fields=["scenario"], condition=models.Q(rehearsal=True, active=True), name="one_rehearsal_desk_a_scenario"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def connection(self) -> base.Connection:
        return base.Connection(
            domain=NOBODY_THERE if self.plays_down() else self.domain,
            account_id=self.account_id,
            inbox_id=self.inbox_id,
            access_token=self.access_token,
            webhook_secret=self.webhook_secret,
            allowed_networks=(*settings.HANDOFF_ALLOWED_NETWORKS, *(REHEARSAL_NETWORKS if self.rehearsal else ())),
        )

    def plays_down(self) -> bool:
        """Whether an admin wants to see what happens when the pretend desk cannot be reached."""
        return self.rehearsal and self.down_until is not None and timezone.now() < self.down_until

    def provider(self) -> base.Provider:
        return registry.connect(self.system, self.connection())

    def webhook_url(self) -> str:
        """The address to enter at the desk, in the form that needs no wildcard DNS."""
        return str(settings.PUBLIC_URL) + reverse("incoming", kwargs={"slug": self.scenario.workspace.slug, "system": self.system})

    def switch_on(self) -> None:
        """Raises ``ValidationError`` with why not: there is no token yet, or another active handoff uses this inbox."""
        if not self.access_token_sealed:
            raise ValidationError("It has no access token yet.")
        if not self.inbox_id:
            raise ValidationError("It has no inbox yet.")
        self.active = True
        self.validate_constraints()
        self.save(update_fields=["active"])

    def switch_off(self) -> None:
        self.active = False
        self.save(update_fields=["active"])

    # --- Setting it up: one at a time, and a probe that comes back ---

    def claim_setting_up(self) -> datetime | None:
        """Until when nobody else may set it up; None if somebody is at it."""
        now = timezone.now()
        free = Handoff.objects.filter(pk=self.pk).filter(models.Q(setting_up_until=None) | models.Q(setting_up_until__lt=now))
        until = now + LONGEST_SETTING_UP
        return until if free.update(setting_up_until=until) else None

    def finish_setting_up(self, until: datetime) -> None:
        Handoff.objects.filter(pk=self.pk, setting_up_until=until).update(setting_up_until=None)

    def begin_probe(self) -> uuid.UUID:
        key = uuid.uuid4()
        Handoff.objects.filter(pk=self.pk).update(probe_key=key, probe_seen_at=None)
        return key

    def note_probe(self, key: str) -> bool:
        """A message of ours came back; True if it is the probe. Only the desk knows its key."""
        return bool(Handoff.objects.filter(pk=self.pk, probe_key=key, probe_seen_at=None).update(probe_seen_at=timezone.now()))

    def has_seen_probe(self, key: uuid.UUID) -> bool:
        return Handoff.objects.filter(pk=self.pk, probe_key=key).exclude(probe_seen_at=None).exists()

    def note_signed(self) -> None:
        Handoff.objects.filter(pk=self.pk, seen_signed_at=None).update(seen_signed_at=timezone.now())

    # --- The canary: what we send comes back by webhook, or the webhooks are broken ---

    def webhooks_are_lost(self) -> bool:
        """Note it; True for whoever notes it first."""
        return bool(Handoff.objects.filter(pk=self.pk, polling_only_since=None).update(polling_only_since=timezone.now()))

    def webhooks_are_back(self) -> bool:
        if self.polling_only_since is None:
            return False
        return bool(Handoff.objects.filter(pk=self.pk).exclude(polling_only_since=None).update(polling_only_since=None))

    # --- The breaker: a desk that is down is asked by one message now and then, instead of by all of them ---

    def may_call(self) -> bool:
        """May this caller ask the desk now? While it rests nobody may; when the rest is over, one may try before the others."""
        now = timezone.now()
        if self.rests_until is None:
            return True
        if self.rests_until > now:
            return False
        return bool(Handoff.objects.filter(pk=self.pk, rests_until=self.rests_until).update(rests_until=now + PROBE_EVERY))

    def note_failure(self) -> None:
        """A call got no good answer. Five in a row, and the desk is left alone for a while."""
        Handoff.objects.filter(pk=self.pk).update(failures=models.F("failures") + 1)
        Handoff.objects.filter(pk=self.pk, failures__gte=FAILURES_TO_REST, rests_until=None).update(
            rests_until=timezone.now() + PROBE_EVERY
        )

    def rest(self, pause: timedelta, trouble: str = "") -> None:
        """The desk itself asked for a pause, or does not let us in (``trouble`` says why)."""
        more = {"trouble": trouble} if trouble else {}
        Handoff.objects.filter(pk=self.pk).update(rests_until=timezone.now() + pause, **more)

    def forget_trouble(self) -> None:
        Handoff.objects.filter(pk=self.pk).update(failures=0, rests_until=None, trouble="")

    def note_success(self) -> bool:
        """A call went well; True if the desk had been resting."""
        if not (self.failures or self.rests_until or self.trouble):
            return False
        self.forget_trouble()
        return self.rests_until is not None

    def note_sign_of_life(self) -> bool:
        """The desk called us: nobody need wait longer. One more failure, and it rests again. True if it had been resting."""
        resting = Handoff.objects.filter(pk=self.pk, trouble="").exclude(rests_until=None)
        return bool(resting.update(rests_until=None, failures=FAILURES_TO_REST - 1))
