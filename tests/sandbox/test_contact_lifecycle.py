"""Contacts merged, deleted, labelled and found; and the contact's own view of itself (CHATWOOT.md §1.3, §2, §9)."""

import hashlib
import hmac
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Json, World


class Public:
    """The client API, as whoever knows the address."""

    def __init__(self, world: World) -> None:
        self.inbox = world.store.find("inboxes", id=world.demo.inbox_id)
        self.base = f"{world.server.url}/public/api/v1/inboxes/{self.inbox['identifier']}"

    def call(self, method: str, path: str = "", **body: object) -> requests.Response:
        return requests.request(method, self.base + path, json=body, timeout=10)

    def hash(self, identifier: str) -> str:
        return hmac.new(self.inbox["hmac_token"].encode(), identifier.encode(), hashlib.sha256).hexdigest()


@pytest.fixture
def public(world: World) -> Public:
    return Public(world)


def merge(world: World, base: int, mergee: int) -> requests.Response:
    return world.jane.post("/actions/contact_merge", base_contact_id=base, mergee_contact_id=mergee)


def test_a_merge_changes_the_contact_and_neither_source_id_nor_number(world: World) -> None:
    base = world.contact("A", name="Ann", email="ann@x.test", custom_attributes={"a": 1, "both": "base"})
    conversation = world.conversation("B")
    mergee = world.admin.get(f"/conversations/{conversation}").json()["meta"]["sender"]["id"]
    world.admin.patch(f"/contacts/{mergee}", phone_number="+31612345678", custom_attributes={"b": 2, "both": "mergee"})
    world.visitor_says(conversation, "Hi")
    world.forget()
    merged = merge(world, base["id"], mergee).json()
    assert (merged["id"], merged["email"], merged["phone_number"]) == (base["id"], "ann@x.test", "+31612345678")
    assert merged["custom_attributes"] == {"a": 1, "b": 2, "both": "base"}
    assert {link["source_id"] for link in merged["contact_inboxes"]} == {"A", "B"}
    assert world.heard() == [], "no webhook tells of a merge"
    assert world.admin.get(f"/contacts/{mergee}").status_code == 404
    world.server.agent_replies(conversation, "Hello")
    told = world.heard("message_created")[-1]["conversation"]
    assert (told["id"], told["contact_inbox"]["source_id"], told["meta"]["sender"]["id"]) == (conversation, "B", base["id"])
    assert world.server.messages(conversation)[0]["sender"]["id"] == base["id"]


def test_a_contact_merged_with_itself_stays(world: World) -> None:
    contact = world.contact()["id"]
    assert merge(world, contact, contact).json()["id"] == contact


def test_only_an_administrator_deletes_a_contact_and_its_conversations_go_too(world: World) -> None:
    conversation = world.conversation()
    contact = world.admin.get(f"/conversations/{conversation}").json()["meta"]["sender"]["id"]
    world.visitor_says(conversation, "Hi")
    assert world.jane.delete(f"/contacts/{contact}").status_code == 401
    world.forget()
    answer = world.admin.delete(f"/contacts/{contact}")
    assert (answer.status_code, answer.content) == (200, b"")
    for path in (f"/contacts/{contact}", f"/conversations/{conversation}"):
        assert world.admin.get(path).status_code == 404
    assert world.heard() == []


def test_named_custom_attributes_are_destroyed(world: World) -> None:
    contact = world.contact(custom_attributes={"a": 1, "b": 2})
    answer = world.jane.post(f"/contacts/{contact['id']}/destroy_custom_attributes", custom_attributes=["a", "unknown"])
    assert answer.json()["payload"]["custom_attributes"] == {"b": 2}


def test_the_labels_of_a_contact_are_replaced(world: World) -> None:
    path = f"/contacts/{world.contact()['id']}/labels"
    assert world.jane.post(path, labels=["vip", "vip", "late"]).json() == {"payload": ["vip", "late"]}
    assert world.jane.post(path, labels=["vip"]).json() == world.jane.get(path).json() == {"payload": ["vip"]}


@pytest.mark.parametrize(
    ("key", "operator", "values", "found"),
    [
        ("labels", "equal_to", ["vip"], ["Ann"]),
        ("labels", "is_not_present", [], ["Bob"]),
        ("blocked", "equal_to", ["true"], ["Bob"]),
        ("city", "equal_to", ["Utrecht"], ["Ann"]),
        ("name", "does_not_contain", ["an"], ["Bob"]),
    ],
)
def test_filter_knows_labels_blocked_and_places(world: World, key: str, operator: str, values: list[str], found: list[str]) -> None:
    ann = world.contact("A", name="Ann", email="ann@x.test", additional_attributes={"city": "Utrecht"})
    world.contact("B", name="Bob", email="bob@x.test", blocked=True)
    world.admin.post(f"/contacts/{ann['id']}/labels", labels=["vip"])
    condition = {"attribute_key": key, "filter_operator": operator, "values": values, "query_operator": None}
    payload = world.admin.post("/contacts/filter", payload=[condition]).json()["payload"]
    assert [contact["name"] for contact in payload] == found


