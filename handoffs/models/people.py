"""Who may do what in which workspace."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from handoffs.models.workspace import Workspace


class Membership(models.Model):
    """A person's role in a workspace. Superusers need none: they may do everything everywhere."""

    class Role(models.TextChoices):
        ADMIN = "admin", "Admin: everything, also connections, tokens and people"
        EDITOR = "editor", "Editor: scenarios, messages, interface settings, preview, conversations"
        VIEWER = "viewer", "Viewer: looks at everything but secrets, changes nothing"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role, default=Role.EDITOR)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = "person", "people"
        ordering = ["workspace", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "workspace"],
                name="one_role_a_workspace",
                violation_error_message="They have a role in this workspace already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"


RANKS = {Membership.Role.VIEWER: 0, Membership.Role.EDITOR: 1, Membership.Role.ADMIN: 2}


def workspaces_of(user: Any, least: Membership.Role = Membership.Role.VIEWER) -> models.QuerySet[Workspace]:
    """The workspaces in which ``user`` has at least this role."""
    if not user.is_active or not user.is_staff:
        return Workspace.objects.none()
    if user.is_superuser:
        return Workspace.objects.all()
    enough = [role for role, rank in RANKS.items() if rank >= RANKS[least]]
    return Workspace.objects.filter(memberships__user=user, memberships__role__in=enough)
