"""What an admin may enter. Every rule has its error beside the field it is about."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from handoffs.attributes import WHOLE_PATH, mapping
from handoffs.fields import ARROW, ButtonsField, ConditionsField, SecretField, each_line
from handoffs.models import Block, Handoff, MessageTemplate, Scenario, Transfer
from handoffs.providers import registry
from handoffs.script import Ending
from handoffs.sealed import CannotUnseal

if TYPE_CHECKING:
    HandoffModelForm = forms.ModelForm[Handoff]
    TemplateModelForm = forms.ModelForm[MessageTemplate]
    BlockModelForm = forms.ModelForm[Block]
    BlockInlineFormSet = forms.BaseInlineFormSet[Block, MessageTemplate, "BlockForm"]
else:
    HandoffModelForm = TemplateModelForm = BlockModelForm = forms.ModelForm
    BlockInlineFormSet = forms.BaseInlineFormSet


def shows(fields_by_choice: dict[str, list[str]]) -> dict[str, str]:
    """Attributes of a select with which ``admin.js`` shows only the fields that belong to its choice."""
    return {"data-shows": json.dumps(fields_by_choice)}


# --- Handoff ------------------------------------------------------------------------------------------------------------------------------


def stored_note(handoff: Handoff, name: str) -> str:
    """What may be said about a stored secret: that it is there, and a fingerprint to compare it by."""
    what = "token" if name == "access_token" else "secret"
    if not getattr(handoff, f"{name}_sealed"):
        return f"No {what} is stored yet."
    try:
        fingerprint = hashlib.sha256(getattr(handoff, name).encode()).hexdigest()[:8]
    except CannotUnseal as error:
        return f"A {what} is stored but cannot be used: {error} Restore the key, or type the {what} again."
    return f"A {what} is stored (fingerprint {fingerprint}). Leave this empty to keep it."


def an_attribute(path: str) -> None:
    if not WHOLE_PATH.fullmatch(path):
        raise ValidationError(f"“{path}” is not an attribute. Write it like: user.email.")


def lines_that_map(text: str) -> None:
    """Lines such as “user.plan = plan”, each key of the desk once."""
    keys = [key for _, key in each_line(text, mapping)]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValidationError([f"“{key}” is there twice: the desk keeps one value of it." for key in twice])


PATHS = ["name_attribute", "email_attribute", "phone_attribute"]
MAPPINGS = ["contact_attributes", "conversation_attributes"]
CHECKS = {**dict.fromkeys(PATHS, an_attribute), **dict.fromkeys(MAPPINGS, lines_that_map)}
LABEL = re.compile(r"[\w-]{1,100}")
MONTH = 30 * 24 * 60
AFTER_END: dict[str, list[str]] = {choice: ["after_end_minutes"] for choice in (Handoff.AfterEnd.REOPEN, Handoff.AfterEnd.NEW)}


class HandoffForm(HandoffModelForm):
    access_token = SecretField(label="Access Token")
    webhook_secret = SecretField(label="Webhook secret")
    forget_webhook_secret = forms.BooleanField(label="Forget the stored webhook secret", required=False)
    after_end_minutes = forms.IntegerField(
        label="For how many minutes",
        min_value=1,
        max_value=MONTH,
        required=False,
        initial=60,
        help_text="Later than that, the scenario answers in any case.",
    )

    class Meta:
        model = Handoff
        fields = [
            "scenario",
            "name",
            "system",
            "domain",
            "account_id",
            "inbox_id",
            "active",
            "after_end",
            "after_end_minutes",
            "labels",
            "team_id",
            "priority",
            *PATHS,
            *MAPPINGS,
        ]
        widgets = {
            "active": forms.CheckboxInput(attrs={"role": "switch"}),
            "after_end": forms.Select(attrs=shows(AFTER_END)),
            **{name: forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField code"}) for name in MAPPINGS},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"access_token", "webhook_secret"} & self.fields.keys():
            self.fields[name].help_text = f"{stored_note(self.instance, name)} {self.fields[name].help_text}".strip()
        for name in CHECKS.keys() & self.fields.keys():
            self.fields[name].validators.append(CHECKS[name])

    def clean_domain(self) -> str:
        return self._normalised(self.cleaned_data["domain"])

    def clean_labels(self) -> str:
        """As the desk writes them: lower case."""
        labels = [label.strip().lower() for label in self.cleaned_data["labels"].split(",") if label.strip()]
        if wrong := [label for label in labels if not LABEL.fullmatch(label)]:
            raise ValidationError([f"“{label}” cannot be a label. Use letters, digits, hyphens and underscores." for label in wrong])
        return ", ".join(dict.fromkeys(labels))

    def clean_after_end_minutes(self) -> int:
        minutes = self.cleaned_data["after_end_minutes"]
        if minutes is None and self.cleaned_data.get("after_end") in AFTER_END:
            raise ValidationError("For how many minutes after the end?")
        return minutes or self.instance.after_end_minutes

    def _normalised(self, domain: str) -> str:
        system = self.cleaned_data.get("system")
        try:
            return registry.provider_class(system).normalise_domain(domain) if system else domain
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def _refuse_another_desk(self) -> None:
        """Threads are known by the numbers of one account and inbox; at another one the same numbers are somebody else's."""
        where = {"system", "domain", "account_id", "inbox_id"} & set(self.changed_data)
        if self.instance.pk and where and self.instance.transfers.exclude(thread_id="").exists():
            said = "Conversations of this handoff live there. Make a new handoff for another place, and switch this one off."
            for name in where:
                self.add_error(name, said)

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._refuse_another_desk()
        typed = self.cleaned_data.get("access_token")
        stored = self.instance.access_token_sealed
        if stored and not typed and self._goes_elsewhere():
            self.add_error("access_token", "The domain was changed, so type the token again: the stored one must not reach another host.")
        elif self.cleaned_data.get("active") and not typed and not stored:
            self.add_error("access_token", "A handoff can be active only with an access token.")
        return self.cleaned_data

    def _goes_elsewhere(self) -> bool:
        """Whether what we store would now be sent to another address than the one it was entered for."""
        try:
            before = self._normalised(self.initial["domain"])
        except ValidationError:
            before = ""
        return (self.cleaned_data.get("system"), self.cleaned_data.get("domain")) != (self.initial["system"], before)

    def save(self, commit: bool = True) -> Handoff:
        if token := self.cleaned_data.get("access_token"):
            self.instance.access_token = token
        if secret := self.cleaned_data.get("webhook_secret"):
            self.instance.webhook_secret = secret
        elif self.cleaned_data.get("forget_webhook_secret"):
            # Otherwise every later call would be refused: what was signed once must be signed for ever.
            self.instance.webhook_secret, self.instance.seen_signed_at = "", None
        return super().save(commit)

    def columns(self) -> list[str]:
        """The columns this form writes. The others belong to workers, who may have written them since the row was read."""
        mine = [name for name in HandoffForm.Meta.fields if name in self.fields]
        if self.cleaned_data.get("access_token"):
            mine.append("access_token_sealed")
        if self.cleaned_data.get("webhook_secret"):
            mine.append("webhook_secret_sealed")
        elif self.cleaned_data.get("forget_webhook_secret"):
            mine += ["webhook_secret_sealed", "seen_signed_at"]
        return mine


