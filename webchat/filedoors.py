"""Files, up and down. Whose they are is decided by the session; nobody else learns that there is such a file."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.http.request import UnreadablePostError
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response

from handoffs import files
from handoffs.models import File
from webchat import limits, shown
from webchat.api import Problem, VisitorView, session_of

STATUS = {"too_large": 413, "bad_type": 415, "empty": 422, "quota": 429}
# Whatever a browser makes of the bytes: to be saved, not opened, run or kept.
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


class Files(VisitorView):
    """``POST /webchat/files?name=…``: the raw bytes of one file, kept until a ``say`` names it."""

    def post(self, request: Request) -> Response:
        conversation_id = session_of(request).conversation_id
        if not (limits.uploads.take(conversation_id) and limits.uploads_from.take(request.META.get("REMOTE_ADDR"))):
            raise Problem(429, "rate", "That were many files at once; one moment, please.", after=1 / limits.uploads.per_second)
        try:
            named = request.query_params.get("name", "")
            file = files.store_upload(conversation_id, named, request.content_type or "", bytes_of(request))
        except files.NotTaken as refused:
            raise Problem(STATUS[refused.code], refused.code, refused.detail) from None
        return Response(shown.file(file), status=201)


def bytes_of(request: Request) -> bytes:
    """At most one byte more than a file may have. Not ``request.body``: Django would measure it as a form."""
    try:
        return request._request.read(files.LARGEST + 1)
    except UnreadablePostError:
        raise Problem(400, "malformed", "The file did not arrive whole.") from None


class OneFile(VisitorView):
    """``GET /webchat/files/<id>``"""

    def get(self, request: Request, file_id: uuid.UUID) -> HttpResponse:
        mine = File.objects.filter(conversation_id=session_of(request).conversation_id).select_related("bytes")
        file = mine.filter(pk=file_id).first()
        if file is None:
            raise Problem(404, "unknown_file", "There is no such file here.")
        if file.state == File.State.LOADING:
            raise Problem(409, "loading", "This file is not here yet; it is on its way.")
        if file.state == File.State.FAILED:
            raise Problem(410, "failed", "This file could not be had.")
        return HttpResponse(file.content(), content_type=file.type, headers={**HARMLESS, "Content-Disposition": to_be_saved(file.name)})


def to_be_saved(name: str) -> str:
    return content_disposition_header(True, name) or "attachment"
