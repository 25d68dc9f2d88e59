"""Is this webhook really from our Chatwoot, and is it fresh?

Chatwoot ≥ 4.13 signs what it sends for API inboxes: ``X-Chatwoot-Signature: sha256=<hex HMAC-SHA256(secret, "<timestamp>.<raw body>")>``
with ``X-Chatwoot-Timestamp`` in unix seconds. The secret is the inbox's "Webhook Secret", as it stands. Source: CHATWOOT.md §4.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from handoffs.providers.base import BadSignature

TOLERANCE = 300  # seconds, either way
SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
TIMESTAMP = re.compile(r"[0-9]{1,12}")


def signature(secret: str, timestamp: str, raw: bytes) -> str:
    """What Chatwoot puts into ``X-Chatwoot-Signature``."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + raw, hashlib.sha256).hexdigest()


def check(secret: str, headers: Mapping[str, str], raw: bytes, now: float) -> None:
    """Raise ``BadSignature`` unless ``raw`` was signed with ``secret`` within 300 s of ``now`` (unix seconds)."""
    if not secret:
        raise BadSignature("no webhook secret is set for this connection")
    claimed = _header(headers, "x-chatwoot-signature", SIGNATURE)
    timestamp = _header(headers, "x-chatwoot-timestamp", TIMESTAMP)
    if abs(now - int(timestamp)) > TOLERANCE:
        raise BadSignature("the timestamp is stale or from the future; is the clock of one of the two servers wrong?")
    if not hmac.compare_digest(claimed, signature(secret, timestamp, raw)):
        raise BadSignature("the signature does not match; is the webhook secret the one of this inbox?")


def _header(headers: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    values = [value for key, value in headers.items() if key.lower() == name]
    if not values:
        raise BadSignature(f"no {name} header; Chatwoot signs from version 4.13 on")
    if len(values) > 1 or not form.fullmatch(values[0]):
        raise BadSignature(f"the {name} header is not one Chatwoot writes")
    return values[0]
