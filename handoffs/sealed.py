"""Secrets at rest: AES-GCM, the key's id in front, and the row and field they belong to as associated data.

A ciphertext copied to another row or field does not open. Keys come from ``FIELD_ENCRYPTION_KEYS`` (newest first) and live outside
the database.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12


class CannotUnseal(Exception):
    """The stored secret does not open: its key is missing from FIELD_ENCRYPTION_KEYS, or the row was tampered with."""


def keys() -> dict[str, AESGCM]:
    """Key id → cipher, newest first. Raises ``ImproperlyConfigured`` with what to do."""
    try:
        pairs = [entry.split(":", 1) for entry in settings.FIELD_ENCRYPTION_KEYS]
        found = {key_id: AESGCM(base64.b64decode(key, validate=True)) for key_id, key in pairs}
    except ValueError:
        raise ImproperlyConfigured(
            'FIELD_ENCRYPTION_KEYS must be "<id>:<32 random bytes in base64>", comma-separated, newest first.'
        ) from None
    if not found:
        raise ImproperlyConfigured(
            'Set FIELD_ENCRYPTION_KEYS to "<id>:<32 random bytes in base64>": stored access tokens are encrypted with it.'
        )
    return found


def seal(secret: str, belongs_to: str) -> str:
    key_id, cipher = next(iter(keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + cipher.encrypt(nonce, secret.encode(), belongs_to.encode())
    return f"{key_id}:{base64.b64encode(sealed).decode()}"


def unseal(stored: str, belongs_to: str) -> str:
    key_id, _, body = stored.partition(":")
    try:
        sealed = base64.b64decode(body)
        return keys()[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], belongs_to.encode()).decode()
    except (KeyError, ValueError, InvalidTag) as error:
        raise CannotUnseal(f"The secret sealed with key “{key_id}” does not open; is that key still in FIELD_ENCRYPTION_KEYS?") from error


class Sealed:
    """A model attribute whose value is kept sealed in the text column ``<name>_sealed``. Empty stays empty."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.column = f"{name}_sealed"

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        stored = getattr(row, self.column)
        return unseal(stored, self._belongs_to(row)) if stored else ""

    def __set__(self, row: Any, secret: str) -> None:
        setattr(row, self.column, seal(secret, self._belongs_to(row)) if secret else "")

    def _belongs_to(self, row: Any) -> str:
        return f"{row._meta.label_lower}:{row.pk}:{self.name}"
