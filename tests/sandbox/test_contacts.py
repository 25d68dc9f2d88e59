"""Contacts and their places in inboxes."""

import pytest

from tests.sandbox.conftest import World


def test_a_contact_is_created_with_its_source_id(world: World) -> None:
    body = {"inbox_id": world.demo.inbox_id, "source_id": "S", "name": "Ann", "email": "Ann@Example.com"}
    payload = world.admin.post("/contacts", **body).json()["payload"]
    assert payload["contact_inbox"]["source_id"] == "S"
    assert payload["contact_inbox"]["inbox"]["id"] == world.demo.inbox_id
    assert payload["contact"]["email"] == "ann@example.com"
    assert type(payload["contact"]["created_at"]) is int
    assert [link["source_id"] for link in payload["contact"]["contact_inboxes"]] == ["S"]


def test_without_an_inbox_the_contact_inbox_is_empty(world: World) -> None:
    payload = world.admin.post("/contacts", name="Ann").json()["payload"]
    assert payload["contact_inbox"] == {"inbox": None, "source_id": None}


@pytest.mark.parametrize(("column", "value"), [("email", "a@x.test"), ("identifier", "user-1"), ("phone_number", "+31612345678")])
def test_a_taken_email_phone_or_identifier_is_refused(world: World, column: str, value: str) -> None:
    world.contact(**{column: value})
    refused = world.admin.post("/contacts", name="Bob", **{column: value.upper() if column == "email" else value})
    label = column.replace("_", " ").capitalize()
    assert (refused.status_code, refused.json()) == (422, {"message": f"{label} has already been taken", "attributes": [column]})


def test_a_malformed_phone_number_is_refused(world: World) -> None:
    refused = world.admin.post("/contacts", name="Bob", phone_number="0612345678")
    assert (refused.status_code, refused.json()["attributes"]) == (422, ["phone_number"])


def test_a_name_of_256_characters_is_refused(world: World) -> None:
    assert world.admin.post("/contacts", name="x" * 255).status_code == 200
    assert world.admin.post("/contacts", name="x" * 256).status_code == 422


def test_a_source_id_of_another_contact_is_a_server_error_on_contact_create(world: World) -> None:
    world.contact("S")
    answer = world.admin.post("/contacts", inbox_id=world.demo.inbox_id, source_id="S", name="Bob")
    assert answer.status_code == 500
    assert world.store.count("contacts", "name = 'Bob'") == 0, "the transaction was rolled back"


def test_a_nul_byte_is_what_postgres_refuses(world: World) -> None:
    assert world.admin.post("/contacts", name="a\0b").status_code == 500


def test_updating_merges_attributes_and_keeps_the_rest(world: World) -> None:
    contact = world.contact(custom_attributes={"a": 1}, email="a@x.test")
    changed = world.admin.patch(f"/contacts/{contact['id']}", custom_attributes={"b": 2}).json()["payload"]
    assert (changed["custom_attributes"], changed["email"]) == ({"a": 1, "b": 2}, "a@x.test")
    assert world.admin.get(f"/contacts/{contact['id']}").json()["payload"] == changed


def test_an_unknown_contact_is_not_found(world: World) -> None:
    for contact_id in ("99", "nonsense", "9" * 40):
        assert world.admin.get(f"/contacts/{contact_id}").json() == {"error": "Resource could not be found"}


def test_search_finds_substrings_a_page_at_a_time(world: World) -> None:
    for number in range(16):
        world.contact(f"S{number}", name=f"Searched {number:02}")
    first = world.admin.get("/contacts/search", q="earche", sort="-name").json()
    assert first["meta"] == {"count": 15, "current_page": 1, "has_more": True}
    assert first["payload"][0]["name"] == "Searched 15"
    assert world.admin.get("/contacts/search", q="earche", page=2).json()["meta"]["has_more"] is False


def test_a_search_without_words_is_refused(world: World) -> None:
    answer = world.admin.get("/contacts/search")
    assert (answer.status_code, answer.json()) == (422, {"error": "Specify search string with parameter q"})


def condition(key: str, value: str, operator: str = "equal_to") -> dict[str, object]:
    return {"attribute_key": key, "filter_operator": operator, "values": [value], "query_operator": None}


def test_filter_finds_a_contact_by_identifier_whatever_its_case(world: World) -> None:
    contact = world.contact(identifier="User-42")
    found = world.admin.post("/contacts/filter", payload=[condition("identifier", "user-42")]).json()
    assert (found["meta"]["count"], found["payload"][0]["id"]) == (1, contact["id"])


def test_filter_passes_over_contacts_without_email_phone_and_identifier(world: World) -> None:
    world.contact()
    assert world.admin.post("/contacts/filter", payload=[condition("name", "Ann")]).json()["payload"] == []


def test_filter_refuses_a_key_it_does_not_know(world: World) -> None:
    refused = world.admin.post("/contacts/filter", payload=[condition("shoe_size", "42")])
    assert (refused.status_code, list(refused.json())) == (422, ["error"])


def test_the_exact_look_up_by_source_id_returns_a_bare_contact(world: World) -> None:
    contact = world.contact("S")
    found = world.admin.post("/contact_inboxes/filter", inbox_id=world.demo.inbox_id, source_id="S").json()
    assert found["id"] == contact["id"]
    missing = world.admin.post("/contact_inboxes/filter", inbox_id=world.demo.inbox_id, source_id="T")
    assert (missing.status_code, missing.content) == (404, b"")


def test_a_contact_inbox_may_be_created_again(world: World) -> None:
    contact = world.contact("S")
    path = f"/contacts/{contact['id']}/contact_inboxes"
    for _ in range(2):
        assert world.admin.post(path, inbox_id=world.demo.inbox_id, source_id="S2").json()["source_id"] == "S2"
    assert len(world.admin.get(f"/contacts/{contact['id']}").json()["payload"]["contact_inboxes"]) == 2


def test_the_conversations_of_a_contact_are_listed(world: World) -> None:
    conversation = world.conversation()
    contact_id = world.admin.get(f"/conversations/{conversation}").json()["meta"]["sender"]["id"]
    listed = world.jane.get(f"/contacts/{contact_id}/conversations").json()["payload"]
    assert [row["id"] for row in listed] == [conversation]
