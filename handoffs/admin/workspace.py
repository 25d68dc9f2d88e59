from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from handoffs.admin.base import ModelAdmin
from handoffs.models import Workspace


class WorkspaceAdmin(ModelAdmin[Workspace]):
    list_display = ["name", "slug", "scenario_count"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        return super().get_queryset(request).annotate(scenario_count=Count("scenarios"))

    @admin.display(description="Scenarios", ordering="scenario_count")
    def scenario_count(self, workspace: Workspace) -> int:
        return workspace.scenario_count  # type: ignore[attr-defined, no-any-return]
