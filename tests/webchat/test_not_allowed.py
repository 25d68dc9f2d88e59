"""What the scenario does not let its visitors do, they cannot do past its menu either."""

import json
import uuid

import pytest
from asgiref.sync import sync_to_async

from handoffs import relay, switchboard
from handoffs.models import Conversation
from handoffs.models.scenario import InterfaceSettings
from handoffs.switchboard import Words
from tests.webchat.test_socket import greeted, socket, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def token(scenario, sheet):
    """Of somebody who waits for a human."""
    token, conversation = switchboard.begin(scenario, "http://testserver")
    for text in ("talk to a human", "my parcel is wet"):
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))
    relay.relay(conversation.pk)
    return token


def post(client, path, body, **headers):
    return client.post(f"/webchat/{path}", json.dumps(body), content_type="application/json", headers=headers)


def has_humans():
    return Conversation.objects.get().latest_transfer().is_open()


@pytest.mark.parametrize("may", [True, False])
def test_ending(client, token, may):
    InterfaceSettings.objects.update(may_end=may)
    answer = post(client, "end", {}, Authorization=f"Bearer {token}")
    assert answer.status_code == (204 if may else 422)
    assert has_humans() != may
    if not may:
        assert answer.json()["code"] == "not_allowed" and "cannot end" in answer.json()["detail"]


@pytest.mark.asyncio
@pytest.mark.parametrize("may", [True, False])
async def test_ending_over_the_socket(token, may):
    await InterfaceSettings.objects.aupdate(may_end=may)
    async with socket() as browser:
        await greeted(browser, token)
        await browser.send_frame({"type": "end"})
        await browser.send_frame({"type": "say", "cid": str(uuid.uuid4()), "n": 1, "text": "Still there?"})
        await until(browser, "ack")
    assert await sync_to_async(has_humans)() != may


@pytest.mark.parametrize(("may_restart", "show_history", "status"), [(True, True, 201), (False, True, 422), (False, False, 201)])
def test_starting_again(client, token, may_restart, show_history, status):
    InterfaceSettings.objects.update(may_restart=may_restart, show_history=show_history)
    answer = post(client, "session", {"scenario": "demo", "before": token}, Origin="http://testserver")
    assert answer.status_code == status
    assert Conversation.objects.count() == 1 + (status == 201)
    if status == 422:
        assert answer.json()["code"] == "not_allowed"
        # Whoever was never here may begin.
        assert post(client, "session", {"scenario": "demo"}, Origin="http://testserver").status_code == 201
