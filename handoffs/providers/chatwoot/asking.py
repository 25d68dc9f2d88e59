"""Calls made while an admin waits: all together end in time, and what they were answered is told as it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from handoffs.providers import outbound
from handoffs.providers.base import SETTING_UP, Connection, Locked
from handoffs.providers.chatwoot import addresses
from handoffs.providers.chatwoot.client import auth_headers
from handoffs.providers.chatwoot.shapes import NotJson, decoded, items, mapping, string

LONGEST_CALL = 6.0
LEAST = 0.2
OUT_OF_TIME = "there was no time left to ask"


@dataclass(frozen=True)
class Told:
    """An answer: its status and its JSON, None if it is something else."""

    status: int
    body: object

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def error(self) -> str:
        """What Chatwoot says is wrong. Only ever compared, never shown."""
        return string(mapping(self.body).get("error"))

    @property
    def nobody_signed_in(self) -> bool:
        """No token arrived at all: Rails' own words, in a list (CHATWOOT.md §0)."""
        return self.status == 401 and bool(items(mapping(self.body).get("errors")))


class Asking:
    """Raises ``NoAnswer`` (also when the time is over) and ``Locked`` (also ``Forbidden``), nothing else."""

    def __init__(self, connection: Connection, seconds: float = SETTING_UP) -> None:
        self.connection = connection
        self.until = time.monotonic() + seconds
        self.slowest = 0.0

    def base(self, path: str) -> Told:
        """GET below the domain, without the token."""
        return self._call("GET", self._root() + path, {"Accept": "application/json"})

    def profile(self) -> Told:
        return self._call("GET", self._root() + "/api/v1/profile", self._headers())

    def account(self, method: str, account_id: int, path: str, body: Mapping[str, object] | None = None) -> Told:
        url = f"{self._root()}/api/v1/accounts/{account_id:d}{path and '/' + path}"
        return self._call(method, url, self._headers(), body)

    def left(self) -> float:
        return self.until - time.monotonic()

    def _root(self) -> str:
        try:
            return addresses.base_url(self.connection.domain)
        except ValueError as error:
            raise Locked(str(error)) from None

    def _headers(self) -> dict[str, str]:
        return auth_headers(self.connection.access_token)

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: Mapping[str, object] | None = None) -> Told:
        seconds = min(self.left(), LONGEST_CALL)
        if seconds < LEAST:
            raise outbound.NoAnswer(OUT_OF_TIME, sent=False)
        limits = outbound.Limits(connect=min(3.0, seconds), read=seconds, total=seconds)
        begun = time.monotonic()
        try:
            session = outbound.session(self.connection.allowed_networks, limits)
            answer = session.request(method, url, headers=dict(headers), json=body)
        finally:
            self.slowest = max(self.slowest, time.monotonic() - begun)
        try:
            return Told(answer.status_code, decoded(answer.content))
        except NotJson:
            return Told(answer.status_code, None)
