"""From what an admin pastes as "Domain" to the address we call.

All of these mean the same: ``chat.acme.com``, ``https://chat.acme.com``, ``https://chat.acme.com/api/v1/`` and any page of the dashboard,
``https://chat.acme.com/app/accounts/1/inbox/7``. Source: CHATWOOT.md §7. A proxy may have put it below a path: what stands before ``/app``
or ``/api`` is kept.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
STEP = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
ACCOUNT = re.compile(r"/accounts/(\d{1,18})(?![^/?#])")
INBOX = re.compile(r"/accounts/\d+/(?:settings/inboxes(?:/new)?|inboxes|inbox)/(\d{1,18})(?![^/?#])")
DEFAULT_PORTS = {"http": 80, "https": 443}

EXAMPLE = "Enter it like https://app.chatwoot.com."


def base_url(domain: str) -> str:
    """``scheme://host[:port]`` in lower case, ``https`` unless ``http://`` was typed. Raises ``ValueError``: a sentence for the admin."""
    parts = _split(domain.strip())
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"The domain must start with https:// (or http:// inside your own network). {EXAMPLE}")
    if "@" in parts.netloc:
        raise ValueError(f"The domain must not contain a user name or password. {EXAMPLE}")
    return f"{parts.scheme}://{_host(parts)}{_port(parts)}{_below(parts.path)}"


def numbers(text: str) -> tuple[int | None, int | None]:
    """The account and the inbox that an address of Chatwoot names."""
    account, inbox = ACCOUNT.search(text), INBOX.search(text)
    return int(account[1]) if account else None, int(inbox[1]) if inbox else None


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


def _below(path: str) -> str:
    """The path a proxy put it below. Only a page or the API of Chatwoot tells where that ends."""
    steps = [step for step in path.split("/") if step]
    end = next((place for place, step in enumerate(steps) if step in ("api", "app")), None)
    if end is None and steps:
        raise ValueError(
            f"The domain cannot have a path here. If Chatwoot runs below one, paste the address of one of its pages. {EXAMPLE}"
        )
    if not all(STEP.fullmatch(step) for step in steps[:end]):
        raise ValueError(f"The path before /app contains something no such path has. {EXAMPLE}")
    return "".join(f"/{step}" for step in steps[:end])


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