# --- Message ------------------------------------------------------------------------------------------------------------------------------


class MessageTemplateForm(TemplateModelForm):
    # The scenario of a message that is being added; whoever makes the form class sets it.
    scenario: Scenario | None = None

    conditions = ConditionsField(
        label="Only if",
        required=False,
        help_text="Conditions, one a line, such as user.visits > 1, handover.reason = resolved, user.email is set. All must hold.",
    )

    class Meta:
        model = MessageTemplate
        fields = ["name", "when", "phrases", "conditions", "position"]
        widgets = {"when": forms.Select(attrs=shows({MessageTemplate.When.PHRASES: ["phrases"]}))}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if conditions := self.fields.get("conditions"):
            conditions.widget.attrs |= {"rows": 3, "class": "vLargeTextField code"}
        if self.scenario is not None:
            self.instance.scenario = self.scenario

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if ARROW in name:
            raise ValidationError(f"A name cannot contain “{ARROW}”: buttons are written as Label {ARROW} Name.")
        namesakes = MessageTemplate.objects.filter(scenario_id=self.instance.scenario_id, name=name).exclude(pk=self.instance.pk)
        if namesakes.exists():
            raise ValidationError("This scenario has a message of this name already.")
        return name

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("when") == MessageTemplate.When.PHRASES and not self.cleaned_data.get("phrases", "").strip():
            self.add_error("phrases", "Enter at least one phrase, or choose another use.")
        return self.cleaned_data


# The fields of each way a handover can end: what is said, and where the scenario goes on.
ENDINGS = {reason.value: (f"{reason}_text", f"{reason}_leads_to") for reason in Transfer.Reason}
ENDING_FIELDS = [name for names in ENDINGS.values() for name in names]
LONG_TEXTS = ["text", "fallback_text", "joined_text", "return_text"]
FIELDS_OF: dict[str, list[str]] = {
    Block.Kind.TEXT: ["text"],
    Block.Kind.BUTTONS: ["text", "buttons"],
    Block.Kind.HANDOVER: ["text", "handoff", "fallback_text", "joined_text", "return_text", *ENDING_FIELDS],
    Block.Kind.END: ["text"],
}
NOTHING: dict[str, Any] = {"buttons": [], "handoff": None, **dict.fromkeys([*LONG_TEXTS, *ENDING_FIELDS], "")}
NEEDED: dict[str, tuple[str, str]] = {
    Block.Kind.TEXT: ("text", "A text tile needs a text."),
    Block.Kind.BUTTONS: ("buttons", f"A buttons tile needs at least one button. Write it like: Talk to a human {ARROW} Handover."),
    Block.Kind.HANDOVER: ("handoff", "A Conversation Handover tile needs a handoff of this scenario."),
}


