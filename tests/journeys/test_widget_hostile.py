"""Five hundred ways to smuggle a script in, in every place that shows what somebody else wrote, in a real browser: none runs."""

from __future__ import annotations

import json
from itertools import islice, product
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_the_loop import sees

TAGS = [
    "script",
    "img",
    "svg",
    "iframe",
    "body",
    "input",
    "details",
    "video",
    "a",
    "math",
    "style",
    "object",
    "form",
    "template",
    "marquee",
]
EVENTS = ["onerror", "onload", "onclick", "onfocus autofocus", "ontoggle open", "onmouseover", "onanimationstart", "onpageshow"]
CALL = "window.broken=1"
SHAPES = [
    "<{tag} {event}={call}>",
    "<{tag} src=x {event}='{call}'>x</{tag}>",
    '"\'><{tag} src=javascript:{call} {event}="{call}">',
    "</{tag}></textarea></title></script><{tag}/{event}={call}>",
]
URLS = [
    "javascript:window.broken=1",
    "JaVaScRiPt:window.broken=1",
    " java\tscript:window.broken=1",
    "javascript&colon;window.broken=1",
    "data:text/html,<script>parent.broken=1</script>",
    "vbscript:window.broken=1",
    "blob:null/window.broken=1",
    "[x](javascript:window.broken=1)",
    "![x](javascript:window.broken=1)",
    '<https://a.example/" onclick=window.broken=1>',
    "url(javascript:window.broken=1)",
    "expression(window.broken=1)",
    "#123456;background:url(https://evil.example/x)",
    "{{constructor.constructor('window.broken=1')()}}",
    "${window.broken=1}",
    "__proto__",
    "constructor",
    "\u202e<script>window.broken=1</script>",
    "<script>window.broken=1</script>",
    "<svg><script>window.broken=1</script></svg>",
]
PAYLOADS = [*URLS, *islice((shape.format(tag=tag, event=event, call=CALL) for shape, tag, event in product(SHAPES, TAGS, EVENTS)), 480)]

REPORTING = """
    window.reports = [];
    const report = ({ violatedDirective, blockedURI, sample }) => reports.push(`${violatedDirective} ${blockedURI} ${sample}`);
    document.addEventListener("securitypolicyviolation", report);
"""
ATTRIBUTES = "[...document.querySelectorAll('#log *')].flatMap((each) => [...each.attributes].map(({name}) => name))"
TELL = "(bad) => { document.title = bad; HandoffChat.identify({name: bad, email: bad}); HandoffChat.setAttributes({[bad]: bad}); }"


def rich(payload: str) -> list[Any]:
    return [
        payload,
        {"t": "a", "href": payload, "c": [payload]},
        {"t": payload, "c": [payload]},
        {"t": "code", "c": [payload], "onclick": payload},
    ]


def messages(payloads: list[str]) -> list[dict[str, Any]]:
    """Each payload in every field of a message."""
    found = []
    for seq, bad in enumerate(payloads, 1):
        one = {
            "title": bad,
            "value": bad,
            "description": bad,
            "href": bad,
            "text": bad,
            "kind": "link",
            "image": bad,
            "actions": [{"kind": "link", "text": bad, "href": bad}],
        }
        controls = [
            {"kind": "choice", "options": [one]},
            {"kind": "cards", "cards": [one]},
            {"kind": "articles", "articles": [one]},
            {
                "kind": "form",
                "fields": [
                    {"name": bad, "label": bad, "type": kind, "placeholder": bad, "hint": bad, "options": [one]}
                    for kind in ("text", "select", bad)
                ],
            },
        ]
        file = {
            "id": bad,
            "kind": ("file", "image")[seq % 2],
            "name": bad,
            "type": bad,
            "size": 1,
            "state": ("failed", "ready")[seq % 4 == 1],
        }
        picture = {"url": bad, "alt": bad, "width": 1, "height": 1}
        more = {"author": {"kind": ("agent", "bot", "system")[seq % 3], "name": bad, "photo": None}, "rich": rich(bad) if seq % 2 else None}
        said = {"buttons": [{"label": bad}, {"label": bad, "href": bad}], "files": [file], "control": controls[seq % 4], "picture": picture}
        found.append(
            {
                "type": "message",
                "seq": seq,
                "id": f"m{seq}",
                "ord": seq,
                "cid": None,
                "at": bad if seq % 5 == 0 else "2026-11-22T10:00:00Z",
                "text": bad,
                "answers": None,
                "gone": False,
                "delivery": None,
                **more,
                **said,
            }
        )
    return found


def with_socket(page: Page, frames: list[dict[str, Any]]) -> None:
    """The server says just this."""

    def serve(socket: Any) -> None:
        socket.on_message(lambda raw: [socket.send(json.dumps(frame)) for frame in frames] if '"hello"' in raw else None)

    page.route_web_socket("**/webchat/socket", serve)


@pytest.fixture
def page(visitor):
    page = visitor.context.new_page()
    # The pictures and files in these messages are names of nothing; the server says so whenever it comes to it.
    visitor.tolerated.add("status of 404")
    page.add_init_script(REPORTING)
    page.on("dialog", lambda dialog: dialog.dismiss())
    yield page
    assert page.evaluate("[window.broken ?? null, reports]") == [None, []]


def floor(bad: str) -> dict[str, Any]:
    return {"mode": "agent", "name": bad, "photo": None, "since": bad, "typing": bad, "can_end": True}


def test_there_are_five_hundred():
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 500


def test_whatever_agents_and_the_scenario_say_is_text(hub, page):
    said = messages(PAYLOADS)
    limits = {"text": 8000, "file": 10, "files": 5, "types": PAYLOADS[:20]}
    ready = {"type": "ready", "epoch": 1, "last": len(said), "floor": floor(PAYLOADS[-1]), "beat": 20, "n": 0, "limits": limits}
    with_socket(page, [{"type": "reset", "epoch": 1}, *said, ready, *({"type": "floor", "floor": floor(bad)} for bad in PAYLOADS)])
    page.goto(f"{hub.url}/chat/demo/")
    sees(page, PAYLOADS[-1])
    expect(page.locator(".control")).to_have_count(len(PAYLOADS))
    assert page.locator("#log :is(script, iframe, object, embed, style, math, base, meta)").count() == 0
    assert not [name for name in page.evaluate(ATTRIBUTES) if name.startswith("on")]
    hrefs = page.evaluate("[...document.querySelectorAll('#log a')].map(({protocol}) => protocol)")
    assert set(hrefs) <= {"http:", "https:", "mailto:", "tel:"}


def test_whatever_a_look_says_is_a_colour_or_text(hub, page):
    page.goto(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    page.evaluate(
        """async (payloads) => {
            const { wear } = await import("/static/webchat/theme.mjs");
            for (const bad of payloads) wear({ title: bad, accent: bad, on_accent: bad, scheme: bad, logo: null });
        }""",
        PAYLOADS,
    )
    expect(page.locator("#title")).to_have_text(PAYLOADS[-1])
    assert "broken" not in page.evaluate("document.documentElement.getAttribute('style') ?? ''")


def test_whatever_a_website_calls_itself_is_text(hub, visitor, page):
    # Each is refused in words, whenever the server comes to it; the browser itself tells the refusals, too.
    visitor.tolerated |= {"Handoff: ", "422"}
    page.goto(f"{hub.url}/chat/demo/sample/")
    for bad in PAYLOADS[:40]:
        page.evaluate(TELL, bad)
    page.locator("button").click()
    sees(page.frame_locator("iframe"), "Hello, and welcome")
    assert page.frames[-1].evaluate("window.broken ?? null") is None
