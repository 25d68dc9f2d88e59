"""What a server of some version does not do yet (CHATWOOT.md §10)."""

from collections.abc import Callable

import pytest

from tests.sandbox.conftest import World

Maker = Callable[..., World]


@pytest.mark.parametrize(("version", "told"), [("4.1.9", False), ("4.2.0", True)])
def test_typing_is_told_since_4_2(make_world: Maker, version: str, told: bool) -> None:
    world = make_world(version=version)
    conversation = world.conversation()
    world.forget()
    world.server.agent_types(conversation)
    assert bool(world.heard()) is told


@pytest.mark.parametrize(("version", "signed"), [("4.12.9", False), ("4.13.0", True)])
def test_inbox_webhooks_are_signed_since_4_13(make_world: Maker, version: str, signed: bool) -> None:
    world = make_world(version=version)
    world.conversation()
    world.server.drain()
    assert ("x-chatwoot-signature" in world.hook.deliveries[0].headers) is signed
    inbox = f"/inboxes/{world.demo.inbox_id}"
    assert ("secret" in world.admin.get(inbox).json()) is signed
    assert world.admin.post(f"{inbox}/reset_secret").status_code == (200 if signed else 404)


@pytest.mark.parametrize(("version", "arrives"), [("4.13.0", True), ("4.14.0", False), ("4.14.1", True)])
def test_4_14_0_alone_cannot_be_told_to_post_to_private_addresses(make_world: Maker, version: str, arrives: bool) -> None:
    world = make_world(version=version, allow_private_network=True)
    world.conversation()
    assert bool(world.heard()) is arrives


@pytest.mark.parametrize(("version", "named"), [("4.14.1", False), ("4.14.2", True)])
def test_a_conversation_names_its_account_since_4_14_2(make_world: Maker, version: str, named: bool) -> None:
    world = make_world(version=version)
    conversation = world.conversation()
    world.visitor_says(conversation, "Hi")
    (created,), (message,) = world.heard("conversation_created"), world.heard("message_created")
    assert ("account" in created) is ("account" in message["conversation"]) is named
    assert message["account"]["id"] == 1, "a message always did"


@pytest.mark.parametrize(("version", "status"), [("4.17.0", 404), ("4.18.0", 200)])
def test_the_hmac_token_is_rotated_since_4_18(make_world: Maker, version: str, status: int) -> None:
    world = make_world(version=version)
    inbox = f"/inboxes/{world.demo.inbox_id}"
    before = world.admin.get(inbox).json()["hmac_token"]
    assert world.admin.post(f"{inbox}/rotate_hmac_token").status_code == status
    assert (world.admin.get(inbox).json()["hmac_token"] != before) is (status == 200)
