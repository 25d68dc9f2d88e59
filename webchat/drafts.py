"""``/chat/<key>/draft/``: the chat as its admins see it while they edit. No session and no visitor; nothing of it is kept."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any, cast

from csp.decorators import csp_replace
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from handoffs import bot, playing, script, stored
from handoffs.models import Author, Conversation, Message, Picture, Scenario, workspaces_of
from webchat import frames, shown
from webchat.looks import look_of
from webchat.views import scenario_of, unavailable

LARGEST_BODY = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
MOST_TILES = 200
AGENT = "Jane"
# Whom the admin sees the scenario talk to.
EXAMPLE = {"user": {"name": "Sam Rivers", "first_name": "Sam", "email": "sam@example.com"}, "handover": {"agent_name": AGENT}}
DATA_URL = re.compile(r"data:image/(?:png|jpeg|gif|webp)[;,][^\s\x00-\x1f]*")
SPACE = uuid.UUID("7d3dbb0e-3c5f-4f10-9b37-3d1f8f0f2a51")

# A newly chosen picture is shown before it is stored.
IN_OUR_OWN_FRAMES = csp_replace({"frame-ancestors": ["'self'"], "img-src": ["'self'", "data:", "blob:"]})


@never_cache
@xframe_options_sameorigin
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, key: str) -> HttpResponseBase:
    """For whoever has a role in the scenario's workspace. To all others no scenario is here, whatever they know."""
    scenario = scenario_of(request, key)
    if scenario is None or not workspaces_of(request.user).filter(pk=scenario.workspace_id).exists():
        return unavailable(request)
    return show(request, scenario) if request.method == "POST" else page(request, scenario)


def page(request: HttpRequest, scenario: Scenario) -> HttpResponseBase:
    look = look_of(scenario.interface)
    told = {"scenario": scenario, "look": look, "look_json": json.dumps(look)}
    return IN_OUR_OWN_FRAMES(lambda request: render(request, "webchat/draft.html", told))(request)


def show(request: HttpRequest, scenario: Scenario) -> HttpResponse:
    try:
        tiles = tiles_of(request)
    except frames.TooLarge as error:
        return JsonResponse({"code": "too_large", "detail": str(error)}, status=413)
    except frames.Malformed as error:
        return JsonResponse({"code": "malformed", "detail": str(error)}, status=400)
    return JsonResponse({"messages": messages(scenario, tiles)})


def tiles_of(request: HttpRequest) -> list[Mapping[str, Any]]:
    """Raises ``Malformed`` or ``TooLarge``."""
    try:
        raw = request.body
    except RequestDataTooBig:
        raw = b"x" * (LARGEST_BODY + 1)
    if len(raw) > LARGEST_BODY:
        raise frames.TooLarge(f"A request here may have at most {LARGEST_BODY} bytes.")
    given = frames.json_object(raw).get("tiles")
    if not isinstance(given, list):
        raise frames.Malformed("“tiles” must be a list.")
    if len(given) > MOST_TILES:
        raise frames.TooLarge(f"A message may have at most {MOST_TILES} tiles.")
    return stored.entries(given)


# --- What they say ------------------------------------------------------------------------------------------------------------------------


class Sketch:
    """Takes the place of a conversation for what says something in one: nothing is numbered, and nothing is written down."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.context = scenario, EXAMPLE
        self.said: list[Message] = []
        self.at = timezone.now()

    def say(self, author: Author, text: str, **more: Any) -> None:
        """The same place and kind is the same message, so that a page can change it where it stands."""
        seq = len(self.said) + 1
        named = uuid.uuid5(SPACE, f"{self.scenario.pk} {seq} {author}")
        self.said.append(Message(pk=named, seq=seq, ord=seq, author=author, text=text, said_at=self.at, **more))

    @property
    def as_conversation(self) -> Conversation:
        return cast(Conversation, self)


def messages(scenario: Scenario, tiles: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sketch = Sketch(scenario)
    pictures = pictures_of(scenario, tiles)
    for tile in tiles:
        say(sketch, tile, pictures)
    shown.gather(sketch.said)
    return [with_address(frame, row) for frame, row in zip(shown.messages(sketch.said, frozenset()), sketch.said, strict=True)]


def say(sketch: Sketch, tile: Mapping[str, Any], pictures: Mapping[str, Picture]) -> None:
    """One after the other, also what a visitor would only see after answering: whoever edits wants to see all of it."""
    block = block_of(sketch.scenario, tile, pictures)
    if isinstance(block, script.ConversationHandover):
        playing.says_or(sketch.as_conversation, block.text, playing.ours(sketch.as_conversation).waiting)
        playing.system_says(sketch.as_conversation, block.joined_text or playing.ours(sketch.as_conversation).joined, AGENT)
    elif block is not None:
        playing.perform(sketch.as_conversation, bot.Turn(None, (block,)))
    elif tile.get("kind") == "visitor":
        sketch.say(Author.VISITOR, words(tile, "text"))


def block_of(scenario: Scenario, tile: Mapping[str, Any], pictures: Mapping[str, Picture]) -> script.Block | None:
    """As ``Block.as_script`` would have it once it is stored; None for what is no tile."""
    text = words(tile, "text")
    match tile.get("kind"):
        case "text":
            return script.Text(text)
        case "image":
            return script.Image(picture_of(scenario, words(tile, "picture"), pictures), words(tile, "alt_text"), text)
        case "buttons":
            return script.Buttons(text, tuple(filter(None, map(button, stored.entries(tile.get("buttons"))))))
        case "form":
            return script.Form(0, text, stored.form_fields([*map(named, stored.entries(tile.get("fields")), NUMBERED)]))
        case "handover":
            return script.ConversationHandover(None, text, "", words(tile, "joined_text"))
        case "end":
            return script.End(text)
        case _:
            return None


NUMBERED = range(1, 1000)


def button(item: Mapping[str, Any]) -> script.Button | None:
    """Where it leads may not be chosen yet: with a label there is something to see."""
    label = words(item, "label").strip()
    return stored.button(item) or (script.Button(label) if label else None)


def named(item: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """Which attribute it fills may not be chosen yet."""
    if not words(item, "label").strip() or stored.path(item.get("attribute")):
        return item
    return {**item, "attribute": f"field_{number}"}


def words(tile: Mapping[str, Any], name: str) -> str:
    return stored.words(tile.get(name))


# --- Pictures -----------------------------------------------------------------------------------------------------------------------------


def pictures_of(scenario: Scenario, tiles: list[Mapping[str, Any]]) -> dict[str, Picture]:
    """The scenario's own, of those that are named."""
    ids = filter(None, (uuid_of(words(tile, "picture")) for tile in tiles))
    return {str(row.pk): row for row in scenario.pictures.defer("content").filter(pk__in=set(ids))}


def picture_of(scenario: Scenario, name: str, pictures: Mapping[str, Picture]) -> dict[str, Any] | None:
    if DATA_URL.fullmatch(name):
        return {"id": str(uuid.UUID(int=0)), "key": scenario.key, "width": None, "height": None, "data": name}
    found = pictures.get(str(uuid_of(name)))
    return found.as_script(scenario.key) if found else None


def with_address(frame: dict[str, Any], row: Message) -> dict[str, Any]:
    """A picture that is not stored yet has no address of ours."""
    data = row.picture.get("data") if row.picture else None
    return {**frame, "picture": {**frame["picture"], "url": data}} if data else frame


def uuid_of(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name)
    except ValueError:
        return None
