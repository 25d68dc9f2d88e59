from __future__ import annotations

import re
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.urls import reverse

from handoffs import script
from handoffs.models.workspace import Workspace


def new_key() -> str:
    return secrets.token_hex(8)


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def active(self) -> ScenarioQuerySet:
        return self.filter(state=Scenario.State.ACTIVE)

    def in_workspace(self, workspace: Workspace | None) -> ScenarioQuerySet:
        """Of one workspace; of any when the request names none."""
        return self if workspace is None else self.filter(workspace=workspace)


class Scenario(models.Model):
    """One chat application: its messages, handoffs and interface settings."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="scenarios")
    name = models.CharField(max_length=200)
    key = models.CharField(
        max_length=64,
        unique=True,
        default=new_key,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+\Z", "Use letters, digits, hyphens and underscores.")],
        help_text="Names the scenario in its chat page's address and in the embed code. Visitors can see it.",
    )
    state = models.CharField(
        max_length=10,
        choices=State,
        default=State.DRAFT,
        help_text="Only an active scenario talks to visitors; a draft answers “not available”.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            super().save(*args, **kwargs)
            InterfaceSettings.objects.get_or_create(scenario=self, defaults={"title": self.name})

    def get_absolute_url(self) -> str:
        return reverse("chat", args=[self.key])

    def script(self) -> script.Script:
        templates = self.templates.prefetch_related("blocks")
        return script.Script(tuple(template.as_script() for template in templates))


# Strict, because it becomes part of a Content-Security-Policy: nothing but a scheme, a host and a port.
ORIGIN = re.compile(r"https?://([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[1-9][0-9]{0,4})?")


def valid_origins(value: str) -> None:
    """One origin a line, exactly as browsers send it: scheme and host, a port if it is not the default one, nothing else."""
    for line in filter(None, map(str.strip, value.splitlines())):
        if not ORIGIN.fullmatch(line):
            raise ValidationError(f"“{line}” is not an origin. Write it like https://www.example.com, one a line, without a path.")


class InterfaceSettings(models.Model):
    """How the widget of a scenario looks and behaves."""

    scenario = models.OneToOneField(Scenario, on_delete=models.CASCADE, primary_key=True, related_name="interface")
    title = models.CharField(max_length=200, help_text="Shown at the top of the chat.")
    bot_name = models.CharField(max_length=80, default="Assistant", help_text="Who is speaking when the scenario speaks.")
    use_websockets = models.BooleanField(
        "use of WebSockets",
        default=True,
        help_text="Messages arrive at once over a WebSocket. Off: the widget asks for them every few seconds.",
    )
    allowed_origins = models.TextField(
        "websites that may embed it",
        blank=True,
        validators=[valid_origins],
        help_text="One a line, such as https://www.example.com. The chat page itself always works as a link.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "interface settings"

    def __str__(self) -> str:
        return f"Interface of {self.scenario}"

    def origins(self) -> list[str]:
        return [line.strip() for line in self.allowed_origins.splitlines() if ORIGIN.fullmatch(line.strip())]


class MessageTemplate(models.Model):
    """What the Message Editor edits: when it is used and, in order, its blocks."""

    class When(models.TextChoices):
        WELCOME = script.When.WELCOME.value, "When the chat starts"
        PHRASES = script.When.PHRASES.value, "When the visitor says one of the phrases"
        NO_MATCH = script.When.NO_MATCH.value, "When nothing else matches"
        BUTTON = script.When.BUTTON.value, "Only when a button leads here"

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=200, help_text="For you and for buttons; visitors never see it.")
    when = models.CharField("used", max_length=10, choices=When, default=When.PHRASES)
    phrases = models.TextField(blank=True, help_text="One a line. Upper and lower case, accents and punctuation do not matter.")
    conditions = models.JSONField("only if", blank=True, default=list)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "message"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "name"],
                name="one_name_a_scenario",
                violation_error_message="This scenario has a message of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def as_script(self) -> script.Template:
        return script.Template(
            id=self.pk,
            name=self.name,
            when=script.When(self.when),
            phrases=tuple(line.strip() for line in self.phrases.splitlines() if line.strip()),
            blocks=tuple(block.as_script() for block in self.blocks.all()),
            conditions=tuple(script.Condition(c["attribute"], script.Operator(c["operator"]), c["value"]) for c in self.conditions),
        )


class Block(models.Model):
    """One tile of a message."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        BUTTONS = "buttons", "Buttons"
        HANDOVER = "handover", "Conversation Handover"
        END = "end", "End of chat"

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, related_name="blocks")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    position = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True, max_length=8000)
    buttons = models.JSONField(blank=True, default=list)
    handoff = models.ForeignKey("Handoff", on_delete=models.RESTRICT, null=True, blank=True, related_name="blocks")
    fallback_text = models.TextField(blank=True, max_length=8000, help_text="Said instead when nobody can be reached.")
    joined_text = models.TextField(
        blank=True, max_length=8000, help_text="Said when an agent takes the conversation. {agent} is their name."
    )
    return_text = models.TextField(blank=True, max_length=8000, help_text="Said when the human is done and the scenario speaks again.")
    endings = models.JSONField(
        blank=True, default=dict, help_text="For each way it can end: what is said instead, and which message the scenario goes on with."
    )

    class Meta:
        verbose_name = "tile"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.get_kind_display()

    def as_script(self) -> script.Block:
        match self.kind:
            case self.Kind.BUTTONS:
                return script.Buttons(self.text, tuple(script.Button(b["label"], b["leads_to"]) for b in self.buttons))
            case self.Kind.HANDOVER:
                return script.ConversationHandover(
                    self.handoff_id, self.text, self.fallback_text, self.joined_text, self.return_text, endings(self.endings)
                )
            case self.Kind.END:
                return script.End(self.text)
            case _:
                return script.Text(self.text)


def endings(stored: dict[str, Any]) -> dict[str, script.Ending]:
    """From ``{reason: {"text": str, "leads_to": template id or null}}``."""
    return {reason: script.Ending(ending.get("text", ""), ending.get("leads_to")) for reason, ending in stored.items()}
