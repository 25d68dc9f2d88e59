"""What shall go wrong, read from JSON: which requests, which webhooks, how often."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

DEEDS = ("hang_before", "hang_after", "error_before", "error_after", "reset_before", "reset_after", "late", "strip_token", "login_page")
LONGEST = 3600

Check = tuple[Callable[[Any], bool], str]


class Malformed(Exception):
    """What is wrong with a plan, in a sentence."""


@dataclass(frozen=True)
class Rule:
    """Without a method it is for every method, without a path for every path. `error` replaces the words of an error's body."""

    name: str
    do: str
    method: str | None = None
    path: re.Pattern[str] = re.compile("")
    status: int = 500
    error: str | None = None
    retry_after: int | str | None = None
    seconds: float = 30.0
    share: float = 1.0
    times: int | None = None

    def matches(self, method: str, path: str) -> bool:
        return self.method in (None, method) and bool(self.path.search(path))


@dataclass(frozen=True)
class Mischief:
    """How likely each is to befall a webhook."""

    drop: float = 0.0
    double: float = 0.0
    delay: float = 0.0
    reorder: float = 0.0
    delay_seconds: tuple[float, float] = (0.5, 5.0)


@dataclass(frozen=True)
class Files:
    """A file is attached after the commit, so whoever is quick may miss it (CHATWOOT.md §3.3).

    Every link is 404 the first `not_found` times; as many message_created as `left_out` says come without what is attached.
    """

    not_found: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class Plan:
    seed: int = 0
    rules: list[Rule] = field(default_factory=list)
    webhooks: Mischief = Mischief()
    files: Files = Files()

    @property
    def is_empty(self) -> bool:
        return not self.rules and self.webhooks == Mischief() and self.files == Files()


def read(body: bytes) -> Plan:
    try:
        parsed = json.loads(body)
    except ValueError:
        raise Malformed("The body is not JSON.") from None
    given = _checked("The plan", parsed, PLAN)
    rules = [_rule(f"Rule {place}", rule) for place, rule in enumerate(given.get("rules", []))]
    return Plan(given.get("seed", 0), rules, _mischief(given.get("webhooks", {})), _files(given.get("files", {})))


def _rule(where: str, value: object) -> Rule:
    given = _checked(where, value, RULE)
    for name in ("name", "do"):
        if name not in given:
            raise Malformed(f"{where} has no '{name}'.")
    return Rule(**{**given, "path": re.compile(given.get("path", ""))})


def _mischief(value: object) -> Mischief:
    given = _checked("'webhooks'", value, WEBHOOKS)
    if "delay_seconds" in given:
        given["delay_seconds"] = tuple(given["delay_seconds"])
    return Mischief(**given)


def _files(value: object) -> Files:
    return Files(**_checked("'files'", value, FILES))


def _checked(where: str, given: object, checks: Mapping[str, Check]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Malformed(f"{where} must be an object.")
    for key, value in given.items():
        if key not in checks:
            raise Malformed(f"{where} cannot have '{key}', only {', '.join(checks)}.")
        is_right, words = checks[key]
        if not is_right(value):
            raise Malformed(f"{where} needs {words} as its '{key}'.")
    return given


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _is_integer(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and _is_number(value, least, most)


def _is_regex(value: object) -> bool:
    try:
        re.compile(str(value))
    except re.error:
        return False
    return isinstance(value, str)


def _is_range(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_number(each, 0, LONGEST) for each in value) and value[0] <= value[1]


_TEXT: Check = (lambda value: isinstance(value, str), "a text")
_TEXT_OR_NULL: Check = (lambda value: value is None or isinstance(value, str), "a text or null")
_TIMES: Check = (lambda value: _is_integer(value, 0, 10**9), "a whole number")
_SHARE: Check = (lambda value: _is_number(value, 0, 1), "a number from 0 to 1")

PLAN: dict[str, Check] = {
    "seed": (lambda value: _is_integer(value, -(2**63), 2**63), "a whole number"),
    "rules": (lambda value: isinstance(value, list), "a list"),
    "webhooks": (lambda value: isinstance(value, dict), "an object"),
    "files": (lambda value: isinstance(value, dict), "an object"),
}
RULE: dict[str, Check] = {
    "name": _TEXT,
    "method": (lambda value: value is None or (isinstance(value, str) and value.isupper()), "a method in capitals or null"),
    "path": (_is_regex, "a regular expression"),
    "do": (lambda value: value in DEEDS, f"one of {', '.join(DEEDS)}"),
    "status": (lambda value: _is_integer(value, 200, 599), "a status from 200 to 599"),
    "error": _TEXT_OR_NULL,
    "retry_after": (lambda value: isinstance(value, str | None) or _is_integer(value, 0, 10**9), "whole seconds, a date or null"),
    "seconds": (lambda value: _is_number(value, 0, LONGEST), f"a number from 0 to {LONGEST}"),
    "share": _SHARE,
    "times": (lambda value: value is None or _is_integer(value, 0, 10**9), "a whole number or null"),
}
WEBHOOKS: dict[str, Check] = {
    **dict.fromkeys(("drop", "double", "delay", "reorder"), _SHARE),
    "delay_seconds": (_is_range, "the least and the most seconds, two numbers,"),
}
FILES: dict[str, Check] = dict.fromkeys(("not_found", "left_out"), _TIMES)
