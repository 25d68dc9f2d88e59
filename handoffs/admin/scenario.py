"""The list of scenarios, and the home of each: what it has, what it still lacks, and its switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, DateTimeField, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from handoffs import checklist
from handoffs.admin import preview, publish
from handoffs.admin.base import OwnScripts
from handoffs.admin.deleting import DeletesScenarios
from handoffs.admin.editable import EditableAdmin
from handoffs.admin.own import Role, own_scenario
from handoffs.checklist import Finding, Loaded, Room, Severity
from handoffs.forms.scenario import ImportForm, ScenarioForm
from handoffs.models import Block, Conversation, Handoff, MessageTemplate, Scenario, Transfer, workspaces_of
from handoffs.portable import store, write
from handoffs.portable.place import Fault, Place
from handoffs.portable.read import Read, checked

When = MessageTemplate.When


class ScenarioAdmin(DeletesScenarios, EditableAdmin[Scenario]):
    workspace_path = "workspace"
    least_for = {
        **dict.fromkeys(["publish", "export", "preview", "preview_start", "preview_state"], Role.VIEWER),
        "identity": Role.ADMIN,
    }
    form = ScenarioForm
    add_form_template = "admin/handoffs/scenario/add_form.html"
    list_display = ["name", "workspace", "state"]
    list_filter = ["state", ("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["workspace"]
    list_per_page = 60
    actions = None
    search_fields = ["name", "key"]
    deleted_with = "pk"
    view_on_site = False

    class Media(OwnScripts.Media):
        pass

    # --- The list -------------------------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scenario]:
        return with_facts(super().get_queryset(request))

    # --- A new one ------------------------------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Scenario | None = None) -> Any:
        return [(None, {"fields": ["name", "key"] if obj else ["workspace", "name"]})]

    def save_model(self, request: HttpRequest, obj: Scenario, form: Any, change: bool) -> None:
        if change:
            # The switch has its own door, and may have been pressed meanwhile.
            obj.save(update_fields=["name", "key", "edition"])
        else:
            obj.save()
            begin(obj)

    def response_add(self, request: HttpRequest, obj: Scenario, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(request, f"“{obj}” is there, with a welcome and an answer to fall back on. Look at what it still needs.")
        return redirect(home_of(obj))

    def response_change(self, request: HttpRequest, obj: Scenario) -> HttpResponse:
        self.message_user(request, f"“{obj}” was saved.", messages.SUCCESS)
        return redirect(home_of(obj))

    # --- Its home -------------------------------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        scenario = self.get_object(request, object_id)
        home = home_context(scenario) if scenario else {}
        return super().change_view(request, object_id, form_url, {**home, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        doors: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("import/", self.import_view, "import"),
            ("<int:pk>/state/", self.state_view, "state"),
            ("<int:pk>/duplicate/", self.duplicate_view, "duplicate"),
            ("<int:pk>/export/", self.export_view, "export"),
        ]
        own = [path(route, self.admin_site.admin_view(view), name=f"handoffs_scenario_{name}") for route, view, name in doors]
        return [*own, *preview.urls(self.admin_site), *publish.urls(self.admin_site), *super().get_urls()]

    def state_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """``POST state=active|draft``: the state that is wanted, so that a double click does no harm."""
        scenario = changed_by_post(request, pk)
        if scenario is None:
            return HttpResponseNotAllowed(["POST"])
        wanted = Scenario.State.ACTIVE if request.POST.get("state") == Scenario.State.ACTIVE else Scenario.State.DRAFT
        if scenario.state != wanted:
            Scenario.objects.filter(pk=scenario.pk).update(state=wanted)
            self.log_change(request, scenario, f"Now {wanted.label.lower()}.")
        self._say_state(request, scenario, wanted)
        return redirect(home_of(scenario))

    def _say_state(self, request: HttpRequest, scenario: Scenario, state: Scenario.State) -> None:
        if state == Scenario.State.DRAFT:
            self.message_user(request, f"“{scenario}” is a draft: visitors are told that it is not available.", messages.SUCCESS)
            return
        open_ones = sum(finding.severity is Severity.MUST for finding in checklist.findings(checklist.load(scenario)))
        if open_ones:
            what = "1 thing visitors will run into is" if open_ones == 1 else f"{open_ones} things visitors will run into are"
            self.message_user(request, f"“{scenario}” is active, although {what} still open, see below.", messages.WARNING)
        else:
            self.message_user(request, f"“{scenario}” is active: it talks to visitors.", messages.SUCCESS)

    # --- Copies and files -----------------------------------------------------------------------------------------------------------------

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        scenario = own_scenario(request, pk)
        try:
            raw = write.as_bytes(scenario)
        except Fault as fault:
            self.message_user(request, f"“{scenario}” was not exported. {fault}", messages.ERROR)
            return redirect(home_of(scenario))
        name = f"{slugify(scenario.name) or 'scenario'}.handoff.json"
        to_save = content_disposition_header(True, name) or "attachment"
        return HttpResponse(raw, content_type="application/json", headers={"Content-Disposition": to_save})

    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        scenario = changed_by_post(request, pk)
        if scenario is None:
            return HttpResponseNotAllowed(["POST"])
        try:
            read = checked(Place(write.written(scenario)))
            return self._made(request, read, scenario.workspace, "duplicated", name=f"{scenario.name[:190]} (copy)")
        except Fault as fault:
            self.message_user(request, f"“{scenario}” was not duplicated. {fault}", messages.ERROR)
            return redirect(home_of(scenario))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        workspaces = workspaces_of(request.user, Role.EDITOR)
        if not workspaces.exists():
            raise PermissionDenied
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = ImportForm(*sent, workspaces=workspaces)
        if form.is_valid():
            try:
                return self._made(request, form.cleaned_data["file"], form.cleaned_data["workspace"], "imported")
            except Fault as fault:
                form.add_error("file", str(fault))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Import a scenario", "form": form}
        return TemplateResponse(request, "admin/handoffs/scenario/import.html", context)

    def _made(self, request: HttpRequest, read: Read, workspace: Any, done: str, name: str = "") -> HttpResponse:
        """Handoffs are an admin's business: an editor gets the scenario without them. Raises ``Fault``."""
        is_admin = workspaces_of(request.user, Role.ADMIN).filter(pk=workspace.pk).exists()
        scenario = store.store(read, workspace, name=name, with_handoffs=is_admin)
        self.log_addition(request, scenario, f"{done.capitalize()}.")
        self.message_user(request, f"“{read['name']}” was {done}. This one is a draft. {about_handoffs(read, is_admin)}".strip())
        return redirect(home_of(scenario))


