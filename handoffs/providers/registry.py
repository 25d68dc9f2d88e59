"""The live-agent systems we speak. Adding one = one module or folder, and one line here."""

from __future__ import annotations

from handoffs.providers.base import Connection, Provider
from handoffs.providers.chatwoot.provider import Chatwoot

PROVIDERS: tuple[type[Provider], ...] = (Chatwoot,)


def kinds() -> list[tuple[str, str]]:
    """(kind, label) of every provider, as a form's choices."""
    return [(provider.kind, provider.label) for provider in PROVIDERS]


def provider_class(kind: str) -> type[Provider]:
    """Raises ``LookupError`` for a kind nobody registered."""
    for provider in PROVIDERS:
        if provider.kind == kind:
            return provider
    raise LookupError(f"There is no provider of the kind {kind!r}.")


def connect(kind: str, connection: Connection) -> Provider:
    """A provider ready to use. Makes no call yet."""
    return provider_class(kind)(connection)
