"""What the forms share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model

if TYPE_CHECKING:
    AnyModelForm = forms.ModelForm[Any]
else:
    AnyModelForm = forms.ModelForm

CHANGED_MEANWHILE = (
    "{who} saved this after you had opened it. What you see here is yours and is not saved yet; look at theirs in another tab, "
    "then save again to replace it."
)


def shows(fields_by_choice: dict[str, list[str]]) -> dict[str, str]:
    """Attributes of a select with which ``admin.js`` shows only the fields that belong to its choice."""
    return {"data-shows": json.dumps(fields_by_choice)}


def who_saved(row: Model) -> str:
    """Who saved it last and when, as the history of the row tells; “Somebody else” where it does not."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk), action_flag=CHANGE)
    last = entries.select_related("user").first()
    return f"{last.user.get_username()} ({last.action_time:%d %b, %H:%M} UTC)" if last else "Somebody else"


class EditableForm(AnyModelForm):
    """The form of an ``Editable`` row. It carries the edition it was opened with, and is refused when somebody saved another one since.

    Nothing typed is lost: the refused form carries the newer edition, so saving it once more replaces the other knowingly.
    """

    edition = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["edition"] = self.instance.edition

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        opened = self.cleaned_data.get("edition")
        if not self.instance._state.adding and opened != self.instance.edition:
            self._carry_the_newer_edition()
            raise ValidationError(CHANGED_MEANWHILE.format(who=who_saved(self.instance)))
        self.instance.edition += 1
        return cleaned

    def _carry_the_newer_edition(self) -> None:
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # the stubs know a Mapping; it is a QueryDict
        data[self.add_prefix("edition")] = str(self.instance.edition)
        self.data = data
