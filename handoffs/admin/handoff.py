from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoffs import hookup, relay
from handoffs.admin import handover
from handoffs.admin.base import OwnScripts, StayAfterAdding, copyable
from handoffs.admin.editable import EditableAdmin
from handoffs.admin.message import as_obstacle
from handoffs.admin.own import Role, listed_scenario
from handoffs.forms.handoff import MAPPINGS, PATHS, HandoffForm, LookingForm
from handoffs.models import Block, Handoff, Scenario, workspaces_of

POLLING_HELP = (
    "What was sent to the desk did not come back. Is the Webhook URL entered there, and can the desk reach it? "
    "Until then replies are asked for, and come a little later."
)
TOLD_HELP = "Attributes of the visitor, such as user.email. Empty, or not known of a visitor: the desk is not told."
# What a press found, kept for the page it leads to. Findings only: neither secrets nor bodies.
KEPT = "handover-result"
# Django opens these by itself when one of their fields has an error.
FOLDED = ["collapse"]
SECRETS = ("access_token", "webhook_secret", "forget_webhook_secret")


def polling_only(handoff: Handoff) -> SafeString:
    since = date_format(timezone.localtime(handoff.polling_only_since), "j M H:i")
    return format_html('<span class="badge">No webhooks since {}</span>', since)


def without_secrets(fieldsets: list[tuple[str | None, dict[str, Any]]]) -> list[tuple[str | None, dict[str, Any]]]:
    """Who may only look is shown values instead of fields, and a secret has none that may be shown."""
    return [(title, {**more, "fields": [name for name in more["fields"] if name not in SECRETS]}) for title, more in fieldsets]


