"""What is wrong with the configuration, said before anybody meets it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from handoffs import sealed


def encryption_keys(**kwargs: Any) -> list[CheckMessage]:
    try:
        found = sealed.keys()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="handoffs.E001")]
    if len(found) < len(settings.FIELD_ENCRYPTION_KEYS):
        return [Error("Two of the FIELD_ENCRYPTION_KEYS have the same id; give each its own.", id="handoffs.E002")]
    return []


def public_url(**kwargs: Any) -> list[CheckMessage]:
    try:
        parts = urlsplit(settings.PUBLIC_URL)
        host, readable = parts.hostname, parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        host, readable = None, False
    if not host or not readable or parts.path or parts.query:
        hint = "Set it to scheme and host, such as https://chat.example.com: links, webhook addresses and the embed code start with it."
        return [Error(f"PUBLIC_URL is “{settings.PUBLIC_URL}”, which is not the address of a site.", hint=hint, id="handoffs.E003")]
    if not validate_host(host, settings.ALLOWED_HOSTS):
        hint = f"Add “{host}” to ALLOWED_HOSTS, or correct PUBLIC_URL."
        return [
            Warning("The host of PUBLIC_URL is not in ALLOWED_HOSTS: webhooks and chats would be refused.", hint=hint, id="handoffs.W001")
        ]
    return []


def workspace_hosts(**kwargs: Any) -> list[CheckMessage]:
    if validate_host(f"workspace.{settings.HANDOFF_HOST}", settings.ALLOWED_HOSTS):
        return []
    hint = f"Add “.{settings.HANDOFF_HOST}” to ALLOWED_HOSTS, or correct HANDOFF_HOST."
    return [Warning("Workspaces are not reachable at their own host names.", hint=hint, id="handoffs.W002")]


def encrypted_public_url(**kwargs: Any) -> list[CheckMessage]:
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    hint = "Visitors’ messages and the admin’s password would travel unencrypted."
    return [Warning("PUBLIC_URL does not start with https://.", hint=hint, id="handoffs.W003")]


def register_all() -> None:
    for check in (encryption_keys, public_url, workspace_hosts):
        register(check, Tags.security)
    register(encrypted_public_url, Tags.security, deploy=True)
