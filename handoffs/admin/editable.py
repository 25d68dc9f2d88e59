"""Rows that several people edit: who saves at the same moment as somebody else is told, and so is who saves what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from handoffs.admin.own import OwnWorkspaces

M = TypeVar("M", bound=Model)
# What the page sent along, and what nobody shall read over a shoulder.
NOT_TYPED = ("csrfmiddlewaretoken", "edition", "_FORMS", "-id", "-template", "-position", "-DELETE")
SECRET = ("token", "secret", "password")


class EditableAdmin(OwnWorkspaces[M]):
    """The page of an ``Editable`` row. Its form compares editions (``EditableForm``); here the row is held while it does."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        if object_id is None or request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            hold(self.model, object_id)
            row = self.get_object(request, object_id)
            if row is None:
                return self._gone(request)
            self.make_ready(request, row)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def make_ready(self, request: HttpRequest, row: M) -> None:
        """What came is about to be compared with ``row``, which nobody else can change now."""

    def _gone(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "This is not there any more",
            "typed": list(typed(request)),
        }
        return TemplateResponse(request, "admin/handoffs/gone.html", context, status=404)


def hold(model: type[Model], object_id: Any) -> None:
    """Whoever else saves this row waits until this transaction is done."""
    with suppress(ValueError, ValidationError):
        list(model._base_manager.select_for_update().filter(pk=unquote(str(object_id))).values_list("pk"))


def typed(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """What somebody typed into a form that cannot be shown any more, by the names of its fields."""
    for name, values in request.POST.lists():
        words = "\n".join(map(str, values)).strip()
        if words and not name.startswith("_") and not name.endswith(NOT_TYPED) and not any(part in name for part in SECRET):
            yield name.replace("-", " ").replace("_", " "), words
