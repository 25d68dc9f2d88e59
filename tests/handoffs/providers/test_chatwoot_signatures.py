"""Which webhooks are believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoffs.providers.base import BadSignature
from handoffs.providers.chatwoot.signatures import TOLERANCE, check, signature

SECRET = "whsec-of-the-inbox"
NOW = 1_789_899_330
RAW = b'{"event": "message_created",  "id": 9013}'


def headers(raw: bytes = RAW, at: object = NOW, secret: str = SECRET) -> dict[str, str]:
    return {"X-Chatwoot-Timestamp": str(at), "X-Chatwoot-Signature": signature(secret, str(at), raw)}


def test_the_signature_is_the_one_chatwoot_computes() -> None:
    # echo -n '1.{}' | openssl dgst -sha256 -hmac secret
    assert signature("secret", "1", b"{}") == "sha256=1122767b193110cfec322b6f199b599edbf608ed087f2d27afb0b97d99523908"


@pytest.mark.parametrize("at", [NOW, NOW - TOLERANCE, NOW + TOLERANCE])
def test_a_fresh_signature_over_the_exact_bytes_is_believed(at: int) -> None:
    check(SECRET, headers(at=at), RAW, NOW)


def test_header_names_are_read_in_any_case() -> None:
    check(SECRET, {name.upper(): value for name, value in headers().items()}, RAW, NOW)
    check(SECRET, {name.lower(): value for name, value in headers().items()}, RAW, NOW)


def test_the_same_json_written_differently_is_refused() -> None:
    with pytest.raises(BadSignature, match="does not match"):
        check(SECRET, headers(), json.dumps(json.loads(RAW)).encode(), NOW)


@pytest.mark.parametrize("at", [NOW - TOLERANCE - 1, NOW + TOLERANCE + 1, 0, 999_999_999_999])
def test_a_stale_or_future_timestamp_is_refused(at: int) -> None:
    with pytest.raises(BadSignature, match="timestamp"):
        check(SECRET, headers(at=at), RAW, NOW)


@pytest.mark.parametrize("at", ["", "-1", "1e9", f" {NOW}", f"{NOW}\n", f"{NOW}.0", "１７８９８９９３３０", "9" * 13, "9" * 5000])
def test_a_timestamp_chatwoot_does_not_write_is_refused_even_if_signed(at: str) -> None:
    with pytest.raises(BadSignature):
        check(SECRET, headers(at=at), RAW, NOW)


@pytest.mark.parametrize("missing", ["X-Chatwoot-Timestamp", "X-Chatwoot-Signature"])
def test_a_missing_header_is_refused(missing: str) -> None:
    rest = {name: value for name, value in headers().items() if name != missing}
    with pytest.raises(BadSignature, match=missing.lower()):
        check(SECRET, rest, RAW, NOW)


def test_a_doubled_header_is_refused() -> None:
    with pytest.raises(BadSignature):
        check(SECRET, headers() | {"x-chatwoot-signature": signature(SECRET, str(NOW), RAW)}, RAW, NOW)


def test_another_tenants_secret_is_refused() -> None:
    with pytest.raises(BadSignature, match="does not match"):
        check(SECRET, headers(secret="whsec-of-another-inbox"), RAW, NOW)


def test_without_a_secret_nothing_is_believed_not_even_a_signature_made_with_no_secret() -> None:
    with pytest.raises(BadSignature, match="no webhook secret"):
        check("", headers(secret=""), RAW, NOW)


def test_the_message_never_contains_the_secret() -> None:
    with pytest.raises(BadSignature) as caught:
        check(SECRET, headers(raw=b"other"), RAW, NOW)
    assert SECRET not in str(caught.value)


@settings(deadline=None)
@given(st.data())
def test_changing_any_byte_of_the_body_is_noticed(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(RAW) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != RAW[place]))
    with pytest.raises(BadSignature):
        check(SECRET, headers(), RAW[:place] + bytes([other]) + RAW[place + 1 :], NOW)


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_in_the_headers_does_anything_but_be_refused(claimed: str, at: str) -> None:
    with pytest.raises(BadSignature):
        check(SECRET, {"X-Chatwoot-Signature": claimed, "X-Chatwoot-Timestamp": at}, RAW, NOW)
