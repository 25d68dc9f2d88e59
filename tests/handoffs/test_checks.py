from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

GOOD = "k:" + "A" * 43 + "="


def ids(**more: Any) -> list[str | None]:
    return [message.id for message in run_checks(**more) if (message.id or "").startswith("handoffs.")]


@pytest.fixture(autouse=True)
def a_good_site(settings: Any) -> None:
    settings.PUBLIC_URL, settings.HANDOFF_HOST, settings.ALLOWED_HOSTS = "https://example.com", "example.com", [".example.com"]


def test_a_good_configuration_is_not_complained_about() -> None:
    assert ids(include_deployment_checks=True) == []


@pytest.mark.parametrize("keys", [[], ["no colon"], ["k:not base64!"], ["k:c2hvcnQ="]])
def test_keys_that_are_missing_or_malformed(settings: Any, keys: list[str]) -> None:
    settings.FIELD_ENCRYPTION_KEYS = keys
    assert ids() == ["handoffs.E001"]


def test_two_keys_of_one_id(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [GOOD, "k:" + "B" * 43 + "="]
    assert ids() == ["handoffs.E002"]


@pytest.mark.parametrize("url", ["", "example.com", "ftp://example.com", "https://example.com/chat", "https://", "https://example.com:x"])
def test_a_public_url_that_is_no_site(settings: Any, url: str) -> None:
    settings.PUBLIC_URL = url
    assert ids() == ["handoffs.E003"]


def test_a_public_url_whose_host_is_not_allowed(settings: Any) -> None:
    settings.PUBLIC_URL = "https://elsewhere.test"
    assert ids() == ["handoffs.W001"]


def test_workspaces_whose_hosts_are_not_allowed(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["example.com"]
    assert ids() == ["handoffs.W002"]


def test_a_deployment_without_https(settings: Any) -> None:
    settings.PUBLIC_URL = "http://example.com"
    assert ids() == []
    assert ids(include_deployment_checks=True) == ["handoffs.W003"]
