"""Which workspace a request is for, told by its host name: ``acme.<HANDOFF_HOST>`` is the workspace ``acme``."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse

from handoffs.models import Workspace


class WorkspaceByHost:
    """Sets ``request.workspace``; None on the bare host. An unknown or nested label is not found, never "no workspace"."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        label = label_of(request.get_host())
        try:
            request.workspace = None if label is None else find(label)  # type: ignore[attr-defined]
        except (InterfaceError, OperationalError):
            return HttpResponse("This is not available just now.", status=503, headers={"Retry-After": "10"})
        return None


def label_of(host: str) -> str | None:
    """``acme`` for ``acme.example.com:443`` when HANDOFF_HOST is ``example.com``; None for that host itself and for any other."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    label, dot, rest = name.lower().rstrip(".").partition("." + settings.HANDOFF_HOST)
    return label if dot and not rest else None


def find(slug: str) -> Workspace:
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None:
        raise Http404("No workspace of this name.")
    return workspace


def meant_by(request: HttpRequest, slug: str | None) -> Workspace:
    """The workspace named by the path, else by the host, else the only one there is."""
    if slug is not None:
        return find(slug)
    by_host: Workspace | None = request.workspace  # type: ignore[attr-defined]
    few = [by_host] if by_host else list(Workspace.objects.all()[:2])
    if len(few) != 1:
        raise Http404("Name the workspace: <workspace>.<host>/… or /w/<workspace>/….")
    return few[0]
