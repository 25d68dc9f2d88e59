"""What Chatwoot's validators say about a message before it is stored."""

from typing import Any

from sandbox.errors import RecordInvalid, Unhandled
from sandbox.params import Params

CONTENT_TYPES = (
    *("text", "input_text", "input_textarea", "input_email", "input_select", "cards", "form", "article", "incoming_email"),
    *("input_csat", "integrations", "sticker", "voice_call"),
)
ITEM_KEYS = {
    "input_select": {"title", "value"},
    "cards": {"title", "description", "media_url", "actions"},
    "form": {"type", "placeholder", "label", "name", "options", "default", "required", "pattern", "title", "pattern_error"},
    "article": {"title", "description", "link"},
}
ACTION_KEYS = {"text", "type", "payload", "uri"}

LONGEST_CONTENT = 150_000
LONGEST_SOURCE_ID = 20_000


def check_enum(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Unhandled(f"'{value}' is not a valid {name}")
    return str(value)


def check_lengths(content: str | None, source_id: str | None) -> None:
    for name, text, longest in (("content", content, LONGEST_CONTENT), ("source_id", source_id, LONGEST_SOURCE_ID)):
        if text and len(text) > longest:
            label = name.replace("_id", "").replace("_", " ").capitalize()
            raise RecordInvalid((name, f"{label} is too long (maximum is {longest} characters)"))


def check_items(content_type: str, content_attributes: Params) -> None:
    """ContentAttributeValidator."""
    if content_type not in ITEM_KEYS:
        return
    items = content_attributes.get("items")
    if not items:
        _invalid("At least one item is required.")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        _invalid("Items should be a hash.")
    _check_keys("items", items, ITEM_KEYS[content_type])
    if content_type == "cards":
        _check_actions(items)


def _check_actions(items: Any) -> None:
    if not all(item.get("actions") for item in items):
        _invalid("contains items missing actions")
    _check_keys("actions", [action for item in items for action in item["actions"]], ACTION_KEYS)


def _check_keys(name: str, items: Any, allowed: set[str]) -> None:
    strange = [key for key in dict.fromkeys(key for item in items for key in item) if key not in allowed]
    if strange:
        quoted = ", ".join(f'"{key}"' for key in strange)
        _invalid(f"contains invalid keys for {name} : [{quoted}]")


def _invalid(sentence: str) -> None:
    raise RecordInvalid(("content_attributes", f"Content attributes {sentence}"))
