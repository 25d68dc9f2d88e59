import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from handoffs import sealed
from handoffs.models import Handoff

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def test_a_secret_opens_where_it_was_sealed(settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert sealed.unseal(sealed.seal("swordfish", "row 1"), "row 1") == "swordfish"


def test_a_sealed_secret_does_not_show_it(settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert "swordfish" not in sealed.seal("swordfish", "row 1")


def test_a_secret_copied_to_another_row_does_not_open(settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(sealed.CannotUnseal):
        sealed.unseal(sealed.seal("swordfish", "row 1"), "row 2")


def test_an_older_key_still_opens_and_the_newest_seals(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    stored = sealed.seal("swordfish", "row 1")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert sealed.unseal(stored, "row 1") == "swordfish"
    assert sealed.seal("swordfish", "row 1").startswith("new:")


def test_a_missing_key_is_said_by_name(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    stored = sealed.seal("swordfish", "row 1")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(sealed.CannotUnseal, match="“old”"):
        sealed.unseal(stored, "row 1")


@pytest.mark.parametrize("keys", [[], ["no colon"], ["id:not base64!"], ["id:dG9vIHNob3J0"]])
def test_unusable_keys_are_explained(settings, keys):
    settings.FIELD_ENCRYPTION_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS"):
        sealed.seal("swordfish", "row 1")


def test_a_handoffs_token_is_not_readable_in_the_database(handoff):
    stored = Handoff.objects.values().get()
    assert handoff.access_token == "token-of-the-bridge"
    assert "token-of-the-bridge" not in str(stored) and "secret-of-the-inbox" not in str(stored)


def test_one_handoffs_token_does_not_open_in_another(handoff):
    thief = Handoff(scenario=handoff.scenario, name="Thief", account_id=1, inbox_id=2, access_token_sealed=handoff.access_token_sealed)
    with pytest.raises(sealed.CannotUnseal):
        _ = thief.access_token


def test_the_demo_takes_a_token_that_looks_like_an_option(db):
    call_command("load_demo", domain="http://127.0.0.1:9/", account=1, inbox=7, token="--help", secret="-x")
    assert Handoff.objects.get().access_token == "--help"
