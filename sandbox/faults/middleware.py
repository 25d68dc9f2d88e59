"""Stands before everything else and spoils requests as the rules say. It waits in the event loop, where waiting costs no thread."""

import asyncio
import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.blobs import RAILS
from sandbox.faults import answers
from sandbox.faults.plan import Rule
from sandbox.faults.state import Faults

LINKS = (f"{RAILS}/blobs/", f"{RAILS}/representations/")


class FaultRig:
    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_link(scope) and self._faults.hides(scope["path"]):
            await answers.no_file()(scope, receive, send)
            return
        rule = self._faults.strike(scope["method"], scope["path"]) if _may_fail(scope) else None
        if rule is None:
            await self._app(scope, receive, send)
        elif rule.do == "strip_token":
            await self._app(without_token(scope), receive, send)
        elif rule.do == "login_page":
            await answers.login_page()(scope, receive, send)
        elif rule.do == "late":
            await self._late(rule, scope, receive, send)
        else:
            carried_out = self._app if rule.do.endswith("_after") else answers.proxy_error(504)
            await _misbehave(rule, await _kept_back(carried_out, scope, receive), scope, receive, send)

    async def _late(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        """Carried out after the wait, whether or not anybody still listens."""
        self._faults.late += 1
        try:
            again = await _received(receive)
            await asyncio.sleep(rule.seconds)
            await self._app(scope, again, send)
        finally:
            self._faults.late -= 1


def without_token(scope: Scope) -> Scope:
    """As a proxy forwards it that drops headers it does not know."""
    kept = [(name, value) for name, value in scope["headers"] if name not in (b"api_access_token", b"api-access-token")]
    return {**scope, "headers": kept}


def _is_link(scope: Scope) -> bool:
    return scope["type"] == "http" and bool(scope["path"].startswith(LINKS))


def _may_fail(scope: Scope) -> bool:
    """Neither the desk, where the rig's agents are safe from it, nor the rig's own paths."""
    return scope["type"] == "http" and not scope["path"].startswith(("/desk", "/_"))


async def _misbehave(rule: Rule, answer: list[Message], scope: Scope, receive: Receive, send: Send) -> None:
    if rule.do.startswith("error"):
        await answers.error(rule)(scope, receive, send)
    elif rule.do.startswith("reset"):
        await _hang_up(scope, receive)
    else:
        await _hang(rule.seconds, receive)
        for message in answer:
            await send(message)


async def _kept_back(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    """The answer of an application that has done, and committed, what it was asked."""
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, keep)
    return answer


async def _hang(seconds: float, receive: Receive) -> None:
    """That long, or until nobody waits any more."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_gone(receive), seconds)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """And wait until uvicorn knows: it answers 500 for whoever returns before."""
    scope["app"].state.hang_up(scope["client"])
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _received(receive: Receive) -> Receive:
    """All that the client sends, read now, to be received once more later."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again
