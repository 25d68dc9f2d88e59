"""The pictures of a scenario: its logo, its avatar, its image tiles. Everybody may see them; they are drawn anew by us and never change."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from handoffs.models import Picture

# A picture and nothing else, whatever a browser makes of its bytes.
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=31536000, immutable",
}
TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@require_safe
def picture(request: HttpRequest, key: str, picture_id: uuid.UUID) -> HttpResponse:
    """``/chat/<key>/pictures/<id>``: of drafts too, for whoever knows the id."""
    found = None if "\0" in key else Picture.objects.filter(pk=picture_id, scenario__key=key, type__in=TYPES)
    workspace = request.workspace  # type: ignore[attr-defined]
    if found is not None and workspace is not None:
        found = found.filter(scenario__workspace=workspace)
    row = found.first() if found is not None else None
    if row is None:
        raise Http404
    named = content_disposition_header(False, row.name) or "inline"
    return HttpResponse(bytes(row.content), content_type=row.type, headers={**HARMLESS, "Content-Disposition": named})
