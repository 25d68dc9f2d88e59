"""What an admin may enter. Every rule has its error beside the field it is about."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from handoffs.fields import ARROW, ButtonsField, SecretField
from handoffs.models import Block, Handoff, MessageTemplate, Scenario
from handoffs.providers import registry
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


class HandoffForm(HandoffModelForm):
    access_token = SecretField(label="Access Token")
    webhook_secret = SecretField(label="Webhook secret")
    forget_webhook_secret = forms.BooleanField(label="Forget the stored webhook secret", required=False)

    class Meta:
        model = Handoff
        fields = ["scenario", "name", "system", "domain", "account_id", "inbox_id", "active"]
        widgets = {"active": forms.CheckboxInput(attrs={"role": "switch"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"access_token", "webhook_secret"} & self.fields.keys():
            self.fields[name].help_text = f"{stored_note(self.instance, name)} {self.fields[name].help_text}".strip()

    def clean_domain(self) -> str:
        return self._normalised(self.cleaned_data["domain"])

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

    class Meta:
        model = MessageTemplate
        fields = ["name", "when", "phrases", "position"]
        widgets = {"when": forms.Select(attrs=shows({MessageTemplate.When.PHRASES: ["phrases"]}))}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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


FIELDS_OF: dict[str, list[str]] = {
    Block.Kind.TEXT: ["text"],
    Block.Kind.BUTTONS: ["text", "buttons"],
    Block.Kind.HANDOVER: ["text", "handoff", "fallback_text", "return_text"],
    Block.Kind.END: ["text"],
}
NOTHING: dict[str, Any] = {"text": "", "buttons": [], "handoff": None, "fallback_text": "", "return_text": ""}
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


class BlockForm(BlockModelForm):
    position = forms.IntegerField(required=False, min_value=0, max_value=10_000, help_text="Empty: last.")
    buttons = ButtonsField(required=False, help_text=f"One a line: Label {ARROW} Message name.")
    handoff = forms.ModelChoiceField(Handoff.objects.none(), required=False)

    class Meta:
        model = Block
        fields = ["kind", "position", "text", "buttons", "handoff", "fallback_text", "return_text"]
        widgets = {
            "kind": forms.Select(attrs=shows(FIELDS_OF)),
            **{name: forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}) for name in ("text", "fallback_text", "return_text")},
        }

    def __init__(self, *args: Any, own: Own, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer(own)

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
        return self.cleaned_data

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
