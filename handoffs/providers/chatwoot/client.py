"""Chatwoot's application API over HTTP: paths and JSON in, JSON or one of ``base``'s errors out.

What a failed call means depends on what was asked: a question that got no answer changed nothing (``Unavailable``), a change that got none
may have happened (``Uncertain``). Statuses and bodies: CHATWOOT.md §0.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import requests

from handoffs.providers import outbound
from handoffs.providers.base import Connection, Locked, ProviderError, Rejected, Throttled, Unavailable, Uncertain
from handoffs.providers.chatwoot.addresses import account_root
from handoffs.providers.chatwoot.shapes import NotJson, decoded, mapping, string

Missing = Callable[[str], ProviderError]
TOKEN = re.compile(r"[\x21-\x7e]+")

# Chatwoot accepts 200 messages a minute in one conversation and says 422 to the next (CHATWOOT.md §0); a minute later it takes more.
TOO_MANY_PAUSE = 60.0
LONGEST_PAUSE = 3600.0

NOT_FOUND = "Chatwoot does not know this account or inbox (404). Check the account id, the inbox id and the domain."
NOT_LET_IN = {
    401: "Chatwoot does not let us in (401). Check the access token, that its user is a member of the inbox, that the account is active.",
    402: "Chatwoot says the account is over the limit of its plan (402).",
    403: "Chatwoot does not allow this account to use its API (403). Check the plan of the account, or the proxy in front of Chatwoot.",
}


class Client:
    """One account of one Chatwoot. The three ways of calling differ in what a failure means; all raise only ``ProviderError``."""

    def __init__(self, connection: Connection, limits: outbound.Limits = outbound.LIMITS) -> None:
        self.connection = connection
        self.session = outbound.session(connection.allowed_networks, limits)

    def look(self, path: str, params: Mapping[str, int] | None = None, missing: Missing = Locked) -> object:
        """GET; the decoded JSON. ``missing`` is what a 404 means."""
        return self._call("GET", path, params=params, missing=missing, changes=False)

    def ask(self, path: str, body: Mapping[str, object], missing: Missing = Locked) -> object:
        """POST that only reads, such as a filter."""
        return self._call("POST", path, body=body, missing=missing, changes=False)

    def change(self, path: str, body: Mapping[str, object], missing: Missing = Locked) -> object:
        """POST that writes."""
        return self._call("POST", path, body=body, missing=missing, changes=True)

    def delete(self, path: str, missing: Missing = Locked) -> object:
        """DELETE; repeating it changes nothing more, so no answer means later."""
        return self._call("DELETE", path, missing=missing, changes=False)

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        params: Mapping[str, int] | None = None,
        missing: Missing,
        changes: bool,
    ) -> object:
        try:
            answer = self.session.request(method, self._url(path), headers=self._headers(), json=body, params=params)
        except outbound.NoAnswer as error:
            raise unclear(f"Chatwoot cannot be used right now: {error}.", changes and error.sent) from None
        if not 200 <= answer.status_code < 300:
            raise failure(answer, missing, changes)
        return _json(answer, changes)

    def _url(self, path: str) -> str:
        try:
            return f"{account_root(self.connection.domain, self.connection.account_id)}/{path}"
        except ValueError as error:
            raise Locked(str(error)) from None

    def _headers(self) -> dict[str, str]:
        token = self.connection.access_token.strip()
        if not TOKEN.fullmatch(token):
            raise Locked("There is no access token, or it contains characters no token has. Enter it again.")
        # With hyphens: nginx drops headers with underscores unless told otherwise, Chatwoot reads both.
        return {"api-access-token": token, "Accept": "application/json"}


def unclear(reason: str, maybe_done: bool) -> ProviderError:
    """The error for a call that proves nothing: ``maybe_done`` if it may have changed something."""
    return Uncertain(reason) if maybe_done else Unavailable(reason)


def unusable(changes: bool) -> ProviderError:
    """The error for a 2xx answer that is not what Chatwoot documents."""
    return unclear("Chatwoot gave an answer we cannot read. Check that the domain is that of a Chatwoot server.", changes)


def failure(answer: requests.Response, missing: Missing, changes: bool) -> ProviderError:
    """What an answer that is not 2xx means."""
    status = answer.status_code
    if status in NOT_LET_IN:
        return Locked(NOT_LET_IN[status])
    if status == 404:
        return missing(NOT_FOUND if missing is Locked else "Chatwoot no longer has this conversation or person (404).")
    if status == 429:
        return Throttled("Chatwoot asks us to slow down (429).", retry_after(answer.headers.get("Retry-After", "")))
    if status == 422:
        return _unprocessable(answer.content, changes)
    if 300 <= status < 400:
        return Unavailable(f"This address only redirects elsewhere ({status}). Enter the domain that Chatwoot itself answers on.")
    if 400 <= status < 500 and status != 408:
        return Rejected(f"Chatwoot does not accept this request ({status}).")
    return unclear(f"Chatwoot has a problem of its own ({status}).", changes)


def _unprocessable(body: bytes, changes: bool) -> ProviderError:
    """422 is three things: a validation that failed, a limit that passes, and whatever went wrong while storing a message.

    A validation has ``attributes``, or an ``error`` that begins with "Validation failed" or "param is missing". Those texts are translated
    with the account; one we do not know makes the caller look before sending again instead of giving up at once.
    """
    told = _told(body)
    error = string(told.get("error"))
    if "Too many messages" in error:
        return Unavailable("Chatwoot takes no more messages in this conversation for a minute (422).", TOO_MANY_PAUSE)
    if "attributes" in told or error.startswith(("Validation failed", "param is missing")) or "Content is too long" in error:
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


def _json(answer: requests.Response, changes: bool) -> object:
    try:
        return decoded(answer.content)
    except NotJson:
        raise unusable(changes) from None
