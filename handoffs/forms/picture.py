"""An uploaded picture: checked, drawn anew, and kept with its scenario."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoffs.files.kinds import Checked, checked_picture
from handoffs.files.refusal import NotTaken
from handoffs.models.scenario import Picture, Scenario

LARGEST = 2 * 2**20
ACCEPT = "image/png,image/jpeg,image/gif,image/webp"


class PictureInput(forms.FileInput):
    """A file input, and below it the picture that came with a form that was refused: a browser does not send a file twice."""

    kept: Picture | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """What is chosen now is taken first."""
        return super().value_from_datadict(data, files, name) or data.get(f"{name}-kept") or None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return format_html("{}{}", super().render(name, None, attrs, renderer), shown_again(name, self.kept) if self.kept else "")


def shown_again(name: str, kept: Picture) -> SafeString:
    return format_html(
        '<label class="kept"><input type="checkbox" name="{}-kept" value="{}" data-picture="{}" checked> '
        "Use “{}”, which you chose before</label>",
        name,
        kept.pk,
        reverse("picture", args=[kept.scenario.key, kept.pk]),
        kept.name,
    )


class PictureField(forms.FileField):
    """Its value is a ``Checked`` picture; a ``Picture`` that was kept from a refused form; or None when nothing came.

    ``scenario_id``: whose pictures may have been kept. The form says it.
    """

    widget = PictureInput
    scenario_id: int | None = None

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"required": False, "max_length": 200, **more})
        self.widget.attrs |= {"accept": ACCEPT, "data-largest": LARGEST}

    def to_python(self, data: Any) -> Any:
        if isinstance(data, str):
            return self._kept(data)
        came = super().to_python(data)
        return None if came is None else read(came)

    def _kept(self, key: str) -> Picture:
        try:
            return Picture.objects.defer("content").get(pk=UUID(key), scenario=self.scenario_id)
        except (ValueError, Picture.DoesNotExist):
            raise ValidationError("The picture you chose before is not there any more. Please choose it again.") from None


def keep_chosen(form: forms.BaseForm, scenario: Scenario) -> None:
    """For a form that is shown again because something in it, or beside it, was refused."""
    for name, field in form.fields.items():
        widget: Any = field.widget
        if isinstance(widget, PictureInput) and (picture := getattr(form, "cleaned_data", {}).get(name)):
            widget.kept = keep(scenario, picture)


def read(came: File[bytes]) -> Checked:
    if (came.size or 0) > LARGEST:
        raise ValidationError("This picture is larger than 2 MB. Please make it smaller.")
    return checked(came.name or "picture", came.read())


def checked(name: str, content: bytes) -> Checked:
    """Raises ``ValidationError`` with why not."""
    try:
        return checked_picture(name, content)
    except NotTaken as error:
        raise ValidationError(f"{error} Take a PNG, JPEG, GIF or WebP.") from None


def keep(scenario: Scenario, picture: Checked | Picture) -> Picture:
    if isinstance(picture, Picture):
        return picture
    return Picture.objects.create(
        scenario=scenario,
        name=picture.name,
        type=picture.type,
        content=picture.content,
        width=picture.width or 0,
        height=picture.height or 0,
    )
