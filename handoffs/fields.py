"""Form fields of our own: a secret that is only ever written, and lists that are typed as lines of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from handoffs.attributes import WHOLE_PATH
from handoffs.bot import number
from handoffs.script import Operator

T = TypeVar("T")

ARROW = "->"
LONGEST_LABEL = 80
SIGNS = {
    "=": Operator.EQUALS,
    "!=": Operator.NOT_EQUALS,
    ">": Operator.GREATER,
    "<": Operator.LESS,
    "contains": Operator.CONTAINS,
    "is set": Operator.IS_SET,
    "is not set": Operator.IS_NOT_SET,
}
SIGN_OF = {operator.value: sign for sign, operator in SIGNS.items()}
CONDITION = re.compile(r"(\S+?)\s*(!=|=|>|<|(?<=\s)(?:contains(?=\s|$)|is not set$|is set$))\s*(.*)")


class SecretField(forms.CharField):
    """Takes a secret and never gives one back: the page shows an empty field whatever is stored or was typed. Empty means: keep."""

    # It travels in an HTTP header.
    default_validators = [RegexValidator(r"\A[\x21-\x7e]*\Z", "This contains spaces or characters that such a secret cannot have.")]

    def __init__(self, **more: Any) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})
        super().__init__(required=False, max_length=500, widget=widget, **more)


def each_line(text: str, read: Callable[[str], T]) -> list[T]:
    """What ``read`` makes of each line that is not empty; all it complains of (``ValueError``, in a sentence) is said at once."""
    found, errors = [], []
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            found.append(read(without_nulls(line)))
        except ValueError as error:
            errors.append(str(error))
    if errors:
        raise ValidationError(errors)
    return found


def without_nulls(line: str) -> str:
    if "\x00" in line:
        raise ValueError("Null characters are not allowed.")
    return line


class LinesField(forms.Field):
    """Lines of text to and from a list of dicts."""

    widget = forms.Textarea

    def read(self, line: str) -> dict[str, Any]:
        """Raises ``ValueError`` with a sentence for the admin."""
        raise NotImplementedError

    def write(self, item: dict[str, Any]) -> str:
        raise NotImplementedError

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(self.write, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        return each_line(value, self.read) if isinstance(value, str) else value or []

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial or [], data)


class ButtonsField(LinesField):
    """Lines ``Label -> Message name`` to and from ``[{"label": str, "leads_to": template id}]``.

    ``templates`` maps the names of the messages a button may lead to onto their ids; whoever builds the form sets it.
    """

    templates: Mapping[str, int] = {}

    def write(self, item: dict[str, Any]) -> str:
        names = {pk: name for name, pk in self.templates.items()}
        return f"{item['label']} {ARROW} {names.get(item['leads_to'], '')}".rstrip()

    def read(self, line: str) -> dict[str, Any]:
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


def in_words(condition: dict[str, Any]) -> str:
    return f"{condition['attribute']} {SIGN_OF[condition['operator']]} {condition['value']}".rstrip()


class ConditionsField(LinesField):
    """Lines such as ``user.visits > 1`` to and from ``[{"attribute": str, "operator": str, "value": str}]``."""

    def write(self, item: dict[str, Any]) -> str:
        return in_words(item)

    def read(self, line: str) -> dict[str, Any]:
        parts = CONDITION.fullmatch(line)
        if parts is None:
            raise ValueError(f"“{line}” is no condition. Write it like: user.visits > 1, handover.reason = resolved, user.email is set.")
        attribute, sign, value = parts[1], parts[2], parts[3].strip()
        operator = SIGNS[sign]
        if not WHOLE_PATH.fullmatch(attribute):
            raise ValueError(f"“{attribute}” is not an attribute. Write it like: user.plan.")
        if not value and operator not in (Operator.IS_SET, Operator.IS_NOT_SET):
            raise ValueError(f"“{line}” compares with nothing. To ask whether it is there, write: {attribute} is set.")
        if operator in (Operator.GREATER, Operator.LESS) and number(value) is None:
            raise ValueError(f"“{value}” is not a number, so nothing can be greater or less.")
        return {"attribute": attribute, "operator": operator.value, "value": value}
