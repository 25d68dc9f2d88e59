from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from handoffs.admin.deleting import DeletesScenarios
from handoffs.admin.own import OwnWorkspaces, Role
from handoffs.models import Workspace


class WorkspaceAdmin(DeletesScenarios, OwnWorkspaces[Workspace]):
    """Its admins may rename it; only superusers make and delete tenants."""

    workspace_path = "pk"
    least_to_change = Role.ADMIN
    list_display = ["name", "slug", "scenario_count"]
    deleted_with = "workspace"
    search_fields = ["name", "slug"]
    fields = ["name", "slug"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        return super().get_queryset(request).annotate(scenario_count=Count("scenarios"))

    @admin.display(description="Scenarios", ordering="scenario_count")
    def scenario_count(self, workspace: Workspace) -> int:
        return workspace.scenario_count  # type: ignore[attr-defined, no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: Workspace | None = None) -> list[str]:
        """Its address is the installation's business: DNS and desks know it."""
        return [] if request.user.is_superuser else ["slug"]

    def has_add_permission(self, request: HttpRequest, *more: Any) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        return bool(request.user.is_superuser)
