"""Chatwoot's APIs over HTTP: paths and JSON in, JSON or one of ``base``'s errors out.

What a failed call means depends on what was asked: a question that got no answer changed nothing (``Unavailable``), a change that got none
may have happened (``Uncertain``). A change that may be repeated counts as a question. Statuses and bodies: CHATWOOT.md §0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import requests

from handoffs.providers import outbound
from handoffs.providers.base import Attachment, Connection, Locked
from handoffs.providers.chatwoot import addresses
from handoffs.providers.chatwoot.answers import Missing, failure, unclear, unusable
from handoffs.providers.chatwoot.shapes import NotJson, decoded

Body = Mapping[str, object]
TOKEN = re.compile(r"[\x21-\x7e]+")
# Files may take so many times longer than words.
PATIENCE = 2


class Client:
    """One account of one Chatwoot. The ways of calling differ in what a failure means; all raise only ``ProviderError``."""

    def __init__(self, connection: Connection, limits: outbound.Limits = outbound.LIMITS) -> None:
        self.connection = connection
        self.limits = limits
        self.session = outbound.session(connection.allowed_networks, limits)

    def look(self, path: str, params: Mapping[str, int] | None = None, missing: Missing = Locked) -> object:
        """GET; the decoded JSON. ``missing`` is what a 404 means."""
        return self._json("GET", path, missing, changes=False, params=params)

    def ask(self, path: str, body: Body, missing: Missing = Locked) -> object:
        """POST that only reads, such as a filter."""
        return self._json("POST", path, missing, changes=False, json=body)

    def change(self, path: str, body: Body, missing: Missing = Locked) -> object:
        """POST that writes."""
        return self._json("POST", path, missing, changes=True, json=body)

    def tell(self, path: str, body: Body, missing: Missing = Locked) -> None:
        """POST that writes and is answered without a body."""
        self._call("POST", self._account(path), missing, changes=True, json=body, headers=self._headers())

    def put(self, path: str, body: Body, missing: Missing = Locked, method: str = "PUT") -> object:
        """Set something to a value; repeating it changes nothing more, so no answer means later."""
        return self._json(method, path, missing, changes=False, sets=True, json=body)

    def delete(self, path: str, missing: Missing = Locked) -> object:
        """DELETE; as harmless to repeat as ``put``."""
        return self._json("DELETE", path, missing, changes=False)

    def remove(self, path: str, missing: Missing = Locked) -> None:
        """DELETE that is answered without a body."""
        self._call("DELETE", self._account(path), missing, changes=False, headers=self._headers())

    def upload(self, path: str, fields: Mapping[str, str], files: Sequence[Attachment], missing: Missing = Locked) -> object:
        """POST that writes, with files (§1.5: multipart, each one under ``attachments[]``)."""
        parts = [("attachments[]", (file.name, file.content, file.type)) for file in files]
        patient = outbound.session(self.connection.allowed_networks, replace(self.limits, total=PATIENCE * self.limits.total))
        return self._json("POST", path, missing, changes=True, session=patient, data=fields, files=parts)

    def profile(self) -> object:
        """The user whose token we have (§1.1)."""
        url = self._url(addresses.profile)
        return _decoded(self._call("GET", url, Locked, changes=False, headers=self._headers()), changes=False)

    def as_visitor(self, method: str, inbox: str, person_key: str, path: str, body: Body, missing: Missing) -> None:
        """A call of the public API (§2), where addresses are the secret and no token is sent. Each of ours may be repeated."""
        root = self._url(lambda domain: addresses.visitors_root(domain, inbox, person_key))
        self._call(method, f"{root}/{path}", missing, changes=False, sets=True, json=body, headers={"Accept": "application/json"})

    def _json(self, method: str, path: str, missing: Missing, *, changes: bool, **request: Any) -> object:
        return _decoded(self._call(method, self._account(path), missing, changes=changes, headers=self._headers(), **request), changes)

    def _call(
        self,
        method: str,
        url: str,
        missing: Missing,
        *,
        changes: bool,
        sets: bool = False,
        session: requests.Session | None = None,
        **request: Any,
    ) -> requests.Response:
        try:
            answer = (session or self.session).request(method, url, **request)
        except outbound.NoAnswer as error:
            raise unclear(f"Chatwoot cannot be used right now: {error}.", changes and error.sent) from None
        if not 200 <= answer.status_code < 300:
            raise failure(answer, missing, changes, sets)
        return answer

    def _account(self, path: str) -> str:
        return self._url(lambda domain: f"{addresses.account_root(domain, self.connection.account_id)}/{path}")

    def _url(self, build: Callable[[str], str]) -> str:
        try:
            return build(self.connection.domain)
        except ValueError as error:
            raise Locked(str(error)) from None

    def _headers(self) -> dict[str, str]:
        return auth_headers(self.connection.access_token)


def auth_headers(access_token: str) -> dict[str, str]:
    token = access_token.strip()
    if not TOKEN.fullmatch(token):
        raise Locked("There is no access token, or it contains characters no token has. Enter it again.")
    # With hyphens: nginx drops headers with underscores unless told otherwise, Chatwoot reads both.
    return {"api-access-token": token, "Accept": "application/json"}


def _decoded(answer: requests.Response, changes: bool) -> object:
    try:
        return decoded(answer.content)
    except NotJson:
        raise unusable(changes) from None
