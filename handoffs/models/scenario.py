from __future__ import annotations

import re
import secrets
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.urls import reverse
from django.utils.functional import cached_property

from handoffs import script, stored
from handoffs.models.workspace import Workspace
from handoffs.sealed import Sealed


def new_key() -> str:
    return secrets.token_hex(8)


class Editable(models.Model):
    """What several admins may edit at once: a form that was opened before somebody else saved is told so, instead of overwriting."""

    edition = models.PositiveIntegerField(default=0, editable=False, help_text="Counts how often it was saved by people.")

    class Meta:
        abstract = True


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def active(self) -> ScenarioQuerySet:
        return self.filter(state=Scenario.State.ACTIVE)

    def in_workspace(self, workspace: Workspace | None) -> ScenarioQuerySet:
        """Of one workspace; of any when the request names none."""
        return self if workspace is None else self.filter(workspace=workspace)


class Scenario(Editable):
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
    identity_secret_sealed = models.TextField(editable=False, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    # With it the customer's server signs who a visitor is (docs/embedding.md).
    identity_secret = Sealed()

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
        """Nothing in it is trusted to be well-formed, and no picture's bytes are read for it."""
        blocks = Block.objects.select_related("picture").defer("picture__content")
        templates = self.templates.prefetch_related(models.Prefetch("blocks", blocks))
        return script.Script(tuple(template.as_script() for template in templates))


# Strict, because it becomes part of a Content-Security-Policy: nothing but a scheme, a host and a port.
ORIGIN = re.compile(r"https?://([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[1-9][0-9]{0,4})?")


def valid_origins(value: str) -> None:
    """One origin a line, exactly as browsers send it: scheme and host, a port if it is not the default one, nothing else."""
    for line in filter(None, map(str.strip, value.splitlines())):
        if not ORIGIN.fullmatch(line):
            raise ValidationError(f"“{line}” is not an origin. Write it like https://www.example.com, one a line, without a path.")


class Picture(models.Model):
    """A picture of a scenario: a logo, an avatar, an image tile. Drawn anew when it came, so it is nothing but a picture."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="pictures")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    content = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def as_script(self, key: str) -> dict[str, Any]:
        """``key``: the scenario's, which is part of the picture's address."""
        return {"id": str(self.pk), "key": key, "width": self.width, "height": self.height}


COLOUR = RegexValidator(r"^#[0-9a-f]{6}\Z", "Write a colour like #1f6f54.")


class InterfaceSettings(Editable):
    """How the widget of a scenario looks and behaves."""

    class Scheme(models.TextChoices):
        AUTO = "auto", "As the visitor’s device is set"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Side(models.TextChoices):
        RIGHT = "right", "Right"
        LEFT = "left", "Left"

    class Size(models.TextChoices):
        COMPACT = "compact", "Compact"
        REGULAR = "regular", "Regular"
        LARGE = "large", "Large"

    class Start(models.TextChoices):
        MINIMISED = "minimised", "Minimised"
        OPEN = "open", "Open"

    class Language(models.TextChoices):
        AUTO = "auto", "The page’s, else the browser’s"
        ENGLISH = "en", "English"
        ARABIC = "ar", "العربية"
        GERMAN = "de", "Deutsch"
        FRENCH = "fr", "Français"
        SPANISH = "es", "Español"
        PORTUGUESE = "pt", "Português"
        DUTCH = "nl", "Nederlands"
        CHINESE = "zh", "中文"
        JAPANESE = "ja", "日本語"

    scenario = models.OneToOneField(Scenario, on_delete=models.CASCADE, primary_key=True, related_name="interface")
    title = models.CharField(max_length=200, help_text="Shown at the top of the chat.")
    bot_name = models.CharField(max_length=80, default="Assistant", help_text="Who is speaking when the scenario speaks.")
    logo = models.ForeignKey(Picture, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    bot_avatar = models.ForeignKey(Picture, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    accent = models.CharField(
        "colour", max_length=7, blank=True, validators=[COLOUR], help_text="Of the header, the launcher and the visitor’s messages."
    )
    on_accent = models.CharField(
        "text on the colour", max_length=7, blank=True, validators=[COLOUR], help_text="Empty: black or white, whichever reads better."
    )
    scheme = models.CharField("light or dark", max_length=5, choices=Scheme, default=Scheme.AUTO)
    launcher_text = models.CharField(max_length=40, blank=True, help_text="Beside the launcher’s picture; empty for the picture alone.")
    launcher_side = models.CharField(max_length=5, choices=Side, default=Side.RIGHT)
    size = models.CharField("size of the chat", max_length=7, choices=Size, default=Size.REGULAR)
    start_new = models.CharField("for new visitors", max_length=9, choices=Start, default=Start.MINIMISED)
    start_returning = models.CharField("for returning visitors", max_length=9, choices=Start, default=Start.MINIMISED)
    start_ongoing = models.CharField("while a chat is going on", max_length=9, choices=Start, default=Start.MINIMISED)
    show_history = models.BooleanField(
        "history on load",
        default=True,
        help_text="Off: whoever loads the chat anew begins a new conversation, unless they are with humans.",
    )
    use_websockets = models.BooleanField(
        "use of WebSockets",
        default=True,
        help_text="Messages arrive at once over a WebSocket. Off: the widget asks for them every few seconds.",
    )
    may_restart = models.BooleanField("restart", default=True, help_text="Visitors may begin the conversation anew.")
    may_end = models.BooleanField("end chat", default=True, help_text="Visitors may leave the humans and go back to the scenario.")
    may_download = models.BooleanField("download transcript", default=True, help_text="Visitors may save what was said as a text file.")
    language = models.CharField(max_length=5, choices=Language, default=Language.AUTO)
    consent_text = models.TextField(
        blank=True, max_length=2000, help_text="Visitors agree to this before their first message is sent. Empty: they are not asked."
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


class MessageTemplate(Editable):
    """What the Message Editor edits: when it is used and, in order, its blocks."""

    class When(models.TextChoices):
        WELCOME = script.When.WELCOME.value, "When the chat starts"
        PHRASES = script.When.PHRASES.value, "When the visitor says one of the phrases"
        NO_MATCH = script.When.NO_MATCH.value, "When nothing else matches"
        BUTTON = script.When.BUTTON.value, "Only when a button leads here"
        RETURNED = script.When.RETURNED.value, "When the humans are done"
        FAILED = script.When.FAILED.value, "When nobody can be reached"

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=200, help_text="For you and for buttons; visitors never see it.")
    when = models.CharField("used", max_length=10, choices=When, default=When.PHRASES)
    phrases = models.TextField(blank=True, help_text="One a line. Upper and lower case, accents and punctuation do not matter.")
    reasons = models.JSONField(
        "for these ends", blank=True, default=list, help_text="Which ways for the humans to be done; none chosen: all of them."
    )
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

    @cached_property
    def goals(self) -> dict[str, int]:
        """The messages its tiles may lead to: those of its scenario, by name."""
        return dict(MessageTemplate.objects.filter(scenario_id=self.scenario_id).values_list("name", "pk"))

    def as_script(self) -> script.Template:
        known = self.when in self.When.values
        unknown = "" if known else f"“{self.name}” is used in a way nobody knows: “{self.when}”."
        blocks = list(self.blocks.all())
        return script.Template(
            id=self.pk,
            name=self.name,
            when=script.When(self.when) if known else script.When.BUTTON,
            phrases=tuple(line.strip() for line in self.phrases.splitlines() if line.strip()),
            blocks=tuple(block.as_script(self.scenario.key) for block in blocks),
            conditions=stored.conditions(self.conditions),
            reasons=stored.reasons(self.reasons),
            faults=tuple(filter(None, [unknown, *(block.fault() for block in blocks)])),
        )


class Block(models.Model):
    """One tile of a message."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        IMAGE = "image", "Image"
        BUTTONS = "buttons", "Buttons"
        FORM = "form", "Form"
        HANDOVER = "handover", "Conversation Handover"
        END = "end", "End of chat"

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, related_name="blocks")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    position = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True, max_length=8000)
    buttons = models.JSONField(
        blank=True,
        default=list,
        help_text="Each {label, leads_to: template id | href: link | attribute and value: kept in the context, leads_to: id or null}.",
    )
    picture = models.ForeignKey(Picture, on_delete=models.SET_NULL, null=True, blank=True, related_name="blocks")
    alt_text = models.CharField(max_length=300, blank=True, help_text="What the image shows, for those who cannot see it.")
    fields = models.JSONField(
        blank=True,
        default=list,
        help_text="Of a form: each {attribute, label, type: text | email | phone | number | long | select, required, options: [label]}.",
    )
    leads_to = models.ForeignKey(
        MessageTemplate,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="After a form: which message the scenario goes on with.",
    )
    handoff = models.ForeignKey("Handoff", on_delete=models.RESTRICT, null=True, blank=True, related_name="blocks")
    waiting_text = models.TextField(blank=True, max_length=8000, help_text="Said when the visitor has told what it is about, and waits.")
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

    def as_script(self, key: str) -> script.Block:
        """``key``: the scenario's."""
        match self.kind:
            case self.Kind.IMAGE:
                return script.Image(self.picture.as_script(key) if self.picture else None, self.alt_text, self.text)
            case self.Kind.BUTTONS:
                return script.Buttons(self.text, stored.buttons(self.buttons))
            case self.Kind.FORM:
                return script.Form(self.pk, self.text, stored.form_fields(self.fields), self.leads_to_id)
            case self.Kind.HANDOVER:
                return self.as_handover()
            case self.Kind.END:
                return script.End(self.text)
            case _:
                return script.Text(self.text)

    def as_handover(self) -> script.ConversationHandover:
        return script.ConversationHandover(
            self.handoff_id,
            self.text,
            self.fallback_text,
            self.joined_text,
            self.return_text,
            stored.endings(self.endings),
            self.waiting_text,
        )

    def fault(self) -> str:
        """What of it cannot be read, in words."""
        if self.kind not in self.Kind.values:
            return f"A tile of “{self.template.name}” is of a kind nobody knows: “{self.kind}”."
        for kind, what, given, read in (
            (self.Kind.BUTTONS, "button", self.buttons, stored.buttons),
            (self.Kind.FORM, "field", self.fields, stored.form_fields),
        ):
            if self.kind == kind and given and (not isinstance(given, list) or len(read(given)) != len(given)):
                return f"A {what} of “{self.template.name}” cannot be read and is left out."
        return ""
