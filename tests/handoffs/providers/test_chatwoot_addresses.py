"""What an admin may type as the domain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoffs.providers.chatwoot.addresses import account_root, base_url
from handoffs.providers.chatwoot.provider import Chatwoot


@pytest.mark.parametrize(
    ("domain", "base"),
    [
        ("chat.acme.com", "https://chat.acme.com"),
        ("  chat.acme.com \n", "https://chat.acme.com"),
        ("chat.acme.com:8443", "https://chat.acme.com:8443"),
        ("chat.acme.com/", "https://chat.acme.com"),
        ("https://chat.acme.com", "https://chat.acme.com"),
        ("HTTPS://Chat.ACME.com", "https://chat.acme.com"),
        ("https://chat.acme.com:443", "https://chat.acme.com"),
        ("https://chat.acme.com/api/v1/", "https://chat.acme.com"),
        ("https://chat.acme.com/api/v1/accounts/1", "https://chat.acme.com"),
        ("https://chat.acme.com/app", "https://chat.acme.com"),
        ("https://chat.acme.com/app/accounts/1/settings/inboxes/7/collaborators", "https://chat.acme.com"),
        ("https://chat.acme.com/app/accounts/1/inbox/7/conversations/42?x=1#y", "https://chat.acme.com"),
        ("http://chatwoot_web:3000", "http://chatwoot_web:3000"),
        ("http://localhost:80/api/v1", "http://localhost"),
        ("http://192.168.1.10:3000/app/login", "http://192.168.1.10:3000"),
        ("https://[2001:DB8::1]:8443/app", "https://[2001:db8::1]:8443"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        (Chatwoot.default_domain, "https://app.chatwoot.com"),
    ],
)
def test_every_way_to_write_a_chatwoot_address_gives_its_base(domain: str, base: str) -> None:
    assert base_url(domain) == base
    assert account_root(domain, 12) == f"{base}/api/v1/accounts/12"


@pytest.mark.parametrize(
    ("domain", "sentence"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("chat acme.com", "spaces"),
        ("https://chat.acme.com\\@evil.test", "spaces"),
        ("ftp://chat.acme.com", "https://"),
        ("javascript://x", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://user:pass@chat.acme.com", "password"),
        ("user@chat.acme.com", "password"),
        ("https://chat.acme.com/chatwoot", "path"),
        ("https://chat.acme.com:0", "port"),
        ("https://chat.acme.com:99999", "port"),
        ("https://chat.acme.com:x", "port"),
        ("https://", "host name"),
        ("https://:443", "host name"),
        ("https://-bad-.com", "host name"),
        ("https://a..b", "host name"),
        ("https://" + "a" * 64 + ".com", "host name"),
        ("https://[::1", "valid"),
        ("https://%6c%6fcalhost", "host name"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(domain: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        base_url(domain)


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_an_address_or_a_value_error(domain: str) -> None:
    try:
        assert base_url(domain).startswith(("https://", "http://"))
    except ValueError as error:
        assert str(error).endswith(".")
