"""Form fields of our own: a secret that is only ever written, and lists that are typed as lines of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from handoffs.attributes import WHOLE_PATH, kept, storable
from handoffs.bot import number
from handoffs.identity import is_ours
from handoffs.script import Button, Operator
from handoffs.stored import FIELD_TYPES, LINK, entries

T = TypeVar("T")

ARROW = "->"
LONGEST_LABEL = 80
LONGEST_VALUE = 1000
MOST_BUTTONS = 13
MOST_FIELDS = 10
LONGEST_OPTION = 200
MOST_OPTIONS = 50
# A line whose goal begins like this means a link, whether or not it is one.
LIKE_A_LINK = re.compile(r"[a-z][a-z0-9+.-]*://|(?:mailto|tel|javascript|data):|//|www\.", re.IGNORECASE)
KEEPS = re.compile(r"(.*?)\s=\s+(\S+?):\s*(.*?)\s*")
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

    def write(self, item: Mapping[str, Any]) -> str:
        raise NotImplementedError

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(self.write, entries(value))) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        return each_line(value, self.read) if isinstance(value, str) else value or []

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial or [], data)


class ButtonsField(LinesField):
    """Lines to and from the buttons of a tile (``Block.buttons``): ``Label -> Message name``, ``Label -> https://…``,
    ``Label = user.plan: gold`` for a value that is kept, and ``Label = user.plan: gold -> Message name`` for both.

    ``templates`` maps the names of the messages a button may lead to onto their ids; whoever builds the form sets it.
    """

    templates: Mapping[str, int] = {}

    def clean(self, value: Any) -> Any:
        buttons = super().clean(value)
        if len(buttons) > MOST_BUTTONS:
            raise ValidationError(f"A tile has room for {MOST_BUTTONS} buttons; these are {len(buttons)}.")
        return buttons

    def write(self, item: Mapping[str, Any]) -> str:
        label = item.get("label", "")
        if item.get("href"):
            return f"{label} {ARROW} {item['href']}"
        keeps = f" = {item['attribute']}: {item.get('value', '')}" if item.get("attribute") else ""
        goal = next((name for name, pk in self.templates.items() if pk == item.get("leads_to")), "")
        # An arrow inside the label or the value must not be taken for the one that leads somewhere.
        return f"{label}{keeps} {ARROW} {goal}".rstrip() if goal or not keeps or ARROW in label + keeps else f"{label}{keeps}"

    def read(self, line: str) -> dict[str, Any]:
        before, arrow, after = line.rpartition(ARROW)
        words, goal = (before, after.strip()) if arrow else (line, "")
        label, keeps = keeping(words)
        if not label:
            raise ValueError(f"“{line}” has no label before the arrow.")
        if len(label) > LONGEST_LABEL:
            raise ValueError(f"The label “{label[:20]}…” is {len(label)} characters long; {LONGEST_LABEL} fit.")
        if not arrow and not keeps:
            raise ValueError(f"“{line}” does not say where it leads. Write it like: Talk to a human {ARROW} Handover.")
        return Button(**{"label": label, **keeps, **self._goal(goal, label, keeps)}).as_json()

    def _goal(self, goal: str, label: str, keeps: Mapping[str, str]) -> dict[str, Any]:
        if goal in self.templates or not LIKE_A_LINK.match(goal):
            return {"leads_to": self._template(goal, label) if goal or not keeps else None}
        if keeps:
            raise ValueError(f"“{label}” keeps a value, so it cannot open a link. Choose a message, or nothing.")
        return {"href": safe_link(goal, label)}

    def _template(self, name: str, label: str) -> int:
        if not name:
            raise ValueError(f"“{label}” leads nowhere. Choose a message of this scenario, or a link.")
        if name in self.templates:
            return self.templates[name]
        close = get_close_matches(name, self.templates, n=1)
        hint = f"Did you mean “{close[0]}”?" if close else "Create that message first."
        raise ValueError(f"This scenario has no message “{name}”. {hint}")


def keeping(words: str) -> tuple[str, dict[str, str]]:
    """The label, and what pressing the button keeps."""
    parts = KEEPS.fullmatch(words)
    if parts is None:
        return words.strip(), {}
    return parts[1].strip(), {"attribute": an_attribute(parts[2]), "value": a_value(parts[3].strip())}


def a_value(value: str) -> str:
    """Raises ``ValueError``."""
    if len(value) > LONGEST_VALUE:
        raise ValueError(f"The value “{value[:20]}…” is {len(value)} characters long; {LONGEST_VALUE} fit.")
    return str(storable(value))


def an_attribute(path: str) -> str:
    """One that the scenario may set. Raises ``ValueError``."""
    kept({}, path, "")
    if is_ours(path):
        raise ValueError(f"“{path}” is kept by Handoff itself. Take another attribute, such as user.plan.")
    return path


def safe_link(address: str, label: str) -> str:
    if not LINK.fullmatch(address):
        raise ValueError(
            f"The link of “{label}” is none that can be opened. Begin it with https://, mailto: or tel:, and leave out spaces."
        )
    if "@" in host_of(address, label):
        raise ValueError(f"The link of “{label}” has a name before its host, which misleads people. Leave out what stands before the @.")
    return address


def host_of(address: str, label: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        raise ValueError(f"The link of “{label}” has no host that can be read. Write it like: https://www.example.com.") from None


class FormFieldsField(LinesField):
    """Lines ``attribute[*] : type : label [: option | option]`` to and from the fields of a form; ``*``: it must be filled in."""

    def clean(self, value: Any) -> Any:
        fields = super().clean(value)
        if len(fields) > MOST_FIELDS:
            raise ValidationError(f"A form has room for {MOST_FIELDS} fields; these are {len(fields)}.")
        names = [field["attribute"] for field in fields]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValidationError([f"“{name}” is asked for twice: it keeps one answer." for name in twice])
        fit_together(names)
        return fields

    def write(self, item: Mapping[str, Any]) -> str:
        star = "*" if item.get("required") else ""
        options = f" : {' | '.join(map(str, item['options']))}" if item.get("options") else ""
        return f"{item.get('attribute', '')}{star} : {item.get('type', 'text')} : {item.get('label', '')}{options}"

    def read(self, line: str) -> dict[str, Any]:
        parts = [part.strip() for part in line.split(" : ", 3)]
        if len(parts) < 3 or not all(parts):
            raise ValueError(f"“{line}” is not complete. Write it like: user.email* : email : Your e-mail.")
        name, kind, label = parts[:3]
        if kind not in FIELD_TYPES:
            raise ValueError(f"“{kind}” is not a type of field. Take one of {', '.join(FIELD_TYPES)}.")
        if len(label) > LONGEST_LABEL:
            raise ValueError(f"The label “{label[:20]}…” is {len(label)} characters long; {LONGEST_LABEL} fit.")
        options = options_of(parts[3], label) if len(parts) == 4 else []
        if kind == "select" and not options:
            raise ValueError(f"“{label}” has nothing to choose from. Write it like: user.size : select : Size : Small | Large.")
        if kind != "select" and options:
            raise ValueError(f"“{label}” is of type {kind} and has no options; only select has.")
        attribute = an_attribute(name.removesuffix("*").strip())
        return {"attribute": attribute, "label": label, "type": kind, "required": name.endswith("*"), "options": options}


def fit_together(paths: list[str]) -> None:
    """None of them is inside another one. Raises ``ValidationError``."""
    context: dict[str, Any] = {}
    try:
        for path in paths:
            context = kept(context, path, "")
    except ValueError as error:
        raise ValidationError(str(error)) from None


def options_of(words: str, label: str) -> list[str]:
    """Raises ``ValueError``."""
    options = list(dict.fromkeys(filter(None, map(str.strip, words.split("|")))))
    if len(options) > MOST_OPTIONS:
        raise ValueError(f"“{label}” has {len(options)} options; {MOST_OPTIONS} fit.")
    if long := next((option for option in options if len(option) > LONGEST_OPTION), ""):
        raise ValueError(f"The option “{long[:20]}…” is {len(long)} characters long; {LONGEST_OPTION} fit.")
    return options


def in_words(condition: Mapping[str, Any]) -> str:
    sign = SIGN_OF.get(condition.get("operator", ""), "?")
    return f"{condition.get('attribute', '')} {sign} {condition.get('value', '')}".rstrip()


class ConditionsField(LinesField):
    """Lines such as ``user.visits > 1`` to and from ``[{"attribute": str, "operator": str, "value": str}]``."""

    def write(self, item: Mapping[str, Any]) -> str:
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
