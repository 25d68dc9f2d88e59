"""Liquid in what is said outward (CHATWOOT.md §1.5): variables are filled in, private notes included, text in backticks stays.

Text with a tag, `{% … %}`, or with braces that do not close stays as it is: a real Chatwoot runs the tags it knows.
"""

import re
from typing import Any

from sandbox.store import Row, Store

CODE = re.compile(r"(`.*?`)", re.DOTALL)
VARIABLE = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
DEFAULT = re.compile(r"""default:\s*["'](.*?)["']""")
LITERAL = re.compile(r"""["'](.*)["']|(\d+)""")


def rendered(store: Store, conversation: Row, sender: Row | None, content: str | None) -> str | None:
    """`sender` is the user who says it."""
    if not content or "{{" not in content:
        return content
    words, code = (CODE.split(content)[start::2] for start in (0, 1))
    if any("{%" in text or "{{" in VARIABLE.sub("", text) for text in words):
        return content
    drops = _drops(store, conversation, sender)
    filled = [VARIABLE.sub(lambda found: _value(drops, found[1]), text) for text in words]
    return "".join(text + kept for text, kept in zip(filled, [*code, ""], strict=True))


def _value(drops: dict[str, Any], expression: str) -> str:
    """What is unknown is empty."""
    path, *filters = (part.strip() for part in expression.split("|"))
    literal = LITERAL.fullmatch(path)
    value: Any = (literal[1] or literal[2]) if literal else drops
    for key in [] if literal else path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    for default in filter(None, map(DEFAULT.fullmatch, filters)):
        value = value or default[1]
    return "" if value is None or isinstance(value, dict) else str(value)


def _drops(store: Store, conversation: Row, sender: Row | None) -> dict[str, Any]:
    contact = store.find("contacts", id=conversation["contact_id"])
    kept = {key: contact[key] for key in ("email", "phone_number")} | {"custom_attribute": contact["custom_attributes"]}
    shown = {"available_name": sender["display_name"] or sender["name"], "email": sender["email"]} if sender else {}
    return {
        "contact": kept | _names(contact["name"]),
        "agent": shown | _names(sender["name"]) if sender else {},
        "conversation": {"display_id": conversation["display_id"], "custom_attribute": conversation["custom_attributes"]},
        "inbox": {"name": store.find("inboxes", id=conversation["inbox_id"])["name"]},
        "account": {"name": store.find("accounts", id=conversation["account_id"])["name"]},
    }


def _names(name: str) -> dict[str, str | None]:
    words = name.split()
    return {
        "name": " ".join(word.capitalize() for word in words),
        "first_name": words[0].capitalize() if words else None,
        "last_name": words[-1].capitalize() if len(words) > 1 else None,
    }
