"""Interface settings: how the widget looks and behaves."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from handoffs.forms.picture import PictureField, keep
from handoffs.forms.shared import EditableForm
from handoffs.models import InterfaceSettings

SHORT_COLOUR = re.compile(r"#?([0-9a-f])([0-9a-f])([0-9a-f])")
BARE_COLOUR = re.compile(r"[0-9a-f]{6}")
# Which field takes a new picture for which column.
PICTURES = {"logo": "new_logo", "bot_avatar": "new_bot_avatar"}
PICTURE_HELP = "PNG, JPEG, GIF or WebP, up to 2 MB; a square looks best. Keep what is there: leave this empty."


class ColourField(forms.CharField):
    """``#1f6f54``, however it is typed: in capitals, without the sign, or short. The model says what is no colour."""

    def __init__(self, example: str, **more: Any) -> None:
        attrs = {"class": "colour", "placeholder": example, "spellcheck": "false", "autocomplete": "off"}
        super().__init__(required=False, max_length=7, widget=forms.TextInput(attrs=attrs), **more)

    def to_python(self, value: Any) -> str:
        typed = str(super().to_python(value)).lower()
        if short := SHORT_COLOUR.fullmatch(typed):
            return "#" + "".join(part * 2 for part in short.groups())
        return f"#{typed}" if BARE_COLOUR.fullmatch(typed) else typed


def help_of(name: str) -> str:
    return str(InterfaceSettings._meta.get_field(name).help_text)  # type: ignore[union-attr]


class InterfaceForm(EditableForm):
    accent = ColourField("#2757e8", label="Colour", help_text=f"{help_of('accent')} Empty: Handoff’s own blue.")
    on_accent = ColourField("#ffffff", label="Text on the colour", help_text=help_of("on_accent"))
    new_logo = PictureField(label="Logo", help_text=f"At the top of the chat. {PICTURE_HELP}")
    new_bot_avatar = PictureField(label="Picture of the assistant", help_text=f"Beside what it says. {PICTURE_HELP}")
    no_logo = forms.BooleanField(label="Show no logo", required=False)
    no_bot_avatar = forms.BooleanField(label="Show no picture", required=False)

    class Meta:
        model = InterfaceSettings
        fields = [
            "title",
            "bot_name",
            "accent",
            "on_accent",
            "scheme",
            "launcher_text",
            "launcher_side",
            "size",
            "start_new",
            "start_returning",
            "start_ongoing",
            "show_history",
            "use_websockets",
            "may_restart",
            "may_end",
            "may_download",
            "language",
            "consent_text",
            "allowed_origins",
        ]
        widgets = {
            **{name: forms.CheckboxInput(attrs={"role": "switch"}) for name in ("show_history", "use_websockets")},
            **{name: forms.CheckboxInput(attrs={"role": "switch"}) for name in ("may_restart", "may_end", "may_download")},
            "consent_text": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "allowed_origins": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField code", "placeholder": "https://www.example.com"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PICTURES.values():
            if isinstance(field := self.fields.get(name), PictureField):
                field.scenario_id = self.instance.scenario_id

    def save(self, commit: bool = True) -> InterfaceSettings:
        for column, field in PICTURES.items():
            if picture := self.cleaned_data.get(field):
                setattr(self.instance, column, keep(self.instance.scenario, picture))
            elif self.cleaned_data.get(f"no_{column}"):
                setattr(self.instance, column, None)
        saved: InterfaceSettings = super().save(commit)
        return saved


class OriginsForm(EditableForm):
    """The one setting that publishing is about."""

    class Meta:
        model = InterfaceSettings
        fields = ["allowed_origins"]
        widgets = {
            "allowed_origins": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField code", "placeholder": "https://www.example.com"})
        }