def about_handoffs(read: Read, kept: bool) -> str:
    if not read["handoffs"]:
        return ""
    if kept:
        return "Its handoffs are inactive: each needs its access token first."
    return "Its handoffs were left out, because only admins of the workspace may add some; choose others in its handover tiles."


def home_of(scenario: Scenario) -> str:
    return reverse("admin:handoffs_scenario_change", args=[quote(scenario.pk)])


def changed_by_post(request: HttpRequest, pk: int) -> Scenario | None:
    """The scenario, if this is a POST by somebody who may change it."""
    scenario = own_scenario(request, pk, Role.EDITOR)
    return scenario if request.method == "POST" else None


def begin(scenario: Scenario) -> None:
    """Something that works, to change: nobody begins on an empty page."""
    parts = [
        ("Welcome", When.WELCOME, "Hello! I am the assistant here. What can I do for you?"),
        ("Not understood", When.NO_MATCH, "I am sorry, I did not get that. Could you say it in other words?"),
    ]
    for position, (name, when, text) in enumerate(parts):
        template = scenario.templates.create(name=name, when=when, position=position)
        template.blocks.create(kind=Block.Kind.TEXT, text=text)


# --- What the pages tell ------------------------------------------------------------------------------------------------------------------


def with_facts(scenarios: QuerySet[Scenario]) -> QuerySet[Scenario]:
    """Each with its counts, however many there are, in the one query."""
    live = Conversation.objects.filter(desk=Conversation.Desk.LIVE)
    with_humans = Transfer.objects.open().filter(conversation__desk=Conversation.Desk.LIVE)
    last = live.filter(scenario=OuterRef("pk")).order_by().values("scenario")
    return scenarios.annotate(
        message_count=counted(MessageTemplate.objects.all(), "scenario"),
        handoff_count=counted(Handoff.objects.real().filter(active=True), "scenario"),
        conversation_count=counted(live, "scenario"),
        human_count=counted(with_humans, "conversation__scenario"),
        last_at=Subquery(last.annotate(at=Max(Coalesce(F("visitor_seen_at"), F("created_at")))).values("at"), output_field=DateTimeField()),
    )


def counted(those: QuerySet[Any], scenario: str) -> Coalesce:
    own = those.filter(**{scenario: OuterRef("pk")}).order_by().values(scenario)
    return Coalesce(Subquery(own.annotate(number=Count("pk")).values("number")), 0)


def overview(request: HttpRequest) -> dict[str, Any]:
    """One's scenarios as the first page shows them."""
    own = Scenario.objects.filter(workspace__in=workspaces_of(request.user)).select_related("workspace")
    may_add = workspaces_of(request.user, Role.EDITOR).exists()
    return {
        "scenarios": with_facts(own).order_by("workspace__name", "name"),
        "may_add_scenario": may_add,
        "needs_workspace": request.user.is_superuser and not may_add,
    }


@dataclass(frozen=True)
class ToDo:
    finding: Finding
    address: str


def home_context(scenario: Scenario) -> dict[str, Any]:
    loaded = checklist.load(scenario)
    found = [ToDo(finding, address_of(finding, scenario)) for finding in checklist.findings(loaded)]
    return {
        "scenario": scenario,
        "title": "Overview",
        "to_dos": found,
        "must_count": sum(each.finding.severity is Severity.MUST for each in found),
        "facts": facts(loaded),
    }


def facts(loaded: Loaded) -> dict[str, Any]:
    interface = loaded.interface
    active = sum(handoff.active for handoff in loaded.handoffs.values())
    return {
        "messages": len(loaded.templates),
        "handovers": sum(block.kind == Block.Kind.HANDOVER for _, block in checklist.tiles(loaded)),
        "active_handoffs": active,
        "inactive_handoffs": len(loaded.handoffs) - active,
        "troubled": any(handoff.active and handoff.trouble for handoff in loaded.handoffs.values()),
        "websites": interface.origins(),
        "interface": interface,
    }


def address_of(finding: Finding, scenario: Scenario) -> str:
    place = finding.place
    match place.room:
        case Room.MESSAGES:
            return f"{reverse('admin:handoffs_messagetemplate_changelist')}?scenario__id__exact={scenario.pk}"
        case Room.HANDOFFS:
            return f"{reverse('admin:handoffs_handoff_changelist')}?scenario__id__exact={scenario.pk}"
        case room:
            return reverse(f"admin:handoffs_{room}_change", args=[place.pk])
