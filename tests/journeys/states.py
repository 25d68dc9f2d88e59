"""Every state of the chat page, driven by a server that says just what is scripted. For tests and for looking at."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.hub import Hub

Json = dict[str, Any]
Step = Callable[[Page], None]
AT = "2026-11-23T08:00:00Z"
CONSENT = "We keep what you write for a week, to answer you. More about it: https://shop.example/privacy."
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff Maria-Magdalena von und zu"
NO_STORAGE = """
    for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
"""
LIMITS = {"text": 8000, "file": 1_000_000, "files": 5, "types": ["image/png", "text/plain"]}


def png(width: int = 480, height: int = 320) -> bytes:
    """A picture with a gradient."""
    rows = b"".join(
        b"\0" + b"".join(bytes((60 + x * 120 // width, 90 + y * 90 // height, 150)) for x in range(width)) for y in range(height)
    )
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PNG = png()


def message(seq: int, kind: str, text: str, **more: Any) -> Json:
    author = {"kind": kind, "name": more.pop("name", "Jane Doe" if kind == "agent" else None), "photo": more.pop("photo", None)}
    usual = {"rich": None, "buttons": [], "picture": None, "files": [], "control": None, "answers": None, "gone": False, "delivery": None}
    said = {"type": "message", "seq": seq, "id": f"m{seq}", "ord": seq, "cid": None, "at": AT, "author": author, "text": text}
    return said | usual | more


def file(name: str, kind: str = "file", **more: Any) -> Json:
    return {"id": name, "kind": kind, "name": name, "type": "", "size": 48_000, "width": None, "height": None, "state": "ready"} | more


def floor(mode: str, **more: Any) -> Json:
    return {"mode": mode, "name": None, "photo": None, "since": None, "typing": None, "can_end": False} | more


FLOOR_OF_JANE = floor("agent", name="Jane Doe", photo="jane.png", can_end=True)
WAITING = floor("waiting", since=AT, can_end=True)
HELLO = message(1, "bot", "Hello, and welcome to Northwind Coffee. What can I do for you?")
QUESTION = message(2, "visitor", "My parcel arrived wet. What now?", delivery="stored")
ANSWER = message(3, "agent", "Oh no, I am sorry. Let me have a look at it.", photo="jane.png")
FIELDS = [
    {"name": "order", "label": "Order number", "type": "text", "required": True, "hint": "It stands on the parcel."},
    {"name": "email", "label": "E-mail", "type": "email", "required": True},
    {"name": "what", "label": "What is it about?", "type": "select", "options": [{"title": "A return", "value": "r"}]},
    {"name": "more", "label": "Anything else", "type": "textarea"},
    {"name": "terms", "label": "I have read the terms", "type": "checkbox", "required": True},
]
CARDS = [
    {
        "title": f"{name}, 250 g",
        "description": "Cocoa, hazelnut, brown sugar, and a long afterthought of figs",
        "image": "card.png",
        "actions": [{"kind": "link", "text": "See it", "href": "https://shop.example/"}, {"kind": "reply", "text": "I take it"}],
    }
    for name in ("Harbour Blend", "Sidama Washed", "Midnight Sun")
]
CODE = {"t": "pre", "c": [{"t": "code", "c": ["for each in range(30):\n    print(each)  " + "# a line that is too long " * 4]}]}


def with_socket(page: Page, said: list[Json], mode: Json, *, reply: Json | None = None, close: int = 0) -> None:
    """The server has said these. To what the visitor says it answers with ``reply``, or nothing."""
    ready = {"type": "ready", "epoch": 1, "last": len(said), "floor": mode, "beat": 20, "n": 0, "limits": LIMITS}

    def serve(socket: Any) -> None:
        def heard(raw: str) -> None:
            frame = json.loads(raw)
            if frame["type"] == "hello" and close:
                socket.close(code=close)
            elif frame["type"] == "hello":
                for each in [{"type": "reset", "epoch": 1}, *said, ready]:
                    socket.send(json.dumps(each))
            elif frame["type"] == "say" and reply:
                socket.send(json.dumps({"cid": frame["cid"], **reply}))

        socket.on_message(heard)

    page.route_web_socket("**/webchat/socket", serve)
    page.route("**/webchat/files/*", lambda route: route.fulfill(body=PNG, content_type="image/png"))


def chat(
    *said: Json, mode: Json | None = None, then: Step | None = None, shows: str = ".message", **socket: Any
) -> Callable[[Page, Hub], None]:
    def drive(page: Page, hub: Hub) -> None:
        with_socket(page, list(said), mode or floor("bot"), **socket)
        page.goto(f"{hub.url}/chat/demo/")
        # The page's own words come with the language, a moment after the page.
        expect(page.locator(".send[aria-label]")).to_be_attached()
        expect(page.locator(shows).first).to_be_visible()
        if then:
            then(page)

    return drive


def press(selector: str, shows: str) -> Step:
    def step(page: Page) -> None:
        page.locator(selector).last.click()
        expect(page.locator(shows).last).to_be_visible()

    return step


def attach(answer: Callable[[Route], object], state: str) -> Step:
    def step(page: Page) -> None:
        page.route("**/webchat/files?*", answer)
        page.locator("#chooser").set_input_files([{"name": "a wet parcel.png", "mimeType": "image/png", "buffer": PNG}])
        expect(page.locator(f"#attached [data-state={state}]")).to_be_visible()

    return step


def say(text: str, shows: str) -> Step:
    def step(page: Page) -> None:
        page.locator("#words").fill(text)
        page.locator(".send").click()
        expect(page.locator(shows).last).to_be_visible()

    return step


def go_offline(page: Page) -> None:
    page.context.set_offline(True)
    say("Are you there?", "#trouble")(page)


def without_storage(page: Page, hub: Hub) -> None:
    page.add_init_script(NO_STORAGE)
    chat(HELLO, shows="#notice")(page, hub)


def unavailable(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.url}/chat/nobody/")


def asks_for_consent(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.url}/chat/demo/")
    expect(page.locator("#gate .submit")).to_be_visible()


def refuse(route: Route) -> None:
    route.fulfill(status=413, json={"code": "too_large", "detail": "This file is too large. Please send a smaller one."})


BUTTONS = [
    {"label": f"{number}. {'Where is my parcel, and when does it come?' if number % 7 == 0 else 'Opening hours'}"}
    for number in range(1, 31)
]
IMAGE = file("wet.png", "image", width=480, height=320)
FILED = message(
    2, "agent", "This one?", files=[IMAGE, file("terms and conditions, the very long version, final.pdf"), file("x", state="failed")]
)

STATES: dict[str, Callable[[Page, Hub], None]] = {
    "connecting": chat(shows=".loading span", close=1012),
    "greeting": chat(
        {**HELLO, "buttons": [{"label": "Opening hours"}, {"label": "Talk to a human"}, {"label": "Shop", "href": "https://shop.example/"}]}
    ),
    "thirty buttons": chat({**HELLO, "buttons": BUTTONS}),
    "waiting": chat(HELLO, QUESTION, mode=WAITING),
    "agent": chat(HELLO, QUESTION, message(3, "system", "Jane Doe joined"), {**ANSWER, "seq": 4, "id": "m4", "ord": 4}, mode=FLOOR_OF_JANE),
    "typing": chat(HELLO, QUESTION, mode=FLOOR_OF_JANE | {"typing": "2126-11-23T08:00:00Z"}, shows=".dots.on"),
    "long": chat(
        message(1, "agent", LONG_WORD, name=LONG_NAME),
        message(2, "visitor", "👩‍👩‍👧‍👦🎉 " * 30, delivery="stored"),
        message(3, "bot", "code", rich=[CODE]),
        message(4, "visitor", f"{LONG_WORD} {'and so on, ' * 60}", delivery="stored"),
        mode=floor("agent", name=LONG_NAME, can_end=True),
    ),
    "form": chat(message(1, "bot", "Tell us about it.", control={"kind": "form", "fields": FIELDS}), shows=".row"),
    "form error": chat(
        message(1, "bot", "Tell us about it.", control={"kind": "form", "fields": FIELDS}),
        shows=".row",
        then=press(".control .submit", ".row [aria-invalid=true]"),
    ),
    "e-mail": chat(
        message(1, "bot", "Where may we write to?", control={"kind": "email"}),
        shows=".row",
        then=press(".control .submit", ".complaint:not(:empty)"),
    ),
    "choice": chat(
        message(
            1,
            "agent",
            "Which size?",
            control={"kind": "choice", "options": [{"title": size, "value": size} for size in ("Small", "Large")]},
        ),
        shows=".choice .chip",
    ),
    "cards": chat(message(1, "agent", "Some of ours:", control={"kind": "cards", "cards": CARDS}), shows=".card img"),
    "articles": chat(
        message(
            1,
            "agent",
            "Perhaps:",
            control={
                "kind": "articles",
                "articles": [{"title": "Wet parcels", "description": "What to do", "href": "https://shop.example/"}],
            },
        ),
        shows=".articles a",
    ),
    "rating": chat(
        HELLO,
        message(2, "system", "How was it?", control={"kind": "rating", "scale": "stars"}),
        shows=".stars",
        then=press(".stars .mark:nth-child(4)", ".stars"),
    ),
    "rating missing": chat(
        message(1, "system", "How was it?", control={"kind": "rating", "scale": "faces"}),
        shows=".faces",
        then=press(".control .submit", ".complaint:not(:empty)"),
    ),
    "answered": chat(
        message(1, "bot", "Where may we write to?", control={"kind": "email"}),
        message(2, "visitor", "ann@shop.example", answers="m1", delivery="stored"),
        shows=".answered",
    ),
    "files": chat(HELLO, FILED, mode=FLOOR_OF_JANE, shows=".picture img"),
    "lightbox": chat(HELLO, FILED, mode=FLOOR_OF_JANE, shows=".picture img", then=press(".picture", "#lightbox img")),
    "uploading": chat(HELLO, mode=FLOOR_OF_JANE, shows="#attach", then=attach(lambda route: None, "uploading")),
    "upload refused": chat(HELLO, mode=FLOOR_OF_JANE, shows="#attach", then=attach(refuse, "failed")),
    "failed": chat(
        HELLO,
        then=say("hours", "[data-state=failed]"),
        reply={"type": "nak", "code": "conflict", "detail": "It was refused.", "final": True},
    ),
    "too long": chat(HELLO, then=say("a" * 8001, ".hint.over")),
    "offline": chat(HELLO, then=go_offline),
    "ended": chat(HELLO, QUESTION, message(3, "system", "The conversation has ended."), mode=floor("ended")),
    "stopped": chat(shows="#trouble", close=4403),
    "menu": chat(HELLO, then=press("#more", "#menu")),
    "end?": chat(HELLO, QUESTION, mode=FLOOR_OF_JANE, then=press("#end", "#ask")),
    "storage blocked": without_storage,
    "consent": asks_for_consent,
    "unavailable": unavailable,
}
