import subprocess
import sys
import uuid

import pytest
from channels.layers import get_channel_layer

from handoffs import announce

KNOWN_TO_THE_WEB = (
    "import handoff_project.asgi; from celery import current_app; print(sorted(t for t in current_app.tasks if 'handoffs' in t))"
)


def test_a_web_process_knows_the_tasks_it_nudges():
    told = subprocess.run([sys.executable, "-c", KNOWN_TO_THE_WEB], capture_output=True, text=True, env={"SECRET_KEY": "x", "PATH": ""})
    assert told.stdout.strip() == "['handoffs.apply', 'handoffs.fetch', 'handoffs.relay', 'handoffs.typing']", told.stderr


def test_a_nudge_that_cannot_be_published_is_a_log_line(caplog):
    announce.publish("handoffs.no_such_task", 1)
    assert "the sweeper will find it" in caplog.text


@pytest.mark.asyncio
async def test_a_channel_layer_that_fails_is_a_log_line(monkeypatch, caplog):
    async def fail(group, message):
        raise ConnectionError("Redis is away")

    monkeypatch.setattr(get_channel_layer(), "group_send", fail)
    await announce.ringer().send(announce.group_of(uuid.uuid4()))
    assert "was not heard. (Redis is away)" in caplog.text