class HandoffAdmin(EditableAdmin[Handoff], StayAfterAdding[Handoff]):
    form = HandoffForm
    actions = None
    least_to_change = Role.ADMIN
    list_display = ["name", "scenario", "domain"]
    list_filter = ["active", ("scenario", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["scenario"]
    list_per_page = 60
    search_fields = ["name", "domain", "inbox_name"]

    class Media(OwnScripts.Media):
        pass

    def get_queryset(self, request: HttpRequest) -> QuerySet[Handoff]:
        return handover.with_facts(super().get_queryset(request).filter(rehearsal=False))

    # --- the cards, with their switches ---------------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {"title": "Conversation handover", "scenario": listed_scenario(request, "scenario")}
        response: Any = super().changelist_view(request, {**context, **(extra_context or {})})
        changelist = getattr(response, "context_data", {}).get("cl")
        if changelist is not None:
            mine = set(workspaces_of(request.user, self.least_to_change).values_list("pk", flat=True))
            cards = [self._card(handoff, handoff.scenario.workspace_id in mine) for handoff in changelist.result_list]
            response.context_data |= {"cards": cards, "filters": request.GET.urlencode()}
        return response

    def _card(self, handoff: Handoff, may_change: bool) -> dict[str, Any]:
        where = {"desk": handover.desk_of(handoff), "inbox": handover.inbox_of(handoff)}
        return {"handoff": handoff, "state": handover.state_of(handoff), "may_change": may_change, **where}

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<uuid:pk>/switch/", self.admin_site.admin_view(self.switch_view), name="handoffs_handoff_switch"),
            *super().get_urls(),
        ]

    def switch_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """``POST on=1|0``: the state that is wanted, so that a double click does no harm."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        handoff = self.get_queryset(request).filter(pk=pk).first()
        if handoff is None:
            raise Http404("There is no such handoff.")
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

    # --- looking at the desk, and setting it up -------------------------------------------------------------------------------------------

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """A press of Connect or Test connection stores nothing; Set it up for me stores the form first, and is safe to press twice."""
        if request.method == "POST" and object_id is None:
            object_id = self._already_there(request)
        context = {**(extra_context or {}), **self._surroundings(request, object_id)}
        if request.method == "POST" and request.POST.keys() & {"_connect", "_test"}:
            context["result"] = self._look(request, object_id)
        elif request.method == "GET":
            context["result"] = self._kept(request, object_id)
        try:
            response = super().changeform_view(request, object_id, form_url, context)
        except IntegrityError:
            return self._stored_meanwhile(request)
        stored: Handoff | None = getattr(request, "stored_handoff", None)
        if "_setup" in request.POST and stored is not None:
            # Only now: the form's own transaction is over, and the webhook of the probe can be written down.
            return self._set_up(request, stored)
        return response

    def get_form(self, request: HttpRequest, obj: Handoff | None = None, change: bool = False, **kwargs: Any) -> Any:
        if request.method == "POST" and request.POST.keys() & {"_connect", "_test"}:
            kwargs["form"] = LookingForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Where there is nothing to choose, nobody is asked."""
        scenario = listed_scenario(request, "scenario")
        own = list(Scenario.objects.filter(workspace__in=workspaces_of(request.user, self.least_to_change))[:2])
        only = own[0] if len(own) == 1 else scenario
        return {**({"scenario": only.pk} if only else {}), **super().get_changeform_initial_data(request)}

    def _already_there(self, request: HttpRequest) -> str | None:
        """The handoff that an earlier press of the same new form has made."""
        try:
            key = UUID(request.POST.get("key", ""))
        except ValueError:
            return None
        return str(key) if self.get_queryset(request).filter(pk=key).exists() else None

    def _stored_meanwhile(self, request: HttpRequest) -> HttpResponse:
        """The same new form was pressed twice at once, and the other press was first."""
        made = self._already_there(request)
        if made is None:
            raise BadRequest("This form cannot be saved. Open “Create New Handoff” again.")
        self.message_user(request, "It was saved already.", messages.INFO)
        return redirect("admin:handoffs_handoff_change", made)

    def _surroundings(self, request: HttpRequest, object_id: str | None) -> dict[str, Any]:
        handoff = self.get_object(request, object_id) if object_id else None
        scenario = handoff.scenario if handoff else listed_scenario(request, "scenario")
        state = handover.state_of(handoff) if handoff else None
        return {"scenario": scenario, "state": state, "may_press": self._may_save(request, handoff)}

    def _look(self, request: HttpRequest, object_id: str | None) -> dict[str, Any]:
        handoff = self.get_object(request, object_id) if object_id else None
        if not self._may_save(request, handoff):
            raise PermissionDenied
        form = self.get_form(request, handoff, change=handoff is not None)(request.POST, instance=handoff)
        form.is_valid()
        if "_connect" in request.POST:
            return handover.connect(form)
        return handover.test(form, handoff.webhook_url() if handoff else "")

    def _set_up(self, request: HttpRequest, handoff: Handoff) -> HttpResponse:
        outcome = hookup.set_up(handoff, replace=request.POST["_setup"] == "replace")
        if outcome.findings != (hookup.SOMEBODY_IS_AT_IT,):
            self.log_change(request, handoff, "Set up at the desk." if outcome.proven else "Tried to set it up at the desk.")
        relay.try_again(handoff)
        request.session[KEPT] = {"of": str(handoff.pk), **handover.told(outcome)}
        return redirect(reverse("admin:handoffs_handoff_change", args=[handoff.pk]) + "#result")

    def _kept(self, request: HttpRequest, object_id: str | None) -> dict[str, Any] | None:
        kept: dict[str, Any] | None = request.session.get(KEPT)
        if kept is None or kept["of"] != object_id:
            return None
        del request.session[KEPT]
        return kept

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
        fieldsets: list[tuple[str | None, dict[str, Any]]] = [
            (None, {"fields": own}),
            ("Where the live agents are", {"fields": ["domain", "access_token", "account_id", "inbox_id"], "classes": ["where"]}),
            ("How their answers come back", {"fields": webhook, "classes": [] if obj else FOLDED}),
            ("How the desk files it", {"fields": ["labels", "team_id", "priority"], "classes": FOLDED}),
            ("What the desk is told about the visitor", {"fields": [*PATHS, *MAPPINGS], "description": TOLD_HELP, "classes": FOLDED}),
            ("After the end", {"fields": ["after_end", "after_end_minutes"], "classes": FOLDED}),
        ]
        return fieldsets if self._may_save(request, obj) else without_secrets(fieldsets)

    def _may_save(self, request: HttpRequest, handoff: Handoff | None) -> bool:
        return self.has_change_permission(request, handoff) if handoff else self.has_add_permission(request)

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
        obj.save(update_fields=form.columns() if change else None, force_insert=not change)
        request.stored_handoff = obj  # type: ignore[attr-defined]
        relay.try_again(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        tiles = Block.objects.filter(handoff__in=list(objs)).select_related("template")
        return found, counts, forbidden, list(map(as_obstacle, tiles)) or protected
