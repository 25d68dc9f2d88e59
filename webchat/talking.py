"""What a visitor does in their conversation, over HTTP: each door is a frame of the socket."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from handoffs import switchboard
from webchat import ending, frames, limits
from webchat.api import Problem, VisitorView, body_of, read, session_of


class SayMessage(VisitorView):
    """``POST /webchat/messages``: the body of ``say`` with the tab's id; answers with the ``ack`` or the ``nak``."""

    def post(self, request: Request) -> Response:
        body = body_of(request)
        try:
            words = frames.read_words(body, frames.uuid_at(body, "tab"))
            said = switchboard.visitor_says(session_of(request).conversation_id, words)
        except frames.Malformed as error:
            raise Problem(400, "malformed", str(error)) from None
        except switchboard.Refusal as refusal:
            return Response(frames.nak(body["cid"], refusal), status=status_of(refusal))
        return Response(frames.ack(words.cid, said.message, dup=said.dup), status=200 if said.dup else 201)


class RetryMessage(VisitorView):
    """``POST /webchat/retry``: the body of ``retry``; the message comes again among the events, with its new state."""

    def post(self, request: Request) -> Response:
        message_id = read(frames.uuid_at, body_of(request), "message")
        return Response({"tried": switchboard.visitor_tries_again(session_of(request).conversation_id, message_id)})


class TellTyping(VisitorView):
    """``POST /webchat/typing``: the body of ``typing``. One of several at once is enough, the rest is taken and forgotten."""

    def post(self, request: Request) -> Response:
        on = read(frames.read_typing, body_of(request))
        if limits.typing.take(session_of(request).conversation_id):
            switchboard.visitor_types(session_of(request).conversation_id, on)
        return Response(status=204)


class TellMark(VisitorView):
    """``POST /webchat/mark``: the body of ``mark``."""

    def post(self, request: Request) -> Response:
        mark = read(frames.read_mark, body_of(request))
        if limits.marks.take(session_of(request).conversation_id):
            switchboard.visitor_has(session_of(request).conversation_id, *mark)
        return Response(status=204)


class EndHandover(VisitorView):
    """``POST /webchat/end``: the visitor ends the handover. Ending what is over does nothing."""

    def post(self, request: Request) -> Response:
        if not ending.may_end(session_of(request).conversation_id):
            raise Problem(422, "not_allowed", "Visitors of this chat cannot end it.")
        ending.end(session_of(request).conversation_id)
        return Response(status=204)


def status_of(refusal: switchboard.Refusal) -> int:
    return {"order": 409, "conflict": 409, "rate": 429}.get(refusal.code, 422)
