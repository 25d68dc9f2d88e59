"""A message of a scenario, and its tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html

from handoffs.fields import ARROW, ButtonsField, ConditionsField, FormFieldsField
from handoffs.forms.picture import PictureField, keep
from handoffs.forms.shared import EditableForm, shows
from handoffs.models import Block, Handoff, MessageTemplate, Picture, Scenario, Transfer
from handoffs.script import Ending
from handoffs.stored import endings

if TYPE_CHECKING:
    BlockModelForm = forms.ModelForm[Block]
    BlockInlineFormSet = forms.BaseInlineFormSet[Block, MessageTemplate, "BlockForm"]
else:
    BlockModelForm = forms.ModelForm
    BlockInlineFormSet = forms.BaseInlineFormSet


MOST_PHRASES, LONGEST_PHRASE = 1000, 2000
WHEN_SHOWS: dict[str, list[str]] = {MessageTemplate.When.PHRASES: ["phrases"], MessageTemplate.When.RETURNED: ["reasons"]}


class MessageTemplateForm(EditableForm):
    # The scenario of a message that is being added; whoever makes the form class sets it.
    scenario: Scenario | None = None

    conditions = ConditionsField(
        label="Only if",
        required=False,
        help_text="Conditions, one a line, such as user.visits > 1, handover.reason = resolved, user.email is set. All must hold.",
    )

    reasons = forms.MultipleChoiceField(
        label="For these ends",
        choices=Transfer.Reason.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: however it ended.",
    )

    class Meta:
        model = MessageTemplate
        fields = ["name", "when", "phrases", "reasons", "conditions"]
        widgets = {"when": forms.Select(attrs=shows(WHEN_SHOWS))}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if conditions := self.fields.get("conditions"):
            conditions.widget.attrs |= {"rows": 3, "class": "vLargeTextField code"}
        if self.scenario is not None:
            self.instance.scenario = self.scenario
            self.instance.position = place_behind_the_last(self.scenario)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if ARROW in name:
            raise ValidationError(f"A name cannot contain “{ARROW}”: buttons are written as Label {ARROW} Name.")
        namesakes = MessageTemplate.objects.filter(scenario_id=self.instance.scenario_id, name=name).exclude(pk=self.instance.pk)
        if namesakes.exists():
            raise ValidationError("This scenario has a message of this name already.")
        return name

    def clean_phrases(self) -> str:
        """Within what a scenario can be exported and copied with."""
        phrases: str = self.cleaned_data["phrases"]
        lines = [line.strip() for line in phrases.splitlines() if line.strip()]
        if len(lines) > MOST_PHRASES:
            raise ValidationError(f"A message has room for {MOST_PHRASES} phrases; these are {len(lines)}.")
        if long := next((line for line in lines if len(line) > LONGEST_PHRASE), ""):
            raise ValidationError(f"The phrase “{long[:20]}…” is {len(long)} characters long; {LONGEST_PHRASE} fit.")
        return phrases

    def clean(self) -> dict[str, Any]:
        super().clean()
        when = self.cleaned_data.get("when")
        if when == MessageTemplate.When.PHRASES and not self.cleaned_data.get("phrases", "").strip():
            self.add_error("phrases", "Enter at least one phrase, or choose another use.")
        if when != MessageTemplate.When.RETURNED:
            self.cleaned_data["reasons"] = []
        return self.cleaned_data


def place_behind_the_last(scenario: Scenario) -> int:
    last = scenario.templates.order_by("position").last()
    return last.position + 1 if last else 0


# The fields of each way a handover can end: what is said, and where the scenario goes on.
ENDINGS = {reason.value: (f"{reason}_text", f"{reason}_leads_to") for reason in Transfer.Reason}
ENDING_FIELDS = [name for names in ENDINGS.values() for name in names]
LONG_TEXTS = ["text", "waiting_text", "fallback_text", "joined_text", "return_text"]
FIELDS_OF: dict[str, list[str]] = {
    Block.Kind.TEXT: ["text"],
    # What was stored below an image stays there.
    Block.Kind.IMAGE: ["picture", "picture_upload", "alt_text", "text"],
    Block.Kind.BUTTONS: ["text", "buttons"],
    Block.Kind.FORM: ["text", "fields", "leads_to"],
    Block.Kind.HANDOVER: ["handoff", *LONG_TEXTS, *ENDING_FIELDS],
    Block.Kind.END: ["text"],
}
NOTHING: dict[str, Any] = {
    **dict.fromkeys(["handoff", "picture", "picture_upload", "leads_to"]),
    **dict.fromkeys(["alt_text", *LONG_TEXTS, *ENDING_FIELDS], ""),
    "buttons": [],
    "fields": [],
}
NEEDED: dict[str, list[tuple[str, str]]] = {
    Block.Kind.TEXT: [("text", "A text tile needs a text.")],
    Block.Kind.IMAGE: [("alt_text", "Say what the image shows, for those who cannot see it.")],
    Block.Kind.BUTTONS: [("buttons", "A buttons tile needs at least one button.")],
    Block.Kind.FORM: [("fields", "A form tile needs at least one field.")],
    Block.Kind.HANDOVER: [("handoff", "A Conversation Handover tile needs a handoff of this scenario.")],
}


@dataclass(frozen=True)
class Own:
    """What the tiles of a scenario may refer to: its own handoffs, messages (name → id) and pictures (id → name)."""

    scenario_id: int
    handoffs: list[Handoff]
    templates: dict[str, int]
    pictures: dict[Any, str]


def long_text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField"})


def ending_text(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=8000, widget=long_text(2))


def goes_on_with() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label="Then go on with", required=False, coerce=int, empty_value=None)


class BlockForm(BlockModelForm):
    position = forms.IntegerField(required=False, min_value=0, max_value=10_000, help_text="Empty: last.")
    buttons = ButtonsField(
        required=False,
        help_text=f"One a line: Label {ARROW} Message name, Label {ARROW} https://…, or Label = user.plan: gold {ARROW} Message name.",
    )
    picture = forms.ModelChoiceField(Picture.objects.none(), required=False)
    picture_upload = PictureField(label="Another picture", help_text="PNG, JPEG, GIF or WebP, at most 2 MB.")
    fields = FormFieldsField(  # type: ignore[assignment]  # a form field of this name; Django's own dict is the instance's
        required=False, help_text="One a line: user.email* : email : Your e-mail. With a star it must be filled in."
    )
    leads_to = forms.ModelChoiceField(MessageTemplate.objects.none(), required=False, label="Then go on with")
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
        fields = ["kind", "position", "text", "buttons", "picture", "alt_text", "fields", "leads_to", "handoff", *LONG_TEXTS[1:]]
        labels = {
            "alt_text": "What it shows",
            "waiting_text": "While the visitor waits",
            "joined_text": "When an agent joins",
            "return_text": "When it ends, or is given back",
            "fallback_text": "When nobody can be reached",
        }
        widgets = {"kind": forms.Select(attrs=shows(FIELDS_OF)), **{name: long_text(3) for name in LONG_TEXTS}}

    def __init__(self, *args: Any, own: Own, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = own
        self._offer()
        self._show_endings()

    def _show_endings(self) -> None:
        stored = endings(self.instance.endings)
        for reason, (text, leads_to) in ENDINGS.items():
            ending = stored.get(reason, Ending())
            self.initial.update({text: ending.text, leads_to: ending.leads_to})
            if isinstance(goal := self._field(leads_to), forms.ChoiceField):
                goal.choices = [("", "nothing"), *((pk, name) for name, pk in self.own.templates.items())]

    def _field(self, name: str) -> forms.Field | None:
        return cast("dict[str, forms.Field]", self.fields).get(name)

    def _offer(self) -> None:
        """Listed once for all tiles instead of asked for by each of them."""
        own = self.own
        for name in ("buttons", "fields"):
            if lines := self._field(name):
                lines.widget.attrs |= {"rows": 3, "class": "vLargeTextField code"}
        if isinstance(buttons := self._field("buttons"), ButtonsField):
            buttons.templates = own.templates
        if isinstance(upload := self._field("picture_upload"), PictureField):
            upload.scenario_id = own.scenario_id
        self._choices("handoff", Handoff, {each.pk: str(each) for each in own.handoffs}, "---------")
        if (field := self._field("handoff")) and not own.handoffs:
            address = f"{reverse('admin:handoffs_handoff_add')}?scenario={own.scenario_id}"
            field.help_text = format_html(
                'There is none yet. Save the message without, <a href="{}" target="_blank">Create New Handoff</a>, and choose it here.',
                address,
            )
        self._choices("leads_to", MessageTemplate, {pk: name for name, pk in own.templates.items()}, "nothing")
        self._choices("picture", Picture, own.pictures, "---------")

    def _choices(self, name: str, model: Any, rows: dict[Any, str], none: str) -> None:
        if isinstance(field := self._field(name), forms.ModelChoiceField):
            field.queryset = model.objects.filter(pk__in=rows)
            field.choices = [("", none), *rows.items()]

    def clean(self) -> dict[str, Any]:
        super().clean()
        kind = self.cleaned_data.get("kind")
        if kind is None:
            return self.cleaned_data
        self._drop_what_is_not_shown(FIELDS_OF[kind])
        for name, complaint in NEEDED.get(kind, []):
            if name == "handoff" and not self.own.handoffs:
                # There is none to choose: what is missing is on the scenario's checklist.
                continue
            if name not in self.errors and not self.cleaned_data.get(name):
                self.add_error(name, complaint)
        if kind == Block.Kind.IMAGE:
            self._need_a_picture()
        self.instance.endings = self._endings()
        return self.cleaned_data

    def _need_a_picture(self) -> None:
        if not {"picture", "picture_upload"} & self.errors.keys() and not self._picture():
            self.add_error("picture_upload", "An image tile needs a picture. Choose one, or upload one.")

    def _picture(self) -> Any:
        return self.cleaned_data.get("picture_upload") or self.cleaned_data.get("picture")

    def save(self, commit: bool = True) -> Block:
        if uploaded := self.cleaned_data.get("picture_upload"):
            self.instance.picture = keep(Scenario.objects.get(pk=self.own.scenario_id), uploaded)
        return super().save(commit)

    def _endings(self) -> dict[str, dict[str, Any]]:
        """As a tile stores them; only those that say or lead to something."""
        typed = {reason: [self.cleaned_data.get(name) or None for name in names] for reason, names in ENDINGS.items()}
        return {reason: Ending(text or "", leads_to).as_json() for reason, (text, leads_to) in typed.items() if text or leads_to}

    def _drop_what_is_not_shown(self, shown: list[str]) -> None:
        """A tile that became another kind keeps nothing of its old one: a hidden handoff could never be deleted."""
        for name in NOTHING.keys() - set(shown):
            self.errors.pop(name, None)
            self.cleaned_data[name] = NOTHING[name]


MOST_TILES = 200


class BlockFormSet(BlockInlineFormSet):
    """The tiles of one message."""

    default_error_messages = {
        **BlockInlineFormSet.default_error_messages,
        "too_many_forms": "A message has room for %(num)d tiles. Let a second message go on with the rest.",
    }

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "own": self.own}

    @cached_property
    def own(self) -> Own:
        scenario_id = self.instance.scenario_id
        return Own(
            scenario_id,
            list(Handoff.objects.real().filter(scenario_id=scenario_id)),
            self.instance.goals,
            dict(Picture.objects.filter(scenario_id=scenario_id).values_list("pk", "name")),
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
