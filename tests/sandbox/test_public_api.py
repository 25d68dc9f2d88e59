"""The client API: a contact's own chat, without a token (CHATWOOT.md §2, §5)."""

import pytest
import requests

from sandbox.clock import now
from tests.sandbox.conftest import Api, Json, World

DAY = 86_400


class Chat:
    """Ann's. `says` and the like answer what the public API does."""

    def __init__(self, world: World) -> None:
        self.world, self.id = world, world.conversation()
        inbox = world.store.find("inboxes", id=world.demo.inbox_id)
        self.api = Api(f"{world.server.url}/public/api/v1/inboxes/{inbox['identifier']}/contacts", "")
        self.messages = f"/S/conversations/{self.id}/messages"
        world.forget()

    def asks(self, content_type: str, **attributes: object) -> Json:
        path = f"/conversations/{self.id}/messages"
        return dict(self.world.jane.post(path, content="?", content_type=content_type, content_attributes=attributes).json())

    def answers(self, message: Json, submitted: object) -> requests.Response:
        return self.api.patch(f"{self.messages}/{message['id']}", submitted_values=submitted)

    def rates(self, message: Json, rating: object, words: str = "") -> requests.Response:
        return self.answers(message, {"csat_survey_response": {"rating": rating, "feedback_message": words}})

    def ratings(self, **params: object) -> list[Json]:
        return list(self.world.admin.get("/csat_survey_responses", **params).json())


@pytest.fixture
def chat(world: World) -> Chat:
    return Chat(world)


def test_a_visitor_says_something_and_no_more(chat: Chat) -> None:
    forged = {"source_id": "bot:1", "message_type": "outgoing", "private": True, "content_type": "cards", "echo_id": "e"}
    said = chat.api.post(chat.messages, content="Hi", **forged).json()
    assert set(said) == {"id", "content", "message_type", "content_type", "content_attributes", "created_at", "conversation_id", "sender"}
    assert (said["message_type"], said["content_type"], said["conversation_id"], said["sender"]["name"]) == (0, "text", chat.id, "Ann")
    [body] = chat.world.heard("message_created")
    assert (body["message_type"], body["private"], body["source_id"]) == ("incoming", False, None)


def test_a_visitor_sends_a_file(chat: Chat) -> None:
    said = chat.api.call("POST", chat.messages, data={"content": ""}, files={"attachments[]": ("a.txt", b"x", "text/plain")}).json()
    assert [file["file_type"] for file in said["attachments"]] == ["file"]
    assert chat.api.post(chat.messages, attachments=["signed"]).status_code == 500


def test_what_cannot_be_is_refused_in_the_words_of_the_model(chat: Chat) -> None:
    refused = chat.api.post(chat.messages, content="x" * 150_001)
    expected = {"message": "Content is too long (maximum is 150000 characters)", "attributes": ["content"]}
    assert (refused.status_code, refused.json()) == (422, expected)


def test_the_list_is_bare_and_twenty_long_and_without_what_is_internal(chat: Chat) -> None:
    chat.world.server.agent_notes(chat.id, "psst")
    for number in range(25):
        chat.api.post(chat.messages, content=str(number))
    chat.world.server.agent_resolves(chat.id)
    latest = chat.api.get(chat.messages).json()
    assert [message["content"] for message in latest] == [str(number) for number in range(5, 25)]
    older = chat.api.get(chat.messages, before=latest[0]["id"]).json()
    assert [message["content"] for message in older] == [str(number) for number in range(5)]
    assert len(chat.api.get(chat.messages, after=latest[-1]["id"]).json()) == 20, "`after` is not known here"


def test_a_conversation_shows_its_talk_and_the_contacts_whole_row(chat: Chat) -> None:
    chat.api.post(chat.messages, content="Hi")
    chat.world.server.agent_notes(chat.id, "psst")
    shown = chat.api.get(f"/S/conversations/{chat.id}").json()
    assert [message["content"] for message in shown["messages"]] == ["Hi"]
    assert (shown["id"], shown["status"], shown["contact"]["account_id"], shown["contact"]["name"]) == (chat.id, "open", 1, "Ann")
    assert shown["uuid"] == chat.world.admin.get(f"/conversations/{chat.id}").json()["uuid"]
    assert chat.api.get("/S/conversations").json() == [shown]


def test_a_verified_contact_sees_all_its_conversations(chat: Chat) -> None:
    contact = chat.world.store.find("conversations", display_id=chat.id)["contact_id"]
    other = chat.world.admin.post("/conversations", inbox_id=chat.world.demo.inbox_id, contact_id=contact, source_id="S2").json()["id"]
    assert chat.api.get(f"/S/conversations/{other}").status_code == 404
    link = chat.world.store.find("contact_inboxes", source_id="S")
    chat.world.store.update("contact_inboxes", link["id"], hmac_verified=True)
    assert [each["id"] for each in chat.api.get("/S/conversations").json()] == [chat.id, other]
    assert chat.api.get(f"/S/conversations/{other}").status_code == 200


@pytest.mark.parametrize("path", ["/T/conversations", "/S/conversations/99", "/S/conversations/99/messages"])
def test_a_stranger_finds_nothing(chat: Chat, path: str) -> None:
    assert (chat.api.get(path).status_code, chat.api.get(path).json()) == (404, {"status": 404, "error": "Not Found"})


