"""The Message Editor: a message, when it is used, and its tiles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from csp.decorators import csp_update
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from handoffs import stored
from handoffs.admin import arranging
from handoffs.admin.base import OwnScripts, StackedInline
from handoffs.admin.editable import EditableAdmin
from handoffs.admin.editor import editor, menu
from handoffs.admin.messagelist import rows
from handoffs.admin.own import AsItsParent, OwnRelated, Role, listed_scenario, number
from handoffs.checklist import goals
from handoffs.fields import ButtonsField, FormFieldsField, in_words
from handoffs.forms.message import ENDINGS, MOST_TILES, BlockForm, BlockFormSet, MessageTemplateForm
from handoffs.forms.picture import keep_chosen
from handoffs.forms.tiles import gone_as_new, moved, renumbered
from handoffs.models import Block, MessageTemplate, Scenario, Transfer, workspaces_of

FRAME_OF_OUR_OWN = csp_update({"frame-src": ["'self'"]})
ENDINGS_TITLE = "When it ends"
ENDINGS_HELP = "For each way it can end: what is said instead of the return text, and which message of this scenario is played then."


class BlockInline(AsItsParent, StackedInline[Block, MessageTemplate]):
    model = Block
    fk_name = "template"
    form = BlockForm
    formset = BlockFormSet  # type: ignore[assignment]
    extra = 1
    max_num = MOST_TILES
    template = "admin/handoffs/messagetemplate/tiles.html"
    readonly_fields = ["shown_buttons", "shown_fields", "shown_endings"]

    def get_fieldsets(self, request: HttpRequest, obj: MessageTemplate | None = None) -> Any:
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": SHOWN})]
        return [
            (None, {"fields": TILE}),
            (ENDINGS_TITLE, {"fields": list(ENDINGS.values()), "description": ENDINGS_HELP, "classes": ["endings", "collapse"]}),
        ]

    def get_formset(self, request: HttpRequest, obj: MessageTemplate | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_max=True, absolute_max=MOST_TILES + 50, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Block]:
        return super().get_queryset(request).select_related("picture", "leads_to", "handoff").defer("picture__content")

    def goals(self, block: Block) -> dict[str, int]:
        """One inline is made for one page: its tiles are of one message."""
        self.template_shown = getattr(self, "template_shown", None) or block.template
        return self.template_shown.goals

    # --- For who may only look ------------------------------------------------------------------------------------------------------------

    @admin.display(description="Buttons")
    def shown_buttons(self, block: Block) -> SafeString:
        field = ButtonsField()
        field.templates = self.goals(block) if block.buttons else {}
        return lines(field.write(button) for button in stored.entries(block.buttons))

    @admin.display(description="Fields")
    def shown_fields(self, block: Block) -> SafeString:
        field = FormFieldsField()
        return lines(field.write(each) for each in stored.entries(block.fields))

    @admin.display(description=ENDINGS_TITLE)
    def shown_endings(self, block: Block) -> SafeString:
        found = stored.endings(block.endings)
        names = {pk: name for name, pk in self.goals(block).items()} if found else {}
        labels: dict[str, str] = dict(Transfer.Reason.choices)
        return lines(
            f"{labels.get(reason, reason)}: {ending.text}" + (f" (then {names[ending.leads_to]})" if ending.leads_to in names else "")
            for reason, ending in found.items()
        )


TILE = [
    "kind",
    "position",
    "handoff",
    "picture",
    "picture_upload",
    "alt_text",
    "text",
    "buttons",
    "fields",
    "leads_to",
    "waiting_text",
    "joined_text",
    "return_text",
    "fallback_text",
]
SHOWN = [
    "kind",
    "text",
    "picture",
    "alt_text",
    "shown_buttons",
    "shown_fields",
    "leads_to",
    "handoff",
    "waiting_text",
    "fallback_text",
    "joined_text",
    "return_text",
    "shown_endings",
]


def lines(words: Iterable[str]) -> SafeString:
    return format_html_join("", "<div>{}</div>", ((each,) for each in words)) or SafeString("–")


class MessageTemplateAdmin(EditableAdmin[MessageTemplate]):
    form = MessageTemplateForm
    inlines = [BlockInline]
    readonly_fields = ["only_if", "for_reasons"]
    list_display = ["name", "scenario", "when", "only_if", "tile_count", "position"]
    list_filter = [("scenario", OwnRelated), "when"]
    list_select_related = ["scenario"]
    ordering = ["scenario__name", "position", "id"]
    search_fields = ["name", "phrases", "blocks__text"]

    class Media(OwnScripts.Media):
        pass

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageTemplate]:
        return super().get_queryset(request).annotate(tiles=Count("blocks", distinct=True))

    def get_fields(self, request: HttpRequest, obj: MessageTemplate | None = None) -> Any:
        if not self.has_change_permission(request, obj):
            return ["name", "when", "phrases", "for_reasons", "only_if"]
        return ["name", "when", "phrases", "reasons", "conditions", "edition"]

    @admin.display(description="Tiles", ordering="tiles")
    def tile_count(self, template: MessageTemplate) -> int:
        return template.tiles  # type: ignore[attr-defined, no-any-return]

    @admin.display(description="Only if")
    def only_if(self, template: MessageTemplate) -> str:
        return ", ".join(map(in_words, stored.entries(template.conditions))) or "–"

    @admin.display(description="For these ends")
    def for_reasons(self, template: MessageTemplate) -> str:
        labels: dict[str, str] = dict(Transfer.Reason.choices)
        return ", ".join(labels.get(reason, reason) for reason in stored.reasons(template.reasons)) or "–"

    # --- The list -------------------------------------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        scenario = listed_scenario(request)
        context = {"scenario": scenario, **(extra_context or {})}
        response: Any = super().changelist_view(request, context)
        changelist = getattr(response, "context_data", {}).get("cl")
        if changelist is not None:
            mine = set(workspaces_of(request.user, self.least_to_change).values_list("pk", flat=True))
            may_add = scenario is not None and scenario.workspace_id in mine
            told = {"rows": rows(changelist.result_list, mine), "may_add": may_add, "part": is_part(request)}
            response.context_data |= told
        return response

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/move/", self.admin_site.admin_view(self.move_view), name="handoffs_messagetemplate_move"),
            path("<int:pk>/duplicate/", self.admin_site.admin_view(self.duplicate_view), name="handoffs_messagetemplate_duplicate"),
            *super().get_urls(),
        ]

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """``POST to=<place>``, counted from 0: the place that is wanted, so that a double click does no harm."""
        template = self._changeable(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        to = request.POST.get("to", "")
        if not (to.isascii() and to.isdecimal() and len(to) < 10):
            self.message_user(request, f"“{template}” was not moved: “to” must be a place in the list, 0 for the first.", messages.ERROR)
        else:
            place, many = arranging.move(template, int(to))
            self.log_change(request, template, "Moved.")
            self.message_user(request, f"“{template}” is now {place + 1} of {many}.", messages.SUCCESS)
        return redirect(list_at(request, template))

    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """``POST stay=1``: back to the list. Otherwise to the copy’s own page."""
        template = self._changeable(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        copy = arranging.duplicate(template)
        self.log_addition(request, copy, f"Duplicated from “{template}”.")
        if "stay" in request.POST:
            self.message_user(request, f"“{template}” was copied. Its copy, “{copy}”, is right below it.", messages.SUCCESS)
            return redirect(list_at(request, copy))
        self.message_user(request, f"This is “{copy}”, a copy of “{template}”.", messages.SUCCESS)
        return redirect("admin:handoffs_messagetemplate_change", copy.pk)

    def _changeable(self, request: HttpRequest, pk: int) -> MessageTemplate:
        template = self.get_queryset(request).filter(pk=pk).first()
        if template is None:
            raise Http404("There is no such message.")
        if not self.has_change_permission(request, template):
            raise PermissionDenied
        return template

    # --- Its page -------------------------------------------------------------------------------------------------------------------------

    @method_decorator(FRAME_OF_OUR_OWN)
    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        template = self.get_object(request, object_id) if object_id else None
        scenario = template.scenario if template else chosen(request)
        told = {"scenario": scenario, "editor": editor(scenario, template), "kinds": menu()} if scenario else {}
        return super().changeform_view(request, object_id, form_url, {**told, **(extra_context or {})})

    def make_ready(self, request: HttpRequest, row: MessageTemplate) -> None:
        stored = set(map(str, row.blocks.values_list("pk", flat=True)))
        if numbers := gone_as_new(request.POST, stored):
            files = moved(request.FILES, numbers)
            request.POST = renumbered(request.POST, numbers, stored)  # type: ignore[assignment]
            request._files = files  # type: ignore[attr-defined]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and "scenario" in context:
            for tile in context["inline_admin_formsets"][0].formset.forms:
                keep_chosen(tile, context["scenario"])
        return super().render_change_form(request, context, *args, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A message belongs to a scenario for good, and its buttons and handoffs depend on it: so that is chosen first."""
        if scenario := chosen(request):
            return super().add_view(request, f"{request.path}?scenario={scenario.pk}", extra_context)
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        scenarios = list(editable(request).select_related("workspace"))
        if len(scenarios) == 1:
            return redirect(f"{request.path}?scenario={scenarios[0].pk}")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Add message", "scenarios": scenarios}
        return TemplateResponse(request, "admin/handoffs/messagetemplate/choose_scenario.html", context)

    def get_form(self, request: HttpRequest, obj: MessageTemplate | None = None, change: bool = False, **kwargs: Any) -> Any:
        # The form declares “edition” itself: the model has no such field for people.
        kwargs["fields"] = [name for name in self.get_fields(request, obj) if name != "edition"]
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        # Django makes a new form class for each request, so this one is ours.
        form.scenario = None if change else chosen(request)
        return form

    def response_post_save_add(self, request: HttpRequest, obj: MessageTemplate) -> HttpResponseRedirect:
        return HttpResponseRedirect(list_with(obj))

    def response_post_save_change(self, request: HttpRequest, obj: MessageTemplate) -> HttpResponseRedirect:
        return HttpResponseRedirect(list_with(obj))

    def response_add(self, request: HttpRequest, obj: MessageTemplate, post_url_continue: str | None = None) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        return redirect(f"{request.path}?scenario={obj.scenario_id}") if "_addanother" in request.POST else response

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A message that buttons lead to is kept as if a foreign key held it."""
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return found, counts, forbidden, [*protected, *map(as_obstacle, leading_to(list(objs)))]


def chosen(request: HttpRequest) -> Scenario | None:
    """The scenario of a message that is being added. One that is not one’s own is not there (``Http404``)."""
    pk = number(request.GET.get("scenario"))
    if pk is None:
        return None
    scenario = editable(request).filter(pk=pk).first()
    if scenario is None:
        raise Http404("There is no such scenario.")
    return scenario


def is_part(request: HttpRequest) -> bool:
    """Whether something narrows the list besides its scenario."""
    return bool(request.GET.keys() - {"scenario__id__exact", ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR})


def list_at(request: HttpRequest, template: MessageTemplate) -> str:
    """The list as it was looked at, where ``template`` stands."""
    return list_with(template, request.GET.urlencode())


def list_with(template: MessageTemplate, looked_at: str = "") -> str:
    narrowed = looked_at or f"scenario__id__exact={template.scenario_id}"
    return f"{reverse('admin:handoffs_messagetemplate_changelist')}?{narrowed}#message-{template.pk}"


def editable(request: HttpRequest) -> QuerySet[Scenario]:
    return Scenario.objects.filter(workspace__in=workspaces_of(request.user, Role.EDITOR))


def leading_to(templates: list[MessageTemplate]) -> list[Block]:
    """The tiles of other messages that lead to one of ``templates``."""
    pks = {template.pk for template in templates}
    others = Block.objects.filter(template__scenario__templates__in=pks).exclude(template__in=pks)
    return [block for block in others.select_related("template").distinct() if pks & goals(block)]


def as_obstacle(block: Block) -> str:
    """A tile, as the page that refuses a deletion names it."""
    address = reverse("admin:handoffs_messagetemplate_change", args=[quote(block.template_id)])
    return format_html('Message <a href="{}">{}</a>, tile “{}”', address, block.template, block)
