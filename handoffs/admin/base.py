"""What the nouns share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as ModelAdmin
    from django.contrib.admin import StackedInline as StackedInline
else:

    class ModelAdmin(admin.ModelAdmin):
        """Django's, with the type parameter that only its stubs know."""

        def __class_getitem__(cls, _: object) -> type:
            return cls

    class StackedInline(admin.StackedInline):
        def __class_getitem__(cls, _: object) -> type:
            return cls


M = TypeVar("M", bound=Model)

SHORT = 120


class OwnScripts:
    class Media:
        js = ["handoffs/admin.js"]


class StayAfterAdding(ModelAdmin[M]):
    """After adding, its page again: some of it only exists now."""

    def response_add(self, request: HttpRequest, obj: M, post_url_continue: str | None = None) -> HttpResponse:
        if not request.POST.keys() & {"_addanother", "_popup"}:
            pressed = request.POST.copy()
            pressed["_continue"] = "1"
            request.POST = pressed  # type: ignore[assignment]
        return super().response_add(request, obj, post_url_continue)


class ReadOnlyAdmin(ModelAdmin[M]):
    """What happened is looked at, never changed."""

    actions: list[str] | None = None
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, *more: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def shortened(text: str) -> str:
    """The last line of ``text`` — of a traceback, what it comes to — cut to fit a table."""
    last = text.strip().rpartition("\n")[2]
    return last if len(last) <= SHORT else last[: SHORT - 1] + "…"


def preformatted(text: str) -> SafeString:
    return format_html('<pre class="code">{}</pre>', text) if text else SafeString("–")


def copyable(label: str, text: str) -> SafeString:
    """A read-only field; ``admin.js`` puts a copy button beside it."""
    return format_html('<textarea class="copyable" readonly rows="2" aria-label="{}">{}</textarea>', label, text)
