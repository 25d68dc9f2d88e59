"""An uploaded picture: checked, drawn anew, and kept with its scenario."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File

from handoffs.files.kinds import Checked, checked_picture
from handoffs.files.refusal import NotTaken
from handoffs.models.scenario import Picture, Scenario

LARGEST = 2 * 2**20
ACCEPT = "image/png,image/jpeg,image/gif,image/webp"


class PictureField(forms.FileField):
    """Its value is a ``Checked`` picture, or None when nothing was uploaded."""

    widget = forms.FileInput

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"required": False, "max_length": 200, **more})
        self.widget.attrs.setdefault("accept", ACCEPT)

    def to_python(self, data: Any) -> Any:
        came = super().to_python(data)
        return None if came is None else read(came)


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


def keep(scenario: Scenario, picture: Checked) -> Picture:
    return Picture.objects.create(
        scenario=scenario,
        name=picture.name,
        type=picture.type,
        content=picture.content,
        width=picture.width or 0,
        height=picture.height or 0,
    )
