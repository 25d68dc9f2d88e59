"""Form fields of our own: a secret that is only ever written, and buttons as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

ARROW = "->"
LONGEST_LABEL = 80


class SecretField(forms.CharField):
    """Takes a secret and never gives one back: the page shows an empty field whatever is stored or was typed. Empty means: keep."""

    # It travels in an HTTP header.
    default_validators = [RegexValidator(r"\A[\x21-\x7e]*\Z", "This contains spaces or characters that such a secret cannot have.")]

    def __init__(self, **more: Any) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})
        super().__init__(required=False, max_length=500, widget=widget, **more)


class ButtonsField(forms.Field):
    """Lines ``Label -> Message name`` to and from ``[{"label": str, "leads_to": template id}]``.

    ``templates`` maps the names of the messages a button may lead to onto their ids; whoever builds the form sets it.
    """

    widget = forms.Textarea
    templates: Mapping[str, int] = {}

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        names = {pk: name for name, pk in self.templates.items()}
        return "\n".join(f"{button['label']} {ARROW} {names.get(button['leads_to'], '')}".rstrip() for button in value)

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, str):
            return value or []
        buttons, errors = [], []
        for line in filter(None, map(str.strip, value.splitlines())):
            try:
                buttons.append(self._button(line))
            except ValueError as error:
                errors.append(str(error))
        if errors:
            raise ValidationError(errors)
        return buttons

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial or [], data)

    def _button(self, line: str) -> dict[str, Any]:
        """Raises ``ValueError`` with a sentence for the admin."""
        if "\x00" in line:
            raise ValueError("Null characters are not allowed.")
        before, arrow, after = line.rpartition(ARROW)
        label, name = before.strip(), after.strip()
        if not arrow:
            raise ValueError(f"“{line}” has no arrow. Write it like: Talk to a human {ARROW} Handover.")
        if not label:
            raise ValueError(f"“{line}” has no label before the arrow.")
        if len(label) > LONGEST_LABEL:
            raise ValueError(f"The label “{label[:20]}…” is {len(label)} characters long; {LONGEST_LABEL} fit.")
        return {"label": label, "leads_to": self._template(name, label)}

    def _template(self, name: str, label: str) -> int:
        if not name:
            raise ValueError(f"“{label}” leads nowhere. Write the name of a message of this scenario after the arrow.")
        if name in self.templates:
            return self.templates[name]
        close = get_close_matches(name, self.templates, n=1)
        hint = f"Did you mean “{close[0]}”?" if close else "Create that message first."
        raise ValueError(f"This scenario has no message “{name}”. {hint}")
