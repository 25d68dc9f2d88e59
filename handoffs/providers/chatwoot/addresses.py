"""From what an admin pastes as "Domain" to the address we call.

All of these mean the same: ``chat.acme.com``, ``https://chat.acme.com``, ``https://chat.acme.com/api/v1/`` and any page of the dashboard,
``https://chat.acme.com/app/accounts/1/inbox/7``. Source: CHATWOOT.md §7 (Chatwoot cannot be mounted below a path).
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
KNOWN_PATHS = ("", "api", "app")
DEFAULT_PORTS = {"http": 80, "https": 443}

EXAMPLE = "Enter it like https://app.chatwoot.com."


def base_url(domain: str) -> str:
    """``scheme://host[:port]`` in lower case, ``https`` unless ``http://`` was typed. Raises ``ValueError``: a sentence for the admin."""
    parts = _split(domain.strip())
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"The domain must start with https:// (or http:// inside your own network). {EXAMPLE}")
    if "@" in parts.netloc:
        raise ValueError(f"The domain must not contain a user name or password. {EXAMPLE}")
    if parts.path.strip("/").partition("/")[0] not in KNOWN_PATHS:
        raise ValueError(f"Chatwoot runs at the root of its host, so the domain cannot have a path of its own. {EXAMPLE}")
    return f"{parts.scheme}://{_host(parts)}{_port(parts)}"


def account_root(domain: str, account_id: int) -> str:
    """The root of the application API for one account. Raises ``ValueError`` like ``base_url``."""
    return f"{base_url(domain)}/api/v1/accounts/{account_id:d}"


def profile(domain: str) -> str:
    """Where a token's user is asked for. Raises ``ValueError`` like ``base_url``."""
    return f"{base_url(domain)}/api/v1/profile"


def visitors_root(domain: str, inbox: str, person_key: str) -> str:
    """The root of the public API for one visitor (§2). Its parts are its only secrets, so nobody may put a ``/`` into them."""
    return f"{base_url(domain)}/public/api/v1/inboxes/{quote(inbox, safe='')}/contacts/{quote(person_key, safe='')}"


def absolute(domain: str, address: str) -> str:
    """Where an address leads that Chatwoot gives in a payload: photos may be told without a host."""
    return urljoin(f"{base_url(domain)}/", address)


def _split(domain: str) -> SplitResult:
    if not domain or re.search(r"[\s\\\x00-\x1f\x7f]", domain):
        raise ValueError(f"The domain is empty or contains spaces. {EXAMPLE}")
    try:
        return urlsplit(domain if SCHEME.match(domain) else f"https://{domain}")
    except ValueError:
        raise ValueError(f"This is not a valid domain. {EXAMPLE}") from None


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host and re.fullmatch(r"[0-9a-f:.]+", host):
        return f"[{host}]"
    try:
        host = host.encode("idna").decode("ascii").lower() if not host.isascii() else host
    except UnicodeError:
        host = ""
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in host.removesuffix(".").split(".")):
        raise ValueError(f"This is not a valid host name. {EXAMPLE}")
    return host


def _port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"The port after the colon must be a number from 1 to 65535. {EXAMPLE}")
    return "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
