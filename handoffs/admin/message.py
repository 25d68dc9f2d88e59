"""The Message Editor: a message, when it is used, and its tiles."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from handoffs import stored
from handoffs.admin.base import OwnScripts, StackedInline
from handoffs.admin.own import AsItsParent, OwnRelated, OwnWorkspaces, Role
from handoffs.fields import in_words
from handoffs.forms.message import ENDING_FIELDS, ENDINGS, BlockForm, BlockFormSet, MessageTemplateForm
from handoffs.models import Block, MessageTemplate, Scenario, workspaces_of

ENDINGS_TITLE = "When it ends"
ENDINGS_HELP = "For each way it can end: what is said instead of the return text, and which message of this scenario is played then."


class BlockInline(AsItsParent, StackedInline[Block, MessageTemplate]):
    model = Block
    fk_name = "template"
    form = BlockForm
    formset = BlockFormSet  # type: ignore[assignment]
    extra = 1
    classes = ["tiles"]

    def get_fieldsets(self, request: HttpRequest, obj: MessageTemplate | None = None) -> Any:
        tile = [name for name in BlockForm.base_fields if name not in ENDING_FIELDS]
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": [*(name for name in tile if name != "picture_upload"), "endings"]})]
        return [
            (None, {"fields": tile}),
            (ENDINGS_TITLE, {"fields": list(ENDINGS.values()), "description": ENDINGS_HELP, "classes": ["endings"]}),
        ]


class MessageTemplateAdmin(OwnWorkspaces[MessageTemplate]):
    form = MessageTemplateForm
    inlines = [BlockInline]
    fields = ["scenario", "name", "when", "phrases", "reasons", "conditions", "position"]
    readonly_fields = ["scenario"]
    list_display = ["name", "scenario", "when", "only_if", "tile_count", "position"]
    list_filter = [("scenario", OwnRelated), "when"]
    list_select_related = ["scenario"]
    ordering = ["scenario__name", "position", "id"]
    search_fields = ["name", "phrases", "blocks__text"]

    class Media(OwnScripts.Media):
        pass

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageTemplate]:
        return super().get_queryset(request).annotate(tiles=Count("blocks", distinct=True))

    @admin.display(description="Tiles", ordering="tiles")
    def tile_count(self, template: MessageTemplate) -> int:
        return template.tiles  # type: ignore[attr-defined, no-any-return]

    @admin.display(description="Only if")
    def only_if(self, template: MessageTemplate) -> str:
        return ", ".join(map(in_words, template.conditions)) or "–"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A message belongs to a scenario for good, and its buttons and handoffs depend on it: so that is chosen first."""
        if chosen(request) or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        scenarios = list(editable(request).select_related("workspace"))
        if len(scenarios) == 1:
            return redirect(f"{request.path}?scenario={scenarios[0].pk}")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Add message", "scenarios": scenarios}
        return TemplateResponse(request, "admin/handoffs/messagetemplate/choose_scenario.html", context)

    def get_form(self, request: HttpRequest, obj: MessageTemplate | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        # Django makes a new form class for each request, so this one is ours.
        form.scenario = None if change else chosen(request)
        return form

    def response_add(self, request: HttpRequest, obj: MessageTemplate, post_url_continue: str | None = None) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        return redirect(f"{request.path}?scenario={obj.scenario_id}") if "_addanother" in request.POST else response

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A message that buttons lead to is kept as if a foreign key held it."""
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return found, counts, forbidden, [*protected, *map(as_obstacle, leading_to(list(objs)))]


def chosen(request: HttpRequest) -> Scenario | None:
    pk = request.GET.get("scenario", "")
    return editable(request).filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 16 else None


def editable(request: HttpRequest) -> QuerySet[Scenario]:
    return Scenario.objects.filter(workspace__in=workspaces_of(request.user, Role.EDITOR))


def leading_to(templates: list[MessageTemplate]) -> list[Block]:
    """The tiles of other messages that lead to one of ``templates``."""
    pks = {template.pk for template in templates}
    others = Block.objects.filter(template__scenario__templates__in=pks).exclude(template__in=pks)
    return [block for block in others.select_related("template").distinct() if pks & goals(block)]


def goals(block: Block) -> set[int | None]:
    """The messages it leads to: by a button, after its form, or after its handover."""
    by_button = [button.leads_to for button in stored.buttons(block.buttons)]
    after_the_end = [ending.leads_to for ending in stored.endings(block.endings).values()]
    return {*by_button, *after_the_end, block.leads_to_id} - {None}


def as_obstacle(block: Block) -> str:
    """A tile, as the page that refuses a deletion names it."""
    address = reverse("admin:handoffs_messagetemplate_change", args=[quote(block.template_id)])
    return format_html('Message <a href="{}">{}</a>, tile “{}”', address, block.template, block)
