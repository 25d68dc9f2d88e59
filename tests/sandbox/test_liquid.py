"""What becomes of braces in what is said outward."""

import pytest

from tests.sandbox.conftest import World


@pytest.fixture
def conversation(world: World) -> int:
    conversation = world.conversation(custom_attributes={"order": 7})
    contact = world.admin.get(f"/conversations/{conversation}").json()["meta"]["sender"]
    world.admin.patch(f"/contacts/{contact['id']}", name="ann van dam", custom_attributes={"plan": "gold"})
    return conversation


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("Hi {{contact.name}}", "Hi Ann Van Dam"),
        ("{{ contact.first_name }}/{{contact.last_name}}/{{agent.name}}/{{agent.available_name}}", "Ann/Dam/Jane Doe/Jane"),
        ("{{contact.custom_attribute.plan}} {{conversation.custom_attribute.order}}", "gold 7"),
        ("{{inbox.name}}, {{account.name}}, {{conversation.display_id}}", "Website chat, Demo Support, 1"),
        ("{{contact.shoe_size}}|{{nobody}}|{{contact}}", "||"),
        ('{{contact.email | default: "no address"}}', "no address"),
        ("`{{contact.name}}` {{contact.first_name}}", "`{{contact.name}}` Ann"),
        ("{{contact.name", "{{contact.name"),
        ("{% if %} {{contact.name}}", "{% if %} {{contact.name}}"),
        ("{{ 'x' }}", "x"),
    ],
)
def test_what_is_said_outward_is_filled_in(world: World, conversation: int, content: str, shown: str) -> None:
    assert world.server.agent_replies(conversation, content)["content"] == shown


def test_a_private_note_is_filled_in_too(world: World, conversation: int) -> None:
    assert world.server.agent_notes(conversation, "{{contact.first_name}}")["content"] == "Ann"


def test_what_the_contact_says_stays(world: World, conversation: int) -> None:
    assert world.visitor_says(conversation, "{{contact.first_name}}")["content"] == "{{contact.first_name}}"


def test_a_greeting_is_filled_in(world: World, conversation: int) -> None:
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", greeting_enabled=True, greeting_message="Hello {{contact.first_name}}")
    world.visitor_says(conversation, "Hi")
    assert world.server.messages(conversation)[-1]["content"] == "Hello Ann"
