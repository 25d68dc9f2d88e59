"""What is attached to a message (CHATWOOT.md §3.3)."""

from typing import Any

from sandbox import blobs
from sandbox.errors import Unhandled
from sandbox.forms import Upload
from sandbox.store import Row, Store

IMAGES = ("image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp")
VIDEOS = ("video/ogg", "video/mp4", "video/webm", "video/quicktime")

File = tuple[Row, str]


def given(store: Store, value: Any) -> list[File]:
    """`attachments[]`, each an upload or the signed id of one, as blobs with their file_type. There are no attachments by address."""
    if not isinstance(value, list):
        raise Unhandled("undefined method 'each' for an instance of String")
    return [_file(store, each) for each in value]


def _file(store: Store, value: Any) -> File:
    if isinstance(value, Upload):
        return blobs.keep(store, value), file_type(value.content_type)
    if isinstance(value, str):
        blob = blobs.signed(store, value)
        return blob, file_type(blob["content_type"])
    raise Unhandled("Could not find or build blob: expected attachable")


def file_type(content_type: str | None) -> str:
    """By what the sender says it is: an svg or heic is a `file`, and so is what has no type."""
    if content_type in IMAGES:
        return "image"
    if content_type in VIDEOS:
        return "video"
    return "audio" if "audio/" in (content_type or "") else "file"


def attach(store: Store, message: Row, files: list[File]) -> None:
    for blob, kind in files:
        store.insert("attachments", account_id=message["account_id"], message_id=message["id"], blob_id=blob["id"], file_type=kind)


def destroy(store: Store, message: Row) -> None:
    rows = store.all("SELECT * FROM attachments WHERE message_id = ?", message["id"])
    store.delete("attachments", "message_id = ?", message["id"])
    for row in rows:
        if not store.count("attachments", "blob_id = ?", row["blob_id"]):
            store.delete("blobs", "id = ?", row["blob_id"])


def pushed(store: Store, message: Row) -> dict[str, list[Row]]:
    """The key is only there if something is attached."""
    rows = store.all("SELECT * FROM attachments WHERE message_id = ? ORDER BY id", message["id"])
    return {"attachments": [_push(store, row) for row in rows]} if rows else {}


def _push(store: Store, row: Row) -> Row:
    blob = blobs.find(store, row["blob_id"])
    address = blobs.link(store, blob)
    shape = {key: row[key] for key in ("id", "message_id", "file_type", "account_id")} | {
        "extension": blob["filename"].rpartition(".")[2] if "." in blob["filename"] else None,
        "content_type": blob["content_type"],
        "data_url": address,
        "thumb_url": blobs.thumbnail(store, blob) if row["file_type"] == "image" else "",
        "file_size": blob["byte_size"],
        "width": None,  # measured later by a job of its own
        "height": None,
    }
    if row["file_type"] == "audio":
        shape |= {"data_url": f"{address}?disposition=inline", "transcribed_text": ""}
    return shape
