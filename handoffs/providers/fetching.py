"""Fetching a file a desk holds: through the door of ``outbound``, without any token, along at most three redirects.

Every hop leaves through the door anew, so every host is checked. One deadline and one size hold for all of them together.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urldefrag, urljoin

import requests

from handoffs.providers import outbound
from handoffs.providers.base import Fetched, Refused, Unavailable
from handoffs.providers.networks import Network

MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)


def fetch(address: str, most: int, allowed_networks: Iterable[Network] = (), limits: outbound.Limits = outbound.LIMITS) -> Fetched:
    """The bytes at ``address``. ``Unavailable`` for what may be there later, ``Refused`` for what we will never fetch."""
    deadline = time.monotonic() + limits.total
    networks = tuple(allowed_networks)
    for _ in range(MOST_REDIRECTS + 1):
        left = deadline - time.monotonic()
        answer = _get(address, networks, replace(limits, total=max(left, 0.01), body=most))
        if answer.status_code == 200:
            return Fetched(_type(answer), answer.content)
        address = _next(answer, address)
    raise Refused("The file is behind more redirects than we follow.")


def _get(address: str, networks: tuple[Network, ...], limits: outbound.Limits) -> requests.Response:
    try:
        return outbound.session(networks, limits).get(address)
    except outbound.Forbidden as error:
        # Not as it came: that one would say that the desk as a whole is closed to us.
        raise Refused(f"The file cannot be fetched: {error}") from None
    except outbound.NoAnswer as error:
        if error.too_large:
            raise Refused("The file is larger than we take.") from None
        raise Unavailable(f"The file cannot be fetched right now: {error}.") from None


def _next(answer: requests.Response, address: str) -> str:
    """Where an answer that is not the file sends us. S3 says 403 for what is not there yet, Rails 404; only 410 is for good."""
    location = answer.headers.get("Location", "")
    if answer.status_code in REDIRECTS and location:
        return urldefrag(_joined(address, location)).url
    if answer.status_code == 410:
        raise Refused("The file is no longer there (410).")
    raise Unavailable(f"The file is not there yet ({answer.status_code}).")


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        raise Refused("The file is behind a redirect to no valid address.") from None


def _type(answer: requests.Response) -> str:
    claimed = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return claimed if TYPE.fullmatch(claimed) else ""
