"""A handoff: where the live agents are."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from handoffs.attributes import WHOLE_PATH, mapping
from handoffs.fields import SecretField, each_line
from handoffs.forms.shared import EditableForm, shows
from handoffs.models import Handoff
from handoffs.providers import registry
from handoffs.providers.base import Connection, Finding
from handoffs.sealed import CannotUnseal


def stored_note(handoff: Handoff, name: str) -> str:
    """What may be said about a stored secret: that it is there, and a fingerprint to compare it by."""
    what = "token" if name == "access_token" else "secret"
    if not getattr(handoff, f"{name}_sealed"):
        return f"No {what} is stored yet."
    try:
        fingerprint = hashlib.sha256(getattr(handoff, name).encode()).hexdigest()[:8]
    except CannotUnseal as error:
        return f"A {what} is stored but cannot be used: {error} Restore the key, or type the {what} again."
    return f"A {what} is stored (fingerprint {fingerprint}). Leave this empty to keep it."


def an_attribute(path: str) -> None:
    if not WHOLE_PATH.fullmatch(path):
        raise ValidationError(f"“{path}” is not an attribute. Write it like: user.email.")


def lines_that_map(text: str) -> None:
    """Lines such as “user.plan = plan”, each key of the desk once."""
    keys = [key for _, key in each_line(text, mapping)]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValidationError([f"“{key}” is there twice: the desk keeps one value of it." for key in twice])


PATHS = ["name_attribute", "email_attribute", "phone_attribute"]
MAPPINGS = ["contact_attributes", "conversation_attributes"]
CHECKS = {**dict.fromkeys(PATHS, an_attribute), **dict.fromkeys(MAPPINGS, lines_that_map)}
LABEL = re.compile(r"[\w-]{1,100}")
MONTH = 30 * 24 * 60
AFTER_END: dict[str, list[str]] = {choice: ["after_end_minutes"] for choice in (Handoff.AfterEnd.REOPEN, Handoff.AfterEnd.NEW)}


PICK = re.compile(r"(?P<account>\d{1,18}):(?P<inbox>\d{1,18}):(?P<name>.*)", re.DOTALL)


def filled_in(data: Any, prefixed: Any) -> Any:
    """What was posted, with the account and inbox that were picked by name, or that a pasted address in the domain tells."""
    pick = PICK.fullmatch(data.get("pick", ""))
    if pick:
        return changed(data, prefixed, account_id=pick["account"], inbox_id=pick["inbox"].lstrip("0"), inbox_name=pick["name"][:255])
    try:
        pasted = registry.provider_class(data.get(prefixed("system"), "")).pasted(data.get(prefixed("domain"), ""))
    except (LookupError, ValueError):
        return data
    told = {"account_id": pasted.account_id, "inbox_id": pasted.inbox_id}
    if not any(told.values()):
        return data
    return changed(data, prefixed, domain=pasted.domain, **{name: str(number) for name, number in told.items() if number})


def changed(data: Any, prefixed: Any, **values: str) -> Any:
    copied = data.copy()
    for name, value in values.items():
        copied[prefixed(name)] = value
    return copied


SECRETS = ("access_token", "webhook_secret")


class HandoffForm(EditableForm):
    # Whether a refused form says that a secret must be typed once more.
    asks_again = True

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    inbox_name = forms.CharField(widget=forms.HiddenInput, required=False, max_length=255)
    account_id = forms.IntegerField(
        label="Account ID",
        min_value=1,
        max_value=2**63 - 1,
        help_text=Handoff._meta.get_field("account_id").help_text,
        error_messages={"required": "Enter its number, or press Connect to choose it by name."},
    )
    inbox_id = forms.IntegerField(
        label="Inbox ID",
        min_value=1,
        max_value=2**63 - 1,
        required=False,
        help_text=f"{Handoff._meta.get_field('inbox_id').help_text} Empty: “Set it up for me” makes one.",
    )
    access_token = SecretField(label="Access Token")
    webhook_secret = SecretField(label="Webhook secret")
    forget_webhook_secret = forms.BooleanField(label="Forget the stored webhook secret", required=False)
    after_end_minutes = forms.IntegerField(
        label="For how many minutes",
        min_value=1,
        max_value=MONTH,
        required=False,
        initial=60,
        help_text="Later than that, the scenario answers in any case.",
    )

    class Meta:
        model = Handoff
        fields = [
            "scenario",
            "name",
            "system",
            "domain",
            "account_id",
            "inbox_id",
            "inbox_name",
            "active",
            "after_end",
            "after_end_minutes",
            "labels",
            "team_id",
            "priority",
            *PATHS,
            *MAPPINGS,
        ]
        widgets = {
            "active": forms.CheckboxInput(attrs={"role": "switch"}),
            "after_end": forms.Select(attrs=shows(AFTER_END)),
            **{name: forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField code"}) for name in MAPPINGS},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.data = filled_in(self.data, self.add_prefix)
        self.initial["key"] = self.instance.pk
        self.initial["inbox_id"] = self.instance.inbox_id or None
        for name in {"access_token", "webhook_secret"} & self.fields.keys():
            self.fields[name].help_text = f"{stored_note(self.instance, name)} {self.fields[name].help_text}".strip()
        for name in CHECKS.keys() & self.fields.keys():
            self.fields[name].validators.append(CHECKS[name])

    def clean_domain(self) -> str:
        return self._normalised(self.cleaned_data["domain"])

    def clean_inbox_id(self) -> int:
        return self.cleaned_data["inbox_id"] or 0

    def clean_labels(self) -> str:
        """As the desk writes them: lower case."""
        labels = [label.strip().lower() for label in self.cleaned_data["labels"].split(",") if label.strip()]
        if wrong := [label for label in labels if not LABEL.fullmatch(label)]:
            raise ValidationError([f"“{label}” cannot be a label. Use letters, digits, hyphens and underscores." for label in wrong])
        return ", ".join(dict.fromkeys(labels))

    def clean_after_end_minutes(self) -> int:
        minutes = self.cleaned_data["after_end_minutes"]
        if minutes is None and self.cleaned_data.get("after_end") in AFTER_END:
            raise ValidationError("For how many minutes after the end?")
        return int(minutes or self.instance.after_end_minutes)

    def _normalised(self, domain: str) -> str:
        system = self.cleaned_data.get("system")
        try:
            return registry.provider_class(system).normalise_domain(domain) if system else domain
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def _refuse_another_desk(self) -> None:
        """Threads are known by the numbers of one account and inbox; at another one the same numbers are somebody else's."""
        where = {"system", "domain", "account_id", "inbox_id"} & set(self.changed_data)
        if self.instance.pk and where and self.instance.transfers.exclude(thread_id="").exists():
            said = "Conversations of this handoff live there. Make a new handoff for another place, and switch this one off."
            for name in where:
                self.add_error(name, said)

    def full_clean(self) -> None:
        super().full_clean()
        typed = [name for name in SECRETS if self.asks_again and self.errors and self.cleaned_data.get(name)]
        for name in typed:
            self.add_error(
                name, "Type it once more: something else on this page has to be mended first, and a page never shows a secret again."
            )

    def clean(self) -> dict[str, Any]:
        super().clean()
        if "inbox_id" in self.changed_data and "inbox_name" not in self.changed_data:
            self.cleaned_data["inbox_name"] = ""
        if self.cleaned_data.get("active") and not self.cleaned_data.get("inbox_id"):
            self.add_error("inbox_id", "A handoff can be active only with an inbox.")
        self._refuse_another_desk()
        typed = self.cleaned_data.get("access_token")
        stored = self.instance.access_token_sealed
        if stored and not typed and self._goes_elsewhere():
            self.add_error("access_token", "The domain was changed, so type the token again: the stored one must not reach another host.")
        elif self.cleaned_data.get("active") and not typed and not stored:
            self.add_error("access_token", "A handoff can be active only with an access token.")
        return self.cleaned_data

    def _goes_elsewhere(self) -> bool:
        """Whether what we store would now be sent to another address than the one it was entered for."""
        try:
            before = self._normalised(self.initial["domain"])
        except ValidationError:
            before = ""
        return (self.cleaned_data.get("system"), self.cleaned_data.get("domain")) != (self.initial["system"], before)

    def connection(self) -> Connection:
        """What was typed, and the stored secrets where nothing was and they may go there. Raises ``ValidationError``."""
        for name in ("system", "domain", "access_token"):
            if name in self.errors:
                raise ValidationError(list(self.errors[name]))
        told = self.cleaned_data
        typed = Connection(
            told["domain"],
            told.get("account_id") or 0,
            told.get("inbox_id") or 0,
            told.get("access_token") or "",
            told.get("webhook_secret") or "",
            tuple(settings.HANDOFF_ALLOWED_NETWORKS),
        )
        try:
            token, secret = typed.access_token or self.instance.access_token, typed.webhook_secret or self.instance.webhook_secret
        except CannotUnseal as error:
            raise ValidationError(str(error)) from None
        return replace(typed, access_token=token, webhook_secret=secret)

    def save(self, commit: bool = True) -> Any:
        if self.instance._state.adding and self.cleaned_data.get("key"):
            self.instance.pk = self.cleaned_data["key"]
        # Not among the admin's fieldsets, so the model form does not write it by itself.
        self.instance.inbox_name = self.cleaned_data.get("inbox_name", "")
        if token := self.cleaned_data.get("access_token"):
            self.instance.access_token = token
        if secret := self.cleaned_data.get("webhook_secret"):
            self.instance.webhook_secret = secret
        elif self.cleaned_data.get("forget_webhook_secret"):
            # Otherwise every later call would be refused: what was signed once must be signed for ever.
            self.instance.webhook_secret, self.instance.seen_signed_at = "", None
        return super().save(commit)

    def columns(self) -> list[str]:
        """The columns this form writes. The others belong to workers, who may have written them since the row was read."""
        mine = ["edition", *(name for name in HandoffForm.Meta.fields if name in self.fields)]
        if self.cleaned_data.get("access_token"):
            mine.append("access_token_sealed")
        if self.cleaned_data.get("webhook_secret"):
            mine.append("webhook_secret_sealed")
        elif self.cleaned_data.get("forget_webhook_secret"):
            mine += ["webhook_secret_sealed", "seen_signed_at"]
        return mine


class LookingForm(HandoffForm):
    """The same form while somebody only looks around: nothing is stored, and only what keeps one from looking is complained of."""

    asks_again = False
    NEEDED = ("system", "domain", "access_token")

    def is_valid(self) -> bool:
        for name in [name for name in self.errors if name not in self.NEEDED]:
            del self.errors[name]
        return False

    def desk(self) -> tuple[str, Connection] | Finding:
        """Which system, and how to get in."""
        try:
            return self.cleaned_data.get("system", ""), self.connection()
        except ValidationError as error:
            return Finding("Form", "bad", " ".join(error.messages), "Correct it in the form, and try again.")
