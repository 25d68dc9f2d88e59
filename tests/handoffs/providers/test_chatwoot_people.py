"""Visitors as contacts: found by our own key only, brought up to date, never somebody else's."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from handoffs.providers.base import Answer as Filled
from handoffs.providers.base import Locked, Person, Rejected, Unavailable, Uncertain
from handoffs.providers.chatwoot.provider import Chatwoot
from tests.handoffs.providers.script import (
    ANN,
    CONTACT,
    DOOR,
    FILTER,
    INBOX,
    KEY,
    NEW_CONTACT,
    NOBODY,
    NONE,
    PROFILE,
    SEND,
    THREAD,
    WISH,
    Script,
    contact,
    taken,
)

BY_IDENTIFIER = "POST contacts/filter"
OUR_NAMES = {"inbox_id": 7, "source_id": ANN.key, "identifier": ANN.key}
WHO = Person(ANN.key, "Ann", "ann@example.com", "+31 6 (12) 34.56-78", {"plan": "gold", "visits": 3})
SPOKEN = {"name": "Ann", "email": "ann@example.com", "phone_number": "+31612345678", "custom_attributes": {"plan": "gold", "visits": 3}}


def test_a_new_visitor_becomes_a_contact_with_what_is_known_of_them(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    thread = chatwoot.open(WHO, WISH)
    assert (thread.person_id, thread.person_key, thread.door) == ("55", ANN.key, DOOR)
    assert script.sent(NEW_CONTACT) == [OUR_NAMES | SPOKEN]


def test_what_is_not_known_is_not_set(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    chatwoot.open(Person(ANN.key, ""), WISH)
    assert script.sent(NEW_CONTACT) == [OUR_NAMES]


@pytest.mark.parametrize("phone", ["0612345678", "+0612345678", "+31 6 12x", "+" + "1" * 16, "+", "tel:+31612345678", "+٣١٦١٢٣٤٥"])
@pytest.mark.parametrize("email", ["ann", "ann@", "@example.com", "a b@example.com", "ann@example", "a" * 65 + "@example.com"])
def test_an_e_mail_or_phone_number_chatwoot_would_refuse_is_left_out(script: Script, chatwoot: Chatwoot, email: str, phone: str) -> None:
    script.a_new_visitor()
    chatwoot.open(Person(ANN.key, "Ann", email, phone), WISH)
    assert script.sent(NEW_CONTACT) == [OUR_NAMES | {"name": "Ann"}]


def test_names_and_attributes_fit_into_chatwoots_columns(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    odd = {"text\0": "x\0" * 5000, "big": 2**70, "nan": float("nan"), "half": 0.5, "yes": True, "": "no name", "k" * 300: "long name"}
    chatwoot.open(Person(ANN.key, "A\0" * 300, attributes=odd), WISH)
    (sent,) = script.sent(NEW_CONTACT)
    assert sent["name"] == "A" * 255
    assert sent["custom_attributes"] == {"text": "x" * 1500, "big": str(2**70), "half": 0.5, "yes": True, "k" * 100: "long name"}


# --- e-mail and phone belong to somebody else ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", [[taken("email")], [taken("email"), taken("phone_number")], [taken("email", "phone_number")]])
def test_where_another_contact_has_the_e_mail_or_phone_ours_goes_without(script: Script, chatwoot: Chatwoot, refused: list) -> None:
    script.a_new_visitor()
    made = (200, {"payload": {"contact": {"id": 55}}})
    script.on(NEW_CONTACT, *refused, made)
    assert chatwoot.open(WHO, WISH).person_id == "55"
    named = {column for answer in refused for column in answer[1]["attributes"]}
    assert script.sent(NEW_CONTACT)[-1] == {name: value for name, value in (OUR_NAMES | SPOKEN).items() if name not in named}
    assert not any("search" in call or "merge" in call for call in script.calls)


def test_what_the_log_says_of_it_names_no_address(script: Script, chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script.a_new_visitor()
    script.on(NEW_CONTACT, taken("email", "phone_number"), (200, {"payload": {"contact": {"id": 55}}}))
    chatwoot.open(WHO, WISH)
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("handoffs"))
    assert "email and phone_number" in said
    assert "ann@example.com" not in said and "+316" not in said


# --- an existing contact of ours ----------------------------------------------------------------------------------------------------------


def test_a_contact_that_has_it_all_is_not_written_to(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor(email="ann@example.com", phone_number="+31612345678", custom_attributes={"plan": "gold", "visits": 3, "vip": 1})
    chatwoot.open(replace(WHO, email="Ann@Example.com"), WISH)
    assert CONTACT not in script.calls and NEW_CONTACT not in script.calls


def test_a_contact_gets_what_changed_and_keeps_the_rest(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor(name="Visitor 7", email="old@example.com", custom_attributes={"plan": "gold", "note": "kept"})
    chatwoot.open(replace(WHO, phone=""), WISH)
    assert script.sent(CONTACT) == [{"name": "Ann", "email": "ann@example.com", "custom_attributes": {"visits": 3}}]


def test_a_name_that_we_made_up_replaces_none_that_somebody_gave(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor(name="Ann Smith", email="ann@example.com")
    chatwoot.open(Person(ANN.key, "Visitor 7", phone="+31612345678", named=False), WISH)
    assert script.sent(CONTACT) == [{"phone_number": "+31612345678"}]


def test_a_contact_without_a_name_gets_the_one_we_made_up(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor(name="")
    chatwoot.open(Person(ANN.key, "Visitor 7", named=False), WISH)
    assert script.sent(CONTACT) == [{"name": "Visitor 7"}]


def test_what_is_not_known_any_more_is_not_taken_away(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor(email="ann@example.com", custom_attributes={"plan": "gold"})
    chatwoot.open(Person(ANN.key, ""), WISH)
    assert CONTACT not in script.calls


def test_an_update_that_clashes_goes_without_what_clashed(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor(name="Visitor 7")
    script.on(CONTACT, taken("email"), (200, {"payload": contact()}))
    chatwoot.open(WHO, WISH)
    assert [sorted(sent) for sent in script.sent(CONTACT)] == [
        ["custom_attributes", "email", "name", "phone_number"],
        ["custom_attributes", "name", "phone_number"],
    ]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
def test_an_update_that_fails_does_not_keep_the_visitor_waiting(script: Script, chatwoot: Chatwoot, status: int) -> None:
    script.a_known_visitor(name="Visitor 7")
    script.on(CONTACT, (status, {"error": "no"}))
    assert chatwoot.open(WHO, WISH).conversation_id == "42"


@pytest.mark.parametrize("identifier", [None, "", "crm-4711", ANN.key.upper()])
def test_a_contact_an_agent_merged_ours_into_is_used_and_not_overwritten(script: Script, chatwoot: Chatwoot, identifier: str) -> None:
    script.a_known_visitor(name="Ann Smith", email="real@example.com", identifier=identifier)
    assert chatwoot.open(WHO, WISH).person_id == "55"
    assert CONTACT not in script.calls


# --- somebody was faster ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [taken("identifier"), taken("source_id"), (500, b"RecordNotUnique")])
def test_somebody_else_created_the_contact_in_between(script: Script, chatwoot: Chatwoot, first: tuple) -> None:
    script.a_known_visitor()
    script.on(FILTER, NOBODY, (200, contact()))
    script.on(NEW_CONTACT, first)
    assert chatwoot.open(ANN, WISH).person_id == "55"


def test_a_visitor_known_in_another_inbox_is_made_known_to_ours(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    script.on(NEW_CONTACT, taken("identifier"))
    script.on(BY_IDENTIFIER, (200, {"payload": [contact(id=54, identifier=ANN.key.upper()), contact()]}))
    script.on("POST contacts/55/contact_inboxes", (200, {"source_id": ANN.key}))
    assert chatwoot.open(ANN, WISH).person_id == "55"
    assert script.sent("POST contacts/55/contact_inboxes") == [{"inbox_id": 7, "source_id": ANN.key}]


@pytest.mark.parametrize(("answer", "kind"), [(taken("identifier"), Rejected), ((500, b""), Uncertain), ((503, b""), Uncertain)])
def test_a_contact_that_cannot_be_made_is_told_as_it_is(script: Script, chatwoot: Chatwoot, answer: tuple, kind: type[Exception]) -> None:
    script.a_new_visitor()
    script.on(NEW_CONTACT, answer)
    script.on(BY_IDENTIFIER, NONE)
    with pytest.raises(kind):
        chatwoot.open(ANN, WISH)


def test_a_contact_deleted_in_between_means_try_again(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    script.on("POST conversations", (404, {"error": "Resource could not be found"}))
    with pytest.raises(Unavailable):
        chatwoot.open(ANN, WISH)


# --- the door -----------------------------------------------------------------------------------------------------------------------------


def test_an_inbox_of_another_kind_is_locked_with_what_to_do(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    script.on(INBOX, (200, {"id": 7, "channel_type": "Channel::WebWidget"}))
    with pytest.raises(Locked, match="not an API inbox"):
        chatwoot.open(ANN, WISH)
    assert NEW_CONTACT not in script.calls


def test_a_desk_that_tells_neither_identifier_nor_user_still_takes_visitors(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    script.on(INBOX, (200, {"id": 7}))
    script.on(PROFILE, (200, []))
    assert chatwoot.open(ANN, WISH).door == '{"inbox": "", "user": null}'


# --- an e-mail address given in the chat --------------------------------------------------------------------------------------------------

GIVEN = Filled(KEY, 9013, "Ann@example.com", email="Ann@example.com")


def test_an_e_mail_address_is_said_to_the_agent_and_kept_with_the_contact(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor()
    script.on(SEND, (200, {"id": 9014}))
    assert chatwoot.answer(THREAD, GIVEN) == 9014
    assert script.sent(CONTACT) == [{"email": "Ann@example.com"}]
    (said,) = script.sent(SEND)
    assert (said["content"], said["message_type"], said["source_id"]) == ("Ann@example.com", "incoming", f"handoff:{KEY}")
    assert script.calls.index(CONTACT) < script.calls.index(SEND)


@pytest.mark.parametrize("answer", [taken("email"), (500, b""), (404, b""), (401, b"")])
def test_an_e_mail_address_somebody_else_has_is_said_all_the_same(script: Script, chatwoot: Chatwoot, answer: tuple) -> None:
    script.a_known_visitor()
    script.on(CONTACT, answer)
    script.on(SEND, (200, {"id": 9014}))
    assert chatwoot.answer(THREAD, GIVEN) == 9014


def test_an_e_mail_address_given_to_a_merged_contact_changes_nobody(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor(identifier="crm-4711")
    script.on(SEND, (200, {"id": 9014}))
    assert chatwoot.answer(THREAD, GIVEN) == 9014
    assert CONTACT not in script.calls
