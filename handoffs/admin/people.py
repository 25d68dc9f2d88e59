"""Who may do what in a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from handoffs.admin.own import OwnRelated, OwnWorkspaces, Role
from handoffs.forms.people import LAST_ADMIN, InviteForm, RoleForm, is_last_admin
from handoffs.models import Membership, Workspace


class MembershipAdmin(OwnWorkspaces[Membership]):
    """The people of one's own workspaces, for their admins."""

    workspace_path = "workspace"
    least_to_view = Role.ADMIN
    least_to_change = Role.ADMIN
    list_display = ["user", "workspace", "role", "created_at"]
    list_filter = ["role", ("workspace", OwnRelated)]
    list_select_related = ["user", "workspace"]
    search_fields = ["user__username"]
    actions = None

    def get_form(self, request: HttpRequest, obj: Membership | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **{"form": RoleForm if obj else InviteForm, **kwargs})

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ["user", "workspace", "role"] if obj else ["workspace", "username", "password", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        return ["user", "workspace"] if obj else []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with one_at_a_time(request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        with one_at_a_time(request):
            membership = self.get_object(request, object_id)
            if membership and not request.user.is_superuser and is_last_admin(membership):
                self.message_user(request, LAST_ADMIN, messages.ERROR)
                return HttpResponseRedirect(reverse("admin:handoffs_membership_change", args=[membership.pk]))
            return super().delete_view(request, object_id, extra_context)


@contextmanager
def one_at_a_time(request: HttpRequest) -> Iterator[None]:
    """Two admins who take each other's role away at the same moment would leave nobody: what changes people waits for its turn."""
    with transaction.atomic():
        if request.method == "POST":
            list(Workspace.objects.order_by("pk").select_for_update().values_list("pk", flat=True))
        yield
