"""Files: the links anybody may follow, the storage they lead to, and uploads ahead of a message."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import blobs
from sandbox.api.call import Call, action, json_response
from sandbox.errors import CouldNotCreate, NoRoute, Refusal
from sandbox.forms import Upload
from sandbox.store import Row, Store

# What a browser may show; everything else it saves (CHATWOOT.md §3.3). Neither svg nor heic is among them.
INLINE = tuple(f"image/{kind}" for kind in ("png", "gif", "jpeg", "webp", "bmp", "avif", "tiff"))
# What a browser would run comes as plain bytes.
ACTIVE = {"image/svg+xml", "text/html", "application/xhtml+xml", "application/xml", "text/xml", "application/mathml+xml"}


def upload(call: Call) -> Row:
    """Only real uploads: fetching an `external_url` is not done here, and Chatwoot may refuse it too."""
    given = call.params.get("attachment")
    if not isinstance(given, Upload):
        raise CouldNotCreate("No file or URL provided" if not call.params.get("external_url") else "Failed to download the file")
    blob = blobs.keep(call.store, given)
    return {"file_url": blobs.link(call.store, blob), "blob_id": blob["signed_id"]}


def _redirect(store: Store, path: dict[str, Any], base: str) -> Response:
    try:
        blob = blobs.signed(store, path["signed_id"])
    except blobs.InvalidSignature:
        raise NoRoute from None
    return RedirectResponse(base + blobs.storage_path(blob), 302, {"Cache-Control": "max-age=300, private"})


def _serve(store: Store, path: dict[str, Any], base: str) -> Response:
    stored = blobs.stored(store, path["key"])
    kind = "application/octet-stream" if stored.content_type in ACTIVE else stored.content_type
    shown = "inline" if kind in INLINE else "attachment"
    headers = {"Content-Disposition": f"{shown}; filename*=UTF-8''{quote(stored.filename)}", "X-Content-Type-Options": "nosniff"}
    return Response(stored.content, media_type=kind, headers=headers)


def _public(path: str, answer: Callable[[Store, dict[str, Any], str], Response]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await run_in_threadpool(answer, request.app.state.store, request.path_params, str(request.base_url).rstrip("/"))
        except Refusal as refusal:
            return json_response(refusal.body, refusal.status)

    return Route(path, endpoint)


routes = [
    action("POST", "/upload", upload),
    _public(f"{blobs.RAILS}/blobs/redirect/{{signed_id}}/{{filename:path}}", _redirect),
    _public(f"{blobs.RAILS}/representations/redirect/{{signed_id}}/{{variation}}/{{filename:path}}", _redirect),
    _public(f"{blobs.RAILS}/disk/{{key}}/{{filename:path}}", _serve),
]
