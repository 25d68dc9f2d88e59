from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoffs import relay
from handoffs.admin.base import OwnScripts, StayAfterAdding, copyable, shortened
from handoffs.admin.message import as_obstacle
from handoffs.forms.handoff import MAPPINGS, PATHS, HandoffForm
from handoffs.models import Block, Handoff

POLLING_HELP = (
    "What was sent to the desk did not come back. Is the Webhook URL entered there, and can the desk reach it? "
    "Until then replies are asked for, and come a little later."
)
TOLD_HELP = "Attributes of the visitor, such as user.email. Empty, or not known of a visitor: the desk is not told."


def polling_only(handoff: Handoff) -> SafeString:
    since = date_format(timezone.localtime(handoff.polling_only_since), "j M H:i")
    return format_html('<span class="badge">No webhooks since {}</span>', since)


class HandoffAdmin(StayAfterAdding[Handoff]):
    form = HandoffForm
    actions = None
    list_display = ["name", "switch", "state", "scenario", "desk"]
    list_filter = ["active", "scenario"]
    list_select_related = ["scenario"]
    search_fields = ["name", "domain"]

    class Media(OwnScripts.Media):
        pass

    # --- the list, with its switches ------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Handoff]:
        # A switch leads back to the list as it was filtered.
        return super().get_queryset(request).annotate(filters=Value(request.GET.urlencode()))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        may_switch = self.has_change_permission(request)
        return [column if may_switch or column != "switch" else "active" for column in self.list_display]

    @admin.display(description="State")
    def state(self, handoff: Handoff) -> SafeString:
        if handoff.trouble:
            return format_html('<span class="trouble">Trouble: {}</span>', shortened(handoff.trouble))
        state = SafeString("Active" if handoff.active else "Inactive")
        return format_html("{} {}", state, polling_only(handoff)) if handoff.polling_only_since else state

    @admin.display(description="Desk", ordering="domain")
    def desk(self, handoff: Handoff) -> str:
        host = urlsplit(handoff.domain).netloc or handoff.domain
        return f"{handoff.get_system_display()} at {host}, account {handoff.account_id}, inbox {handoff.inbox_id}"

    @admin.display(description="Activate", ordering="active")
    def switch(self, handoff: Handoff) -> SafeString:
        """Submits the list's own form, which carries the CSRF token, to an address of its own; no script is needed."""
        return format_html(
            '<button type="submit" class="switch" role="switch" aria-checked="{}" aria-label="Activate {}" name="on" value="{}" '
            'formmethod="post" formaction="{}?{}"></button>',
            str(handoff.active).lower(),
            handoff.name,
            int(not handoff.active),
            reverse("admin:handoffs_handoff_switch", args=[handoff.pk]),
            handoff.filters,  # type: ignore[attr-defined]
        )

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<uuid:pk>/switch/", self.admin_site.admin_view(self.switch_view), name="handoffs_handoff_switch"),
            *super().get_urls(),
        ]

    def switch_view(self, request: HttpRequest, pk: object) -> HttpResponse:
        """``POST on=1|0``: the state that is wanted, so that a double click does no harm."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        handoff = get_object_or_404(Handoff, pk=pk)
        if not self.has_change_permission(request, handoff):
            raise PermissionDenied
        self._switch(request, handoff, on=request.POST.get("on") == "1")
        return redirect(f"{reverse('admin:handoffs_handoff_changelist')}?{request.GET.urlencode()}")

    def _switch(self, request: HttpRequest, handoff: Handoff, *, on: bool) -> None:
        try:
            handoff.switch_on() if on else handoff.switch_off()
        except ValidationError as error:
            self.message_user(request, f"“{handoff}” was not activated. {' '.join(error.messages)}", messages.ERROR)
            return
        relay.try_again(handoff)
        done = "activated" if on else "deactivated"
        self.log_change(request, handoff, f"{done.capitalize()}.")
        self.message_user(request, f"“{handoff}” is {done}.", messages.SUCCESS)

    # --- the form -------------------------------------------------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Handoff | None = None) -> list[str]:
        # Tiles of its scenario refer to it, so it cannot move to another one.
        return ["scenario", "trouble_now", "polling_now", "webhook_url"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Handoff | None = None) -> Any:
        own = ["scenario", "name", "system", "active"]
        webhook = ["webhook_secret"]
        if obj is not None:
            own = ["trouble_now", *own] if obj.trouble else own
            webhook = ["webhook_url", "webhook_secret", *(["forget_webhook_secret"] if obj.webhook_secret_sealed else [])]
            webhook = ["polling_now", *webhook] if obj.polling_only_since else webhook
        return [
            (None, {"fields": own}),
            ("Where the live agents are", {"fields": ["domain", "account_id", "access_token", "inbox_id"]}),
            ("How their answers come back", {"fields": webhook}),
            ("How the desk files it", {"fields": ["labels", "team_id", "priority"]}),
            ("What the desk is told about the visitor", {"fields": [*PATHS, *MAPPINGS], "description": TOLD_HELP}),
            ("After the end", {"fields": ["after_end", "after_end_minutes"]}),
        ]

    @admin.display(description="Trouble")
    def trouble_now(self, handoff: Handoff) -> SafeString:
        return format_html('<p class="trouble">{}</p>', handoff.trouble)

    @admin.display(description="Webhooks")
    def polling_now(self, handoff: Handoff) -> SafeString:
        return format_html('<p class="warning">{} {}</p>', polling_only(handoff), POLLING_HELP)

    @admin.display(description="Webhook URL")
    def webhook_url(self, handoff: Handoff) -> SafeString:
        return copyable("Webhook URL", handoff.webhook_url())

    def save_model(self, request: HttpRequest, obj: Handoff, form: Any, change: bool) -> None:
        obj.save(update_fields=form.columns() if change else None)
        relay.try_again(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        tiles = Block.objects.filter(handoff__in=list(objs)).select_related("template")
        return found, counts, forbidden, list(map(as_obstacle, tiles)) or protected
