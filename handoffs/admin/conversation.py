from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from handoffs import attributes, erasing, outbox, switchboard
from handoffs.admin import conversationlist, transcript
from handoffs.admin.base import ReadOnlyAdmin
from handoffs.admin.own import OwnWorkspaces, Role, listed_scenario, number
from handoffs.models import Conversation, Delivery, File, Receipt, Transfer

MOST_RECEIPTS = 200
BUSY = "A message to the desk, or somebody else’s erasing, is under way at this moment. This press erased nothing. Try again in a minute."


class LatestFirst(ChangeList):
    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-last_said_at", "-pk"]


class ConversationAdmin(ReadOnlyAdmin[Conversation], OwnWorkspaces[Conversation]):
    list_display = ["visitor"]
    list_filter = (*conversationlist.FILTERS,)
    list_select_related = ["visitor", "scenario"]
    # Django's own field is left to decide what is searched for; ``get_search_results`` does the searching.
    search_fields = ["visitor__id"]
    least_for = {"erase": Role.ADMIN}

    # --- The list -------------------------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return conversationlist.with_last_words(conversationlist.with_floor(super().get_queryset(request)))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LatestFirst

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return conversationlist.said_like(queryset, search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {"scenario": listed_scenario(request)}
        response: Any = super().changelist_view(request, {**context, **(extra_context or {})})
        changelist = getattr(response, "context_data", {}).get("cl")
        if changelist is not None:
            response.context_data |= {
                "lines": conversationlist.lines(changelist.result_list),
                "selects": conversationlist.selects(changelist.filter_specs),
            }
        return response

    # --- Doors ----------------------------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        def door(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(f"<uuid:pk>/{address}/", self.admin_site.admin_view(view), name=f"handoffs_conversation_{name}")

        return [
            door("files/<uuid:file>", self.file_view, "file"),
            door("deliveries/<int:delivery>/again", self.again_view, "again"),
            door("deliveries/<int:delivery>/give-up", self.give_up_view, "give_up"),
            door("end", self.end_view, "end"),
            door("erase", self.erase_view, "erase"),
            *super().get_urls(),
        ]

    def _own(self, request: HttpRequest, pk: uuid.UUID, least: Any) -> Conversation:
        """Another workspace's is not there."""
        conversation: Conversation = get_object_or_404(self.get_queryset(request).select_related("visitor", "scenario__workspace"), pk=pk)
        if not self.may(request, least, conversation):
            raise PermissionDenied
        return conversation

    def file_view(self, request: HttpRequest, pk: uuid.UUID, file: uuid.UUID) -> HttpResponse:
        """A file to save, whatever it claims to be: nothing a visitor sent is ever opened here."""
        found = get_object_or_404(File.objects.select_related("conversation", "bytes"), pk=file, conversation=pk, state=File.State.READY)
        if not self.has_view_permission(request, found.conversation):
            raise PermissionDenied
        to_save = content_disposition_header(True, found.name) or "attachment"
        return HttpResponse(found.content(), content_type="application/octet-stream", headers={"Content-Disposition": to_save})

    # --- One conversation -----------------------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        conversation = self.get_object(request, unquote(object_id))
        if conversation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request, conversation):
            raise PermissionDenied
        return TemplateResponse(request, "admin/handoffs/conversation/change_form.html", self._told(request, conversation))

    def _told(self, request: HttpRequest, conversation: Any) -> dict[str, Any]:
        transfers = list(conversation.transfers.select_related("handoff"))
        opened = next((transfer for transfer in transfers if transfer.is_open()), None)
        is_admin = self.may(request, Role.ADMIN, conversation)
        before = number(request.GET.get("before"))
        return {
            **self._page(request, conversation),
            "transcript": transcript.transcript_of(conversation, transfers, before),
            "before": before,
            "open_transfer": opened,
            "waited": transcript.duration(opened.joined_at or opened.waiting_since, timezone.now()) if opened else "",
            "floor": (conversationlist.FLOOR_LOOKS[conversation.floor], conversationlist.FLOORS[conversation.floor]),
            "stuck": transcript.stuck(conversation),
            "facts": list(transcript.facts(conversation.context)),
            "deliveries": conversation.deliveries.select_related("message").order_by("-pk")[: transcript.MOST_DELIVERIES],
            "receipts": receipts_about(transfers) if is_admin else [],
            "is_admin": is_admin,
            "may_act": self.may(request, self.least_to_change, conversation),
        }

    def _page(self, request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
        who = conversationlist.known_as(conversation)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": who or conversation.visitor.name(),
            "subtitle": None,
            "conversation": conversation,
            "scenario": conversation.scenario,
            "has_name": bool(who),
        }

    # --- Doing something about it ---------------------------------------------------------------------------------------------------------

    def again_view(self, request: HttpRequest, pk: uuid.UUID, delivery: int) -> HttpResponse:
        return self._decide(
            request,
            pk,
            delivery,
            outbox.send_again,
            done="It is tried again; it is looked for at the desk first, so it cannot arrive twice.",
            not_done="There was nothing to try again: the desk has it by now, or somebody else decided about it.",
        )

    def give_up_view(self, request: HttpRequest, pk: uuid.UUID, delivery: int) -> HttpResponse:
        user = person(request)
        by = user.get_full_name() or user.get_username()
        return self._decide(
            request,
            pk,
            delivery,
            lambda found: outbox.give_up(found, by),
            done="It was given up. The visitor sees that it was not delivered; whatever came after it goes on.",
            not_done="There was nothing to give up: it is being sent, the desk has it, or somebody gave it up before.",
        )

    def _decide(
        self, request: HttpRequest, pk: uuid.UUID, delivery: int, verb: Callable[[Delivery], bool], *, done: str, not_done: str
    ) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        conversation = self._own(request, pk, self.least_to_change)
        found = get_object_or_404(conversation.deliveries.select_related("message"), pk=delivery)
        if verb(found):
            self._note(request, conversation, f"Delivery {found.pk}: {done}")
            self.message_user(request, done, messages.SUCCESS)
        else:
            self.message_user(request, not_done, messages.WARNING)
        return self._back(request, conversation, f"message-{found.message.seq}")

    def end_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """``transfer`` names the one that was on the page, so that a late press does not end the next one."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        conversation = self._own(request, pk, self.least_to_change)
        named = as_uuid(request.POST.get("transfer"))
        transfer = Transfer.objects.filter(conversation=conversation, pk=named).first() if named else None
        if transfer is not None and switchboard.give_back(transfer):
            done = "The humans’ part was ended: the bot answers again, and the desk is told to close its conversation."
            self._note(request, conversation, done)
            self.message_user(request, done, messages.SUCCESS)
        else:
            self.message_user(request, "There was nothing to end: it had ended before.", messages.WARNING)
        return self._back(request, conversation, "latest")

    def _back(self, request: HttpRequest, conversation: Conversation, place: str) -> HttpResponse:
        before = number(request.GET.get("before"))
        page = f"?before={before}" if before else ""
        return redirect(f"{reverse('admin:handoffs_conversation_change', args=[conversation.pk])}{page}#{place}")

    def _note(self, request: HttpRequest, conversation: Conversation, what: str, flag: int = CHANGE) -> None:
        """In the history that Django keeps. Of the visitor it has the short name only."""
        LogEntry.objects.log_actions(person(request).pk, [conversation], flag, what, single_object=True)

    # --- Erasing --------------------------------------------------------------------------------------------------------------------------

    def erase_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """``POST do=erase``: if every desk does it. ``do=anyway``: whatever the desks say."""
        if request.method not in ("GET", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        conversation = self.get_queryset(request).select_related("visitor", "scenario__workspace").filter(pk=pk).first()
        if conversation is None:
            return self._already_erased(request, pk)
        if not self.may(request, Role.ADMIN, conversation):
            raise PermissionDenied
        if request.method == "GET":
            return self._ask_whether(request, conversation)
        if request.POST.get("do") not in ("erase", "anyway"):
            raise PermissionDenied
        return self._erase(request, conversation, go_on=request.POST["do"] == "anyway")

    def _already_erased(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Somebody was quicker, or pressed twice. Another workspace’s is not there."""
        if not self.may(request, Role.ADMIN) or Conversation.objects.filter(pk=pk).exists():
            raise Http404("There is no such conversation.")
        self.message_user(request, "There was nothing to erase: there is no such visitor (any more).", messages.WARNING)
        return redirect("admin:handoffs_conversation_changelist")

    def _ask_whether(self, request: HttpRequest, conversation: Conversation, outcome: erasing.Outcome | None = None) -> HttpResponse:
        context = {
            **self._page(request, conversation),
            "title": "Erase this visitor?",
            "who": conversationlist.known_as(conversation) or conversation.visitor.name(),
            "extent": erasing.extent(conversation),
            "outcome": outcome,
            "others": others_like(conversation),
            "email": attributes.group(conversation.context, "user").get("email"),
        }
        return TemplateResponse(request, "admin/handoffs/conversation/erase.html", context)

    def _erase(self, request: HttpRequest, conversation: Conversation, *, go_on: bool) -> HttpResponse:
        try:
            outcome = erasing.erase(conversation.pk, go_on=go_on)
        except erasing.NotThere:
            return self._already_erased(request, conversation.pk)
        except erasing.Busy:
            self.message_user(request, BUSY, messages.WARNING)
            return redirect("admin:handoffs_conversation_erase", conversation.pk)
        if not outcome.erased:
            return self._ask_whether(request, conversation, outcome)
        self._tell_erased(request, conversation, outcome)
        return redirect(f"{reverse('admin:handoffs_conversation_changelist')}?scenario__id__exact={conversation.scenario_id}")

    def _tell_erased(self, request: HttpRequest, conversation: Conversation, outcome: erasing.Outcome) -> None:
        name = conversation.visitor.name()
        left = [str(each.handoff) for each in outcome.failed()]
        done = [str(each.handoff) for each in outcome.asked if not each.trouble]
        said = f"{name} was erased here" + (f", and at the desk of {' and '.join(done)}." if done else ".")
        self.message_user(request, said, messages.SUCCESS)
        if left:
            still = f"The desk of {' and '.join(left)} may still have its copy. Delete the contact there by hand."
            self.message_user(request, still, messages.WARNING)
            said += f" {still}"
        self._note(request, conversation, said, DELETION)


