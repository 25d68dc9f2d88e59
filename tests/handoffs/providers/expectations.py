"""What each file of ``tests/payloads/chatwoot`` must become. The files follow CHATWOOT.md §3 (webhooks) and §1 (``rest_…``)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handoffs.providers.base import (
    AgentSaid,
    AgentTyping,
    Event,
    Ignored,
    MessageRemoved,
    OurEcho,
    RemoteFile,
    ThreadChanged,
    ThreadRef,
    ThreadState,
)

PAYLOADS = Path(__file__).parents[2] / "payloads" / "chatwoot"

ANN = ThreadRef("42", "visitor-9b9d46b9c2")
REST = ThreadRef("42")
KEY = "3f1c8e1e-8a52-4a44-9a0e-0d5b6a6d7c11"
AT = datetime(2026, 9, 20, 10, 15, 30, tzinfo=UTC)
HOST = "https://chat.acme.test"
BLOB = f"{HOST}/rails/active_storage/blobs/redirect/signed"
PHOTO = f"{HOST}/rails/active_storage/representations/redirect/signed/jane.png"
PICTURE = RemoteFile(f"{BLOB}/a.png", "a.png", "image/png", 12345)
UNSEEN = Ignored("")  # stands for any Ignored
ECHO = OurEcho(ANN, KEY, 9012)


def jane(number: int = 9013, text: str = "Hello **Ann**", **more: Any) -> AgentSaid:
    return AgentSaid(**{"thread": ANN, "remote_id": number, "text": text, "name": "Jane", "at": AT} | more)


def desk(number: int, text: str, **more: Any) -> AgentSaid:
    return jane(number, text, name=None, **more)


def changed(what: str) -> ThreadChanged:
    return ThreadChanged(ANN, what)


def files(*names: tuple[str, str, str]) -> tuple[RemoteFile, ...]:
    return tuple(RemoteFile(f"{BLOB}/{path}", name, kind, 12345) for path, name, kind in names)


SIZES = {"kind": "choice", "options": [{"title": "Small", "value": "s"}, {"title": "Large", "value": "l"}]}
FACES = {"kind": "rating", "scale": "faces"}
CARDS = {
    "kind": "cards",
    "cards": [
        {
            "title": "Shoe",
            "description": "A fine one",
            "image": "https://cdn.example.com/shoe.png",
            "actions": [{"kind": "link", "text": "View", "href": "https://example.com/shoe"}, {"kind": "reply", "text": "Buy"}],
        },
        {
            "title": "Boot",
            "description": "",
            "image": None,
            "actions": [{"kind": "link", "text": "Mail us", "href": "mailto:shop@example.com"}],
        },
    ],
}


def asked(name: str, label: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "label": label, "type": kind, "placeholder": "", "required": False, "options": [], "hint": ""} | more


FORM = {
    "kind": "form",
    "fields": [
        asked("email", "Email", "email", placeholder="you@example.com", required=True, hint="Where we answer"),
        asked("story", "What happened", "textarea"),
        asked("size", "Size", "select", options=[{"title": "Large", "value": "l"}, {"title": "Small", "value": "s"}]),
        asked("empty", "No options", "text"),
        asked("day", "day", "text", hint="A date"),
    ],
}
ARTICLES = {"kind": "articles", "articles": [{"title": "Returns", "description": "How to", "href": "https://help.example.com/returns"}]}

NOT_NAMED = "message {} comes without the public name of its agent"
EMPTY = "message {} has nothing in it yet"
HANDS, STATUS = changed("somebody else has it"), changed("its status is another one")

WEBHOOKS: dict[str, Event] = {
    # Who said it: the public name, or a look at the desk.
    "message_created__agent_reply": jane(),
    "message_created__agent_reply_4_2": jane(9028),
    "message_created__agent_reply_with_photo": jane(9027, photo=PHOTO),
    "message_created__agent_reply_without_assignee": jane(),
    "message_created__agent_reply_while_another_is_assigned": jane(),
    "message_created__agent_reply_named_nowhere": changed(NOT_NAMED.format(9024)),
    "message_created__agent_reply_without_assignee_and_last_message": changed(NOT_NAMED.format(9026)),
    "message_created__agent_named_by_e_mail": jane(name=None),
    "message_created__agent_bot": desk(9019, "Beep"),
    "message_created__captain_4_18": desk(9029, "I am an AI."),
    "message_created__nested_message_is_another_one": jane(9021, "The right text"),
    "message_created__source_id_that_only_looks_like_ours": jane(9016),
    "message_created__nul_and_surrogate": jane(9023, "beforeafter"),
    # Files, and attachments that are none.
    "message_created__agent_reply_with_picture": jane(files=(PICTURE,)),
    "message_created__agent_picture_without_words": jane(text="", files=(PICTURE,)),
    "message_created__agent_voice": jane(text="", files=files(("voice.ogg", "voice.ogg", "audio/ogg"))),
    "message_created__agent_film": jane(text="", files=files(("film.mp4", "film.mp4", "video/mp4"))),
    "message_created__agent_papers": jane(
        text="Here you are",
        files=files(
            ("price%20list%20%28new%29.pdf", "price list (new).pdf", "application/pdf"),
            ("drawing.svg", "drawing.svg", "image/svg+xml"),
        ),
    ),
    "message_created__agent_files_before_4_9": jane(text="", files=(RemoteFile(f"{BLOB}/old.pdf", "old.pdf", "", 12),)),
    "message_created__agent_location": jane(text="Dom Tower https://www.openstreetmap.org/?mlat=52.090700&mlon=5.121400"),
    "message_created__agent_location_without_place": jane(text="Somewhere"),
    "message_created__agent_contact_card": jane(text="Bob Builder +31612345678"),
    "message_created__agent_fallback": jane(text="A shared page https://example.com/page"),
    "message_created__agent_embed": jane(text="Look\nhttps://example.com/video\nhttps://example.com/post"),
    "message_created__agent_new_kind_of_attachment": jane(text="https://example.com/hologram"),
    "message_created__upload_not_finished": changed(EMPTY.format(9030)),
    "message_created__nothing_in_it_yet": changed(EMPTY.format(9031)),
    "message_created__nothing_in_it_null": changed(EMPTY.format(9032)),
    # Something to fill in or to look at.
    "message_created__choice": jane(9038, "Which size?", control=SIZES),
    "message_created__cards": jane(9039, "", control=CARDS),
    "message_created__form": jane(9040, "Tell us more", control=FORM),
    "message_created__article": jane(9041, "Perhaps this helps", control=ARTICLES),
    "message_created__choice_without_options": jane(9042, "Which size?"),
    "message_created__cards_of_nonsense": UNSEEN,
    "message_created__buttons_without_words": jane(9020, "", control={"kind": "choice", "options": [{"title": "Large", "value": "l"}]}),
    "message_created__input_text": jane(9044, "Your name?"),
    "message_created__input_textarea": jane(9045, "Your story?"),
    "message_created__unknown_content_type": jane(9046, "Join the call"),
    "message_created__csat": desk(9018, "Please rate this conversation", control=FACES),
    "message_created__csat_stars": desk(9035, "Bitte bewerten Sie uns", control={"kind": "rating", "scale": "stars"}),
    "message_created__csat_before_display_type": desk(9036, "Please rate the conversation", control=FACES),
    "message_created__email_collect": desk(9037, "Get notified by email", control={"kind": "email"}),
    # The desk itself.
    "message_created__greeting": desk(9017, "Welcome!"),
    "message_created__out_of_office": desk(9033, "We are closed."),
    "message_created__auto_resolve": desk(9034, "This conversation was resolved, as nobody wrote for a week."),
    # What visitors never see.
    "message_created__private_note": UNSEEN,
    "message_created__private_note_with_picture": UNSEEN,
    "message_created__private_note_with_buttons": UNSEEN,
    "message_created__our_private_note": OurEcho(ANN, KEY, 9011),
    "message_created__our_visitor": ECHO,
    "message_created__incoming_not_ours": UNSEEN,
    "message_created__without_private_flag": UNSEEN,
    "message_created__ids_that_are_not_ids": UNSEEN,
    "message_created__conversation_id_out_of_range": UNSEEN,
    "message_created__activity": UNSEEN,
    # Changes of messages.
    "message_updated__deleted": MessageRemoved(ANN, 9013),
    "message_updated__incoming_deleted": UNSEEN,
    "message_updated__our_visitor_deleted": UNSEEN,
    "message_updated__private_note": UNSEEN,
    "message_updated__private_note_deleted": UNSEEN,
    "message_updated__failed": jane(failed=True),
    "message_updated__failed_and_named_nowhere": changed(NOT_NAMED.format(9048)),
    "message_updated__our_visitor_failed": ECHO,
    "message_updated__retried": jane(),
    "message_updated__delivered": jane(9047),
    "message_updated__translated": jane(9049),
    "message_updated__picture_came_later": jane(9030, "", files=(PICTURE,)),
    "message_updated__form_submitted": jane(),
    "message_updated__choice_answered": jane(9038, "Which size?", control=SIZES),
    "message_updated__csat_answered": desk(9018, "Please rate this conversation", control=FACES),
    # The conversation.
    "conversation_created__by_us": UNSEEN,
    "conversation_created__by_an_agent": UNSEEN,
    "conversation_updated__assignee": HANDS,
    "conversation_updated__unassigned": HANDS,
    "conversation_updated__resolved": STATUS,
    "conversation_updated__assigned_and_opened": changed("somebody else has it and its status is another one"),
    **{
        f"conversation_updated__{name}": UNSEEN
        for name in (
            *("waiting_since", "first_reply_created_at", "label_list", "custom_attributes", "priority", "team_id"),
            *("assignee_agent_bot_id", "snoozed_until", "nothing_told", "changes_of_nonsense"),
        )
    },
    "conversation_status_changed__resolved": STATUS,
    "conversation_status_changed__pending": STATUS,
    "conversation_status_changed__open": STATUS,
    "conversation_status_changed__snoozed": STATUS,
    "conversation_status_changed__resolved_before_4_14_2": STATUS,
    "conversation_status_changed__4_18": STATUS,
    "conversation_status_changed__without_id": UNSEEN,
    "conversation_typing_on__agent": AgentTyping(ANN, True),
    "conversation_typing_off__agent": AgentTyping(ANN, False),
    "conversation_typing_on__agent_in_a_note": UNSEEN,
    "conversation_typing_on__agent_who_does_not_say": UNSEEN,
    "conversation_typing_on__agent_bot": UNSEEN,
    "conversation_typing_on__contact": UNSEEN,
    "conversation_typing_off__contact": UNSEEN,
    "conversation_typing_on__nowhere": UNSEEN,
    # What is none of ours.
    "webwidget_triggered__plain": UNSEEN,
    "webwidget_triggered__in_a_conversation": UNSEEN,
    "contact_created__with_e_mail": UNSEEN,
    "contact_updated__name": UNSEEN,
    "inbox_created__api": UNSEEN,
    "inbox_updated__name": UNSEEN,
    "conversation_resolved__agent_bot_webhook": UNSEEN,
    "conversation_opened__agent_bot_webhook": UNSEEN,
    "automation_event__message_created": UNSEEN,
    "macro_executed__plain": UNSEEN,
}


def read(text: str = "Hello **Ann**", **more: Any) -> AgentSaid:
    return jane(text=text, **{"thread": REST, "photo": PHOTO} | more)


REST_MESSAGES: dict[str, Event] = {
    "rest_message__agent": read(),
    "rest_message__agent_read": read(),
    "rest_message__agent_failed": read(failed=True),
    "rest_message__agent_failed_without_a_reason": read(failed=True),
    "rest_message__agent_without_public_name": read(name=None),
    "rest_message__agent_named_by_e_mail": read(name=None),
    "rest_message__agent_with_files": read("https://www.openstreetmap.org/?mlat=52.000000&mlon=5.000000", files=(PICTURE,)),
    "rest_message__agent_empty": UNSEEN,
    "rest_message__agent_deleted": MessageRemoved(REST, 9013),
    "rest_message__private_note": UNSEEN,
    "rest_message__private_note_deleted": UNSEEN,
    "rest_message__incoming": UNSEEN,
    "rest_message__incoming_deleted": UNSEEN,
    "rest_message__our_visitor": OurEcho(REST, KEY, 9013),
    "rest_message__our_note": OurEcho(REST, KEY, 9013),
    "rest_message__activity": UNSEEN,
    "rest_message__greeting": read("Welcome!", name=None, photo=""),
    "rest_message__csat": read("Please rate the conversation", name=None, photo="", control=FACES),
    "rest_message__agent_bot": read("Beep", name=None, photo=""),
    "rest_message__choice": read("Which size?", control={"kind": "choice", "options": [{"title": "Small", "value": "s"}]}),
}

LATER = 1789899330.51
JANE_HAS_IT = ThreadState(None, "Jane", PHOTO, LATER)
NOBODY_HAS_IT = ThreadState(None, None, "", LATER)

REST_CONVERSATIONS: dict[str, ThreadState] = {
    "rest_conversation__assigned": JANE_HAS_IT,
    "rest_conversation__assigned_before_assignee_type": JANE_HAS_IT,
    "rest_conversation__waiting": NOBODY_HAS_IT,
    "rest_conversation__in_a_team": NOBODY_HAS_IT,
    "rest_conversation__resolved": ThreadState("resolved", "Jane", PHOTO, LATER),
    "rest_conversation__pending": ThreadState("given_back", None, "", LATER),
    "rest_conversation__snoozed": JANE_HAS_IT,
    "rest_conversation__with_a_bot": NOBODY_HAS_IT,
    "rest_conversation__with_captain_4_18": NOBODY_HAS_IT,
    "rest_conversation__ours": NOBODY_HAS_IT,
}
