from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from handoffs.management.commands import rotate_keys
from handoffs.models import Handoff
from tests.handoffs.admin.conftest import SECRET, TOKEN

NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def rotate() -> str:
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def test_after_rotation_the_old_key_can_be_taken_out(support: Handoff, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, *settings.FIELD_ENCRYPTION_KEYS]
    assert rotate() == "2 secrets are sealed with the newest key now.\n"
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    support.refresh_from_db()
    assert (support.access_token, support.webhook_secret) == (TOKEN, SECRET)


def test_a_secret_whose_key_is_gone_is_named_and_left_alone(support: Handoff, settings: Any) -> None:
    sealed = support.access_token_sealed
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match=r"handoff “Support”, access_token: .* still in FIELD_ENCRYPTION_KEYS"):
        rotate()
    support.refresh_from_db()
    assert support.access_token_sealed == sealed


def test_a_secret_typed_meanwhile_is_not_overwritten(support: Handoff) -> None:
    row, field = next(rotate_keys.sealed_fields())
    support.access_token = "typed meanwhile"
    support.save()
    assert rotate_keys.reseal(row, field) is False
    support.refresh_from_db()
    assert support.access_token == "typed meanwhile"
