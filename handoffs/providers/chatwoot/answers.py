"""What Chatwoot's answers mean that are not what was hoped for. Statuses and bodies: CHATWOOT.md §0."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import requests

from handoffs.providers.base import Locked, ProviderError, Rejected, Throttled, Unavailable, Uncertain
from handoffs.providers.chatwoot.shapes import NotJson, decoded, items, mapping, string

Missing = Callable[[str], ProviderError]

# Chatwoot accepts 200 messages a minute in one conversation and says 422 to the next (§0); a minute later it takes more.
TOO_MANY_PAUSE = 60.0
LONGEST_PAUSE = 3600.0

NOT_FOUND = "Chatwoot does not know this account or inbox (404). Check the account id, the inbox id and the domain."
NOT_LET_IN = {
    401: "Chatwoot does not let us in (401). Check the access token, that its user is a member of the inbox, that the account is active.",
    402: "Chatwoot says the account is over the limit of its plan (402).",
    403: "Chatwoot does not allow this account to use its API (403). Check the plan of the account, or the proxy in front of Chatwoot.",
}
TOO_LARGE = "This is larger than Chatwoot, or the proxy in front of it, takes (413)."


class Invalid(Rejected):
    """A validation failed; ``attributes`` are the columns it was about."""

    def __init__(self, reason: str, attributes: frozenset[str]) -> None:
        super().__init__(reason)
        self.attributes = attributes


class NotAllowed(Locked):
    """403: this one call is not for us, or none is."""


def unclear(reason: str, maybe_done: bool) -> ProviderError:
    """The error for a call that proves nothing: ``maybe_done`` if it may have changed something."""
    return Uncertain(reason) if maybe_done else Unavailable(reason)


def unusable(changes: bool) -> ProviderError:
    """The error for a 2xx answer that is not what Chatwoot documents."""
    return unclear("Chatwoot gave an answer we cannot read. Check that the domain is that of a Chatwoot server.", changes)


def failure(answer: requests.Response, missing: Missing, changes: bool, sets: bool = False) -> ProviderError:
    """What an answer that is not 2xx means. ``sets``: the call was to set something to a value, so a 422 is about that value."""
    status = answer.status_code
    if status in NOT_LET_IN:
        return (NotAllowed if status == 403 else Locked)(NOT_LET_IN[status])
    if status == 404:
        return missing(NOT_FOUND if missing is Locked else "Chatwoot no longer has this conversation or person (404).")
    if status == 429:
        return Throttled("Chatwoot asks us to slow down (429).", retry_after(answer.headers.get("Retry-After", "")))
    if status == 422:
        return _unprocessable(answer.content, changes, sets)
    if 300 <= status < 400:
        return Unavailable(f"This address only redirects elsewhere ({status}). Enter the domain that Chatwoot itself answers on.")
    if 400 <= status < 500 and status != 408:
        return Rejected(TOO_LARGE if status == 413 else f"Chatwoot does not accept this request ({status}).")
    return unclear(f"Chatwoot has a problem of its own ({status}).", changes)


def _unprocessable(body: bytes, changes: bool, sets: bool) -> ProviderError:
    """422 is three things: a validation that failed, a limit that passes, and whatever went wrong while storing a message.

    A validation has ``attributes``, or an ``error`` that begins with "Validation failed" or "param is missing". Those texts are translated
    with the account; one we do not know makes the caller look before sending again instead of giving up at once.
    """
    told = _told(body)
    error = string(told.get("error"))
    if "Too many messages" in error:
        return Unavailable("Chatwoot takes no more messages in this conversation for a minute (422).", TOO_MANY_PAUSE)
    if "attributes" in told:
        return Invalid("Chatwoot does not accept this content (422).", frozenset(map(string, items(told["attributes"]))))
    if sets or error.startswith(("Validation failed", "param is missing")) or "Content is too long" in error:
        return Rejected("Chatwoot does not accept this content (422).")
    return unclear("Chatwoot could not process this (422).", changes)


def _told(body: bytes) -> Mapping[str, object]:
    try:
        return mapping(decoded(body))
    except NotJson:
        return {}


def retry_after(header: str) -> float | None:
    """Seconds to wait, from either form of ``Retry-After``; None if there is none or it makes no sense. At most an hour."""
    try:
        seconds = float(header) if header.strip().isdecimal() else parsedate_to_datetime(header).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE)
