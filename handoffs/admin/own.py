"""Everybody sees and changes only what is in their own workspaces, as far as their role goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from handoffs.admin.base import ModelAdmin
from handoffs.models import Membership, Scenario, Workspace, workspaces_of

Role = Membership.Role
M = TypeVar("M", bound=Model)
T = TypeVar("T")

# How a row of a model that foreign keys may offer belongs to a workspace.
PATHS = {"workspace": "pk", "scenario": "workspace", "handoff": "scenario__workspace"}


class OwnWorkspaces(ModelAdmin[M]):
    """``workspace_path`` leads from a row to its workspace. ``least_for``: pages of our own that ask for another role, by their names."""

    workspace_path = "scenario__workspace"
    least_to_view: Membership.Role = Role.VIEWER
    least_to_change: Membership.Role = Role.EDITOR
    least_for: dict[str, Membership.Role] = {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        own = workspaces_of(request.user, self.least_to_view)
        return super().get_queryset(request).filter(**{f"{self.workspace_path}__in": own})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Headed by what is listed, not by what could be done with it."""
        return super().changelist_view(request, {"title": str(self.opts.verbose_name_plural).capitalize(), **(extra_context or {})})

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """What our filters ask, and nothing else: any other field would answer whoever asks cleverly, and a regex could take all day."""
        asked = [each[0] if isinstance(each, tuple) else each for each in self.get_list_filter(request)]
        fields = {"scenario", *(each for each in asked if isinstance(each, str))}
        if lookup in {getattr(each, "parameter_name", None) for each in asked}:
            return True
        return any(lookup in (f"{field}__exact", f"{field}__id__exact") for field in fields)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        model = db_field.remote_field.model
        own = workspaces_of(request.user, self.least_to_change)
        if path := PATHS.get(model._meta.model_name):
            kwargs.setdefault("queryset", model._default_manager.filter(**{f"{path}__in": own}))
        if model is Workspace and len(only := own[:2]) == 1:
            # Where there is nothing to choose, nobody is asked.
            kwargs["initial"] = only[0].pk
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Beside a choice of scenario stand no pop-ups that change, delete or add one: that has its own pages."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "scenario" and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    # --- Rights ---------------------------------------------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.least_to_view)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.may(request, self.least_to_view, obj)

    def has_add_permission(self, request: HttpRequest, *more: Any) -> bool:
        return self.may(request, self.least_to_change)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.may(request, self.least_to_change, obj)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.may(request, self.least_to_change, obj)

    def may(self, request: HttpRequest, least: Membership.Role, obj: M | None = None) -> bool:
        """In the workspace of ``obj``; without one, in any. Superusers may everything, also before there is a workspace."""
        if getattr(request.user, "is_superuser", False) and request.user.is_active:
            return True
        own = once(request, ("own", least), lambda: set(workspaces_of(request.user, least).values_list("pk", flat=True)))
        return bool(own) if obj is None or obj.pk is None else self.workspace_of(request, obj) in own

    def workspace_of(self, request: HttpRequest, obj: M) -> Any:
        rows = type(obj)._default_manager.filter(pk=obj.pk)
        return once(request, (obj._meta.label, obj.pk), lambda: rows.values_list(self.workspace_path, flat=True).first())


def once(request: HttpRequest, what: tuple[Any, ...], ask: Callable[[], T]) -> T:
    """A page asks whether it may for each of its fields; the answer is looked up once a request."""
    known: dict[tuple[Any, ...], Any] = request.__dict__.setdefault("_handoff_rights", {})
    if what not in known:
        known[what] = ask()
    found: T = known[what]
    return found


class OwnRelated(admin.RelatedFieldListFilter):
    """A filter that offers only the rows of one's own workspaces."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        path = PATHS[field.remote_field.model._meta.model_name]
        own = field.remote_field.model._default_manager.filter(**{f"{path}__in": workspaces_of(request.user)})
        return [(row.pk, str(row)) for row in own]


class AsItsParent:
    """An inline may be seen and changed by whoever may see and change the row it is part of."""

    parent_model: Any
    admin_site: Any

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self._parent().has_view_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self._parent().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def _parent(self) -> Any:
        return self.admin_site.get_model_admin(self.parent_model)


def listed_scenario(request: HttpRequest, *names: str) -> Scenario | None:
    """The one scenario whose rows are listed, if it is one and one's own. ``names``: where else in the address it may stand."""
    asked = next(filter(None, (request.GET.get(name) for name in ("scenario__id__exact", *names))), None)
    pk = number(asked)
    return Scenario.objects.filter(workspace__in=workspaces_of(request.user), pk=pk).first() if pk is not None else None


def number(given: str | None) -> int | None:
    """A whole number from an address, if it is one that a row may have."""
    given = given or ""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else None


def own_scenario(request: HttpRequest, pk: Any, least: Membership.Role = Role.VIEWER) -> Scenario:
    """For a page of our own. Another workspace's is not there (``Http404``), a role that is not enough is ``PermissionDenied``."""
    scenario = Scenario.objects.select_related("workspace", "interface").filter(pk=pk, workspace__in=workspaces_of(request.user)).first()
    if scenario is None:
        raise Http404("There is no such scenario.")
    if not workspaces_of(request.user, least).filter(pk=scenario.workspace_id).exists():
        raise PermissionDenied
    return scenario