def test_a_choice_is_told_with_what_was_asked(chat: Chat) -> None:
    items = [{"title": "Large", "value": "l"}]
    asked = chat.asks("input_select", items=items)
    chat.world.forget()
    given = {"name": "size", "title": "Large", "value": "l"}
    answer = chat.answers(asked, [given | {"colour": "red"}])
    expected = {"items": items, "submitted_values": [given]}
    assert (answer.status_code, answer.json()["content_attributes"]) == (200, expected)
    [body] = chat.world.heard("message_updated")
    assert (body["id"], body["content_attributes"]) == (asked["id"], expected)


def test_a_form_is_submitted(chat: Chat) -> None:
    asked = chat.asks("form", items=[{"name": "mail", "type": "email"}])
    assert chat.answers(asked, [{"name": "mail", "value": "a@x"}]).json()["content_attributes"]["submitted_values"] == [
        {"name": "mail", "value": "a@x"}
    ]


def test_nothing_else_of_a_message_can_be_changed(chat: Chat) -> None:
    asked = chat.asks("input_email")
    chat.world.forget()
    answer = chat.api.patch(f"{chat.messages}/{asked['id']}", content="x", submitted_email="a@x", status="read")
    assert (answer.status_code, answer.json()["content"], answer.json()["content_attributes"]) == (200, "?", {})
    assert chat.world.heard() == []
    assert chat.api.patch(f"{chat.messages}/1", submitted_values=[]).status_code == 404


def test_a_rating_is_stored_and_can_be_changed(chat: Chat) -> None:
    chat.world.jane.post(f"/conversations/{chat.id}/assignments", assignee_id=chat.world.store.find("users", name="Jane Doe")["id"])
    asked = chat.asks("input_csat")
    assert chat.rates(asked, 2).status_code == 200
    assert chat.rates(asked, 5, "great").json()["content_attributes"]["submitted_values"] == {
        "csat_survey_response": {"rating": 5, "feedback_message": "great"}
    }
    [stored] = chat.ratings()
    assert (stored["rating"], stored["feedback_message"], stored["message_id"]) == (5, "great", asked["id"])
    assert (stored["conversation_id"], stored["contact"]["name"], stored["assigned_agent"]["name"]) == (chat.id, "Ann", "Jane Doe")
    assert (type(stored["created_at"]), stored["account_id"]) == (int, 1)
    assert (chat.ratings(page=2), chat.ratings(inbox_id=99), len(chat.ratings(inbox_id=chat.world.demo.inbox_id))) == ([], [], 1)
    assert chat.world.jane.get("/csat_survey_responses").status_code == 401, "for administrators"


@pytest.mark.parametrize("rating", [0, 6, None])
def test_an_impossible_rating_is_taken_and_never_stored(chat: Chat, rating: object) -> None:
    asked = chat.asks("input_csat")
    assert chat.rates(asked, rating).status_code == 200
    assert chat.ratings() == []


def test_a_rating_of_something_else_is_none(chat: Chat) -> None:
    assert chat.rates(chat.asks("input_select", items=[{"title": "A", "value": "a"}]), 5).status_code == 200
    assert chat.ratings() == []


@pytest.mark.parametrize(("days", "status"), [(14, 200), (15, 422)])
def test_a_rating_is_locked_after_fourteen_days(chat: Chat, days: int, status: int) -> None:
    asked = chat.asks("input_csat")
    chat.world.store.update("messages", asked["id"], created_at=now() - days * DAY)
    answers = [chat.rates(asked, 5), survey(chat, "PUT", {"message": {"submitted_values": {"csat_survey_response": {"rating": 4}}}})]
    assert [answer.status_code for answer in answers] == [status] * 2
    assert [rating["rating"] for rating in chat.ratings()] == ([4] if status == 200 else [])
    if status == 422:
        assert answers[0].json() == {"error": "You cannot update the CSAT survey after 14 days"}


def test_only_ratings_are_locked(chat: Chat) -> None:
    asked = chat.asks("input_select", items=[{"title": "A", "value": "a"}])
    chat.world.store.update("messages", asked["id"], created_at=now() - 30 * DAY)
    assert chat.answers(asked, [{"value": "a"}]).status_code == 200


def survey(chat: Chat, method: str, body: Json | None = None) -> requests.Response:
    """The page behind the link of a survey."""
    uuid = chat.world.store.find("conversations", display_id=chat.id)["uuid"]
    return requests.request(method, f"{chat.world.server.url}/public/api/v1/csat_survey/{uuid}", json=body, timeout=5)


def test_a_survey_is_answered_by_its_link(chat: Chat) -> None:
    assert survey(chat, "GET").status_code == 404, "nobody asked"
    asked = chat.asks("input_csat")
    shown = survey(chat, "GET").json()
    assert (shown["id"], shown["csat_survey_response"], shown["inbox_name"]) == (asked["id"], None, "Website chat")
    chat.world.forget()
    given = {"message": {"submitted_values": {"csat_survey_response": {"rating": 3, "feedback_message": ""}}}}
    assert survey(chat, "PUT", given).json()["csat_survey_response"]["rating"] == 3
    assert [rating["rating"] for rating in chat.ratings()] == [3]
    [body] = chat.world.heard("message_updated")
    assert body["content_attributes"]["submitted_values"] == given["message"]["submitted_values"]
    assert survey(chat, "PUT", {}).status_code == 500