def test_updating_to_anothers_email_is_refused_in_the_shape_of_a_model(world: World) -> None:
    world.contact("A", email="taken@x.test")
    bob = world.contact("B")
    refused = world.admin.patch(f"/contacts/{bob['id']}", email="Taken@x.test")
    assert (refused.status_code, refused.json()) == (422, {"message": "Email has already been taken", "attributes": ["email"]})


def test_contact_inboxes_may_be_left_out(world: World) -> None:
    contact = world.contact()["id"]
    assert "contact_inboxes" not in world.admin.get(f"/contacts/{contact}", include_contact_inboxes="false").json()["payload"]


def test_the_public_inbox_tells_its_hours(public: Public) -> None:
    inbox = public.call("GET").json()
    assert (inbox["name"], inbox["identity_validation_enabled"], len(inbox["working_hours"])) == ("Website chat", False, 7)
    assert "secret" not in inbox
    assert requests.get(f"{public.base}x", timeout=5).status_code == 404


def test_a_contact_sees_and_changes_itself(world: World, public: Public) -> None:
    contact = world.contact("S", custom_attributes={"a": 1})
    seen = public.call("GET", "/contacts/S").json()
    assert seen.keys() == {"source_id", "pubsub_token", "id", "name", "email", "phone_number"}
    assert (seen["source_id"], seen["id"], seen["name"]) == ("S", contact["id"], "Ann")
    changed = public.call("PATCH", "/contacts/S", name="Anna", email="anna@x.test", identifier="x", custom_attributes={"b": 2}).json()
    assert (changed["name"], changed["account_id"], changed["identifier"]) == ("Anna", 1, None), "the raw row, and no identifier"
    assert changed["custom_attributes"] == {"a": 1, "b": 2}
    assert public.call("GET", "/contacts/T").status_code == 404


def test_who_gives_anothers_email_becomes_them(world: World, public: Public) -> None:
    known = world.contact("A", email="ann@x.test")
    conversation = world.conversation("B")
    changed = public.call("PATCH", "/contacts/B", email="ann@x.test").json()
    assert changed["id"] == known["id"]
    sender = world.admin.get(f"/conversations/{conversation}").json()["meta"]["sender"]
    assert sender["id"] == known["id"]


def test_a_public_contact_is_found_by_what_it_says(world: World, public: Public) -> None:
    known = world.contact("A", email="ann@x.test")
    again = public.call("POST", "/contacts", source_id="B", email="Ann@x.test").json()
    assert (again["id"], again["source_id"]) == (known["id"], "B")
    untouched = public.call("POST", "/contacts", source_id="B", name="Somebody else").json()
    assert untouched["name"] == "Ann"
    assert public.call("POST", "/contacts", name="New").json()["id"] != known["id"]


def test_a_wrong_hash_is_a_server_error_and_a_right_one_verifies(world: World, public: Public) -> None:
    world.contact("S", identifier="u1")
    wrong: dict[str, Any] = {"identifier": "u1", "identifier_hash": "0" * 64}
    assert public.call("PATCH", "/contacts/S", **wrong).status_code == 500
    right = {"identifier": "u1", "identifier_hash": public.hash("u1")}
    assert public.call("PATCH", "/contacts/S", **right).status_code == 200
    assert world.store.find("contact_inboxes", source_id="S")["hmac_verified"] is True


def test_where_a_hash_is_mandatory_none_is_a_server_error(world: World, public: Public) -> None:
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", channel={"hmac_mandatory": True})
    assert public.call("POST", "/contacts", name="Ann").status_code == 500


def test_a_contact_opens_and_resolves_but_never_reopens(world: World, public: Public) -> None:
    world.contact("S")
    made: Json = public.call("POST", "/contacts/S/conversations", custom_attributes={"a": 1}).json()
    assert (made["status"], made["messages"], made["contact"]["name"]) == ("open", [], "Ann")
    path = f"/contacts/S/conversations/{made['id']}/toggle_status"
    assert [public.call("POST", path).json()["status"] for _ in range(2)] == ["resolved", "resolved"]
    assert world.admin.get(f"/conversations/{made['id']}").json()["custom_attributes"] == {"a": 1}
