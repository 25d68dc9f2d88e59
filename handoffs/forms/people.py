"""People and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from handoffs.models import Membership

if TYPE_CHECKING:
    MembershipModelForm = forms.ModelForm[Membership]
else:
    MembershipModelForm = forms.ModelForm

LAST_ADMIN = "This is the workspace’s last admin. Make somebody else one first."


def is_last_admin(membership: Membership) -> bool:
    """Whether nobody would be left who may connect desks and invite people."""
    stored = Membership.objects.filter(pk=membership.pk, role=Membership.Role.ADMIN).first()
    others = Membership.objects.filter(workspace_id=membership.workspace_id, role=Membership.Role.ADMIN).exclude(pk=membership.pk)
    return stored is not None and not others.exists()


class InviteForm(MembershipModelForm):
    """Somebody new gets a user name and a first password; who has a login here already is added by the exact name, without a password."""

    username = forms.CharField(label="User name", max_length=150, help_text="Exactly as they log in.")
    password = forms.CharField(
        label="First password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="For somebody new. Leave it empty to add somebody who has a login here already.",
    )

    class Meta:
        model = Membership
        fields = ["workspace", "role"]

    def clean(self) -> dict[str, Any]:
        super().clean()
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not name or self.errors:
            return self.cleaned_data
        self.known = get_user_model().objects.filter(username=name).first()
        if self.known is None:
            self._check_somebody_new(name, password)
        elif password:
            self.add_error("username", "Somebody has this name already. Take another name, or leave the password empty to add them.")
        elif Membership.objects.filter(user=self.known, workspace=self.cleaned_data.get("workspace")).exists():
            self.add_error("username", "They have a role in this workspace already. Change it in the list of people.")
        return self.cleaned_data

    def _check_somebody_new(self, name: str, password: str | None) -> None:
        if like := get_user_model().objects.filter(username__iexact=name).values_list("username", flat=True).first():
            self.add_error(
                "username", f"Somebody is called “{like}” here. Type it exactly so to add them, or take a name that differs in more."
            )
            return
        user = get_user_model()(username=name, is_staff=True)
        try:
            user.clean_fields(exclude=["password"])
        except ValidationError as error:
            self.add_error("username", error.messages)
        if not password:
            self.add_error("password", "Nobody has this name yet, so they need a first password.")
            return
        try:
            validate_password(password, user)
        except ValidationError as error:
            self.add_error("password", error.messages)

    def save(self, commit: bool = True) -> Membership:
        self.instance.user = self.known or get_user_model().objects.create_user(
            self.cleaned_data["username"], password=self.cleaned_data["password"], is_staff=True
        )
        if not self.instance.user.is_staff:
            self.instance.user.is_staff = True
            self.instance.user.save(update_fields=["is_staff"])
        return super().save(commit)


class RoleForm(MembershipModelForm):
    class Meta:
        model = Membership
        fields = ["role"]

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role != Membership.Role.ADMIN and is_last_admin(self.instance):
            raise ValidationError(LAST_ADMIN)
        return role
