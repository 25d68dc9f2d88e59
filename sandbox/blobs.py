"""ActiveStorage: files, the links that name them for ever, and the addresses of the storage that last five minutes."""

import base64
import hashlib
import hmac
import json
import mimetypes
import secrets
import time
from typing import NamedTuple
from urllib.parse import quote

from sandbox.clock import now
from sandbox.errors import NoRoute, Unhandled
from sandbox.forms import Upload
from sandbox.store import Row, Store

RAILS = "/rails/active_storage"
STORAGE_SECONDS = 300
# Chatwoot asks for thumbnails 250 pixels wide.
VARIATION = "eyJfcmFpbHMiOnsiZGF0YSI6eyJyZXNpemVfdG9fZmlsbCI6WzI1MCxudWxsXX19fQ"
# What ActiveStorage keeps out of a file's name.
UNWANTED = str.maketrans(dict.fromkeys('\u202e%$|:;/<>?*"\t\r\n\\', "-"))
COLUMNS = "id, signed_id, filename, content_type, byte_size"

_KEY = secrets.token_bytes(32)


class Stored(NamedTuple):
    """A file as the storage serves it."""

    filename: str
    content_type: str
    content: bytes


class InvalidSignature(Unhandled):
    def __init__(self) -> None:
        super().__init__("ActiveSupport::MessageVerifier::InvalidSignature")


def keep(store: Store, upload: Upload) -> Row:
    kind = upload.content_type or mimetypes.guess_type(upload.filename)[0] or "application/octet-stream"
    row = store.insert(
        "blobs",
        signed_id=f"{secrets.token_urlsafe(48)}--{secrets.token_hex(20)}",
        filename=upload.filename.strip().translate(UNWANTED),
        content_type=kind.partition(";")[0].strip().lower(),
        byte_size=len(upload.content),
        content=upload.content,
        created_at=now(),
    )
    return find(store, row["id"])


def find(store: Store, blob_id: int) -> Row:
    """Without its bytes."""
    return store.all(f"SELECT {COLUMNS} FROM blobs WHERE id = ?", blob_id)[0]


def signed(store: Store, signed_id: str) -> Row:
    row = store.one(f"SELECT {COLUMNS} FROM blobs WHERE signed_id = ?", signed_id)
    if row is None:
        raise InvalidSignature
    return row


def link(store: Store, blob: Row) -> str:
    """`rails_blob_url`: needs no token, has no end, and redirects."""
    return f"{store.frontend_url}{RAILS}/blobs/redirect/{blob['signed_id']}/{quote(blob['filename'])}"


def thumbnail(store: Store, blob: Row) -> str:
    return f"{store.frontend_url}{RAILS}/representations/redirect/{blob['signed_id']}/{VARIATION}/{quote(blob['filename'])}"


def storage_path(blob: Row, until: float | None = None) -> str:
    """Where the disk service serves it until then."""
    told = json.dumps([blob["id"], until or time.time() + STORAGE_SECONDS]).encode()
    key = f"{base64.urlsafe_b64encode(told).decode()}--{_seal(told)}"
    return f"{RAILS}/disk/{key}/{quote(blob['filename'])}"


def stored(store: Store, key: str) -> Stored:
    """What a key of the storage opens; 404 if it is forged or too old, or if the file is gone."""
    text, _, seal = key.partition("--")
    try:
        told = base64.urlsafe_b64decode(text)
    except ValueError:
        raise NoRoute from None
    if not hmac.compare_digest(seal.encode(), _seal(told).encode()):
        raise NoRoute
    blob_id, until = json.loads(told)
    row = store.one("SELECT * FROM blobs WHERE id = ?", blob_id)
    if row is None or until < time.time():
        raise NoRoute
    return Stored(row["filename"], row["content_type"], row["content"])


def _seal(told: bytes) -> str:
    return hmac.new(_KEY, told, hashlib.sha256).hexdigest()