@dataclass(frozen=True)
class Own:
    """What the tiles of a scenario may refer to: its own handoffs, and its own messages (name → id)."""

    handoffs: list[Handoff]
    templates: dict[str, int]


def long_text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField"})


def ending_text(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=8000, widget=long_text(2))


def goes_on_with() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label="Then go on with", required=False, coerce=int, empty_value=None)


class BlockForm(BlockModelForm):
    position = forms.IntegerField(required=False, min_value=0, max_value=10_000, help_text="Empty: last.")
    buttons = ButtonsField(required=False, help_text=f"One a line: Label {ARROW} Message name.")
    handoff = forms.ModelChoiceField(Handoff.objects.none(), required=False)
    resolved_text = ending_text("The agent resolved it")
    resolved_leads_to = goes_on_with()
    given_back_text = ending_text("The agent gave it back to the bot")
    given_back_leads_to = goes_on_with()
    visitor_ended_text = ending_text("The visitor ended it")
    visitor_ended_leads_to = goes_on_with()
    desk_refused_text = ending_text("The desk did not take it")
    desk_refused_leads_to = goes_on_with()
    desk_lost_text = ending_text("The desk deleted it")
    desk_lost_leads_to = goes_on_with()

    class Meta:
        model = Block
        fields = ["kind", "position", "text", "buttons", "handoff", "fallback_text", "joined_text", "return_text"]
        widgets = {"kind": forms.Select(attrs=shows(FIELDS_OF)), **{name: long_text(3) for name in LONG_TEXTS}}

    def __init__(self, *args: Any, own: Own, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer(own)
        self._show_endings(own)

    def _show_endings(self, own: Own) -> None:
        for reason, (text, leads_to) in ENDINGS.items():
            ending = self.instance.endings.get(reason, {})
            self.initial.update({text: ending.get("text", ""), leads_to: ending.get("leads_to")})
            if isinstance(goal := self.fields.get(leads_to), forms.ChoiceField):
                goal.choices = [("", "nothing"), *((pk, name) for name, pk in own.templates.items())]

    def _offer(self, own: Own) -> None:
        buttons, handoff = self.fields.get("buttons"), self.fields.get("handoff")
        if isinstance(buttons, ButtonsField):
            buttons.templates = own.templates
            buttons.widget.attrs |= {"rows": 3, "class": "vLargeTextField"}
        if isinstance(handoff, forms.ModelChoiceField):
            handoff.queryset = Handoff.objects.filter(pk__in=[each.pk for each in own.handoffs])
            # Listed once for all tiles instead of asked for by each of them.
            handoff.choices = [("", "---------"), *((each.pk, str(each)) for each in own.handoffs)]

    def clean(self) -> dict[str, Any]:
        super().clean()
        kind = self.cleaned_data.get("kind")
        if kind is None:
            return self.cleaned_data
        self._drop_what_is_not_shown(FIELDS_OF[kind])
        name, complaint = NEEDED.get(kind, ("", ""))
        if name and name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, complaint)
        self.instance.endings = self._endings()
        return self.cleaned_data

    def _endings(self) -> dict[str, dict[str, Any]]:
        """As a tile stores them; only those that say or lead to something."""
        typed = {reason: [self.cleaned_data.get(name) or None for name in names] for reason, names in ENDINGS.items()}
        return {reason: Ending(text or "", leads_to).as_json() for reason, (text, leads_to) in typed.items() if text or leads_to}

    def _drop_what_is_not_shown(self, shown: list[str]) -> None:
        """A tile that became another kind keeps nothing of its old one: a hidden handoff could never be deleted."""
        for name in NOTHING.keys() - set(shown):
            self.errors.pop(name, None)
            self.cleaned_data[name] = NOTHING[name]


class BlockFormSet(BlockInlineFormSet):
    """The tiles of one message."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "own": self.own}

    @cached_property
    def own(self) -> Own:
        scenario_id = self.instance.scenario_id
        return Own(
            list(Handoff.objects.filter(scenario_id=scenario_id)),
            dict(MessageTemplate.objects.filter(scenario_id=scenario_id).values_list("name", "pk")),
        )

    def clean(self) -> None:
        super().clean()
        if not any(self.errors):
            self._put_unplaced_last()

    def _put_unplaced_last(self) -> None:
        kept = [form for form in self.forms if form not in self.deleted_forms and (form.has_changed() or form.instance.pk)]
        last = max((form.instance.position for form in kept if form.cleaned_data.get("position") is not None), default=0)
        for form in kept:
            if form.cleaned_data.get("position") is None:
                last += 1
                form.instance.position = last