def person(request: HttpRequest) -> User:
    """Nobody else gets through the doors of the admin."""
    assert isinstance(request.user, User)  # noqa: S101 — for the types
    return request.user


def others_like(conversation: Conversation) -> int:
    """How many other conversations of the workspace have the same e-mail address: whoever begins anew is another visitor to us."""
    email = attributes.group(conversation.context, "user").get("email")
    if not isinstance(email, str) or not email:
        return 0
    same = Conversation.objects.filter(scenario__workspace=conversation.scenario.workspace_id, context__user__email=email)
    return same.exclude(pk=conversation.pk).count()


def as_uuid(given: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(given or "")
    except ValueError:
        return None


def receipts_about(transfers: list[Transfer]) -> list[Receipt]:
    """The latest webhook calls about the threads of ``transfers``. A receipt does not know its transfer, so the bodies are read."""
    threads = {(transfer.handoff_id, transfer.thread_id) for transfer in transfers if transfer.thread_id}
    if not threads:
        return []
    since = min(transfer.requested_at for transfer in transfers)
    near = Receipt.objects.filter(Q(handoff__in={handoff for handoff, _ in threads}), received_at__gte=since).select_related("handoff")
    return [
        receipt for receipt in near[:MOST_RECEIPTS] if {(receipt.handoff_id, thread) for thread in erasing.threads_in(receipt)} & threads
    ]
