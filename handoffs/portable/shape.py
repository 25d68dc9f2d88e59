"""What stands in the file, by the names that its objects have there."""

from __future__ import annotations

from handoffs.models import Block, Transfer

FORMAT = "handoff scenario"
VERSION = 1

MOST_MESSAGES, MOST_TILES, MOST_ENTRIES, MOST_PICTURES, MOST_HANDOFFS = 1000, 200, 200, 200, 50

PICTURES_OF_INTERFACE = ("logo", "bot_avatar")
INTERFACE = (
    "title",
    "bot_name",
    "accent",
    "on_accent",
    "scheme",
    "launcher_text",
    "launcher_side",
    "size",
    "start_new",
    "start_returning",
    "start_ongoing",
    "show_history",
    "use_websockets",
    "may_restart",
    "may_end",
    "may_download",
    "language",
    "consent_text",
    "allowed_origins",
)
PATHS = ("name_attribute", "email_attribute", "phone_attribute")
MAPPINGS = ("contact_attributes", "conversation_attributes")
# Everything but its secrets, and what happened to it.
HANDOFF = (
    "name",
    "system",
    "domain",
    "account_id",
    "inbox_id",
    "inbox_name",
    "after_end",
    "after_end_minutes",
    "labels",
    "team_id",
    "priority",
    *PATHS,
    *MAPPINGS,
)
REASONS = tuple(reason.value for reason in Transfer.Reason)
Kind = Block.Kind
TILE: dict[str, tuple[str, ...]] = {
    Kind.TEXT.value: ("text",),
    Kind.IMAGE.value: ("picture", "alt_text", "text"),
    Kind.BUTTONS.value: ("text", "buttons"),
    Kind.FORM.value: ("text", "fields", "leads_to"),
    Kind.HANDOVER.value: ("handoff", "text", "waiting_text", "fallback_text", "joined_text", "return_text", "endings"),
    Kind.END.value: ("text",),
}
