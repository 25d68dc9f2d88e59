"""A scenario's own few values, and a file to make one from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from handoffs.forms.shared import EditableForm
from handoffs.models import Scenario, Workspace
from handoffs.portable.place import LARGEST, Fault
from handoffs.portable.read import Read, read


class ScenarioForm(EditableForm):
    class Meta:
        model = Scenario
        fields = ["workspace", "name", "key"]
        help_texts = {
            "name": "For you; visitors see the title of the interface settings.",
            "key": "Part of the chat page’s address and of the embed code. If you change it, change it on your websites, too.",
        }

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if len(name.splitlines()) > 1:
            raise ValidationError("A name is one line.")
        return name


class ImportForm(forms.Form):
    workspace = forms.ModelChoiceField(Workspace.objects.none(), empty_label=None, help_text="The scenario becomes one of this workspace.")
    file = forms.FileField(
        label="Exported scenario",
        max_length=300,
        help_text="A file that Export made, up to 5 MB.",
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )

    def __init__(self, *args: Any, workspaces: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = workspaces  # type: ignore[attr-defined]

    def clean_file(self) -> Read:
        """What stands in it."""
        try:
            return read(self.cleaned_data["file"].read(LARGEST + 1))
        except Fault as fault:
            raise ValidationError(str(fault)) from None
