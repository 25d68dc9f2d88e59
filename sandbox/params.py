"""Parameters as Rails reads and casts them."""

import json
from typing import Any

from sandbox import forms
from sandbox.errors import BadRequest, ParameterMissing

Params = dict[str, Any]

FALSE_VALUES = (False, 0, "0", "f", "F", "false", "FALSE", "off", "OFF")


def read(query: forms.Pairs, content_type: str, body: bytes) -> Params:
    """The query string and the body in one hash; the body wins, as in Rails."""
    return {**forms.nested(query), **_body(content_type, body)}


def _body(content_type: str, body: bytes) -> Params:
    if not body:
        return {}
    if "json" in content_type:
        return _json(body)
    return forms.read(content_type, body) if "form" in content_type else {}


def _json(body: bytes) -> Params:
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadRequest from None
    return parsed if isinstance(parsed, dict) else {"_json": parsed}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def is_blank(value: object) -> bool:
    return value is None or value is False or value in ({}, []) or (isinstance(value, str) and not value.strip())


def as_id(value: object) -> int:
    """An id as `find` casts it: "7" is 7, and nonsense is 0, which no record has."""
    try:
        number = int(str(value))
    except ValueError:
        return 0
    return number if abs(number) < 2**63 else 0


def as_bool(value: object) -> bool:
    return not (is_blank(value) or value in FALSE_VALUES)


def as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def as_hash(value: object) -> Params:
    return value if isinstance(value, dict) else {}


def required(params: Params, name: str) -> Any:
    if is_blank(params.get(name)):
        raise ParameterMissing(name)
    return params[name]
