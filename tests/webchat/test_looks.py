import json
import re
from html import unescape

import pytest

from handoffs.colours import contrast
from handoffs.models import Scenario
from handoffs.models.scenario import InterfaceSettings, Picture
from webchat.looks import LAUNCHER, launcher_of, look_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def interface(scenario):
    return scenario.interface


def test_a_look_stands_in_the_page_as_json(client, scenario, interface):
    interface.title, interface.accent, interface.consent_text = "A & “B” <i>'\"", "#1f6f54", "We keep this.\nFor a week."
    interface.save()
    page = client.get("/chat/demo/").content.decode()
    found = re.search(r'data-look="([^"]*)"', page)
    assert json.loads(unescape(found[1])) == look_of(interface)
    assert look_of(interface)["title"] == interface.title


@pytest.mark.parametrize(("accent", "wanted"), [("#000000", ""), ("#ffff00", "#ffffff"), ("#2757e8", "#2757e8"), ("#777777", "")])
def test_what_stands_on_the_colour_can_always_be_read(interface, accent, wanted):
    interface.accent, interface.on_accent = accent, wanted
    assert contrast(accent, look_of(interface)["on_accent"]) >= 4.5


def test_a_colour_that_is_none_is_left_out(interface):
    for odd in ("", "red", "#12345", "#12345678", "url(x)"):
        interface.accent = odd
        assert (look_of(interface)["accent"], look_of(interface)["on_accent"]) == ("", "")


def test_pictures_are_named_by_our_own_addresses(interface, scenario):
    interface.logo = Picture.objects.create(scenario=scenario, name="x", type="image/png", content=b"x", width=1, height=1)
    assert look_of(interface)["logo"] == f"/chat/demo/pictures/{interface.logo.pk}"
    assert look_of(interface)["avatar"] is None


# --- The launcher -------------------------------------------------------------------------------------------------------------------------


def told(answer):
    return json.loads(answer.content.decode().removeprefix("export default ").rstrip(";\n"))


def test_the_launcher_learns_its_look_as_a_module_any_website_may_import(client, interface):
    interface.accent, interface.launcher_text, interface.launcher_side, interface.size = "#1f6f54", "Ask us", "left", "large"
    interface.save()
    answer = client.get("/chat/demo/look.mjs?language=de-AT")
    assert answer["Content-Type"].startswith("text/javascript") and answer["Access-Control-Allow-Origin"] == "*"
    assert "max-age=60" in answer["Cache-Control"] and not answer.cookies
    look = told(answer)
    assert look["style"] == {"accent": "#1f6f54", "on-accent": "#ffffff", "width": "480px", "height": "800px"}
    assert (look["launcher_text"], look["launcher_side"], look["words"]["close"]) == ("Ask us", "left", "Chat schließen")


def test_the_launcher_says_nothing_that_is_not_its_business(client, interface):
    interface.consent_text = "not for the website"
    interface.save()
    assert set(told(client.get("/chat/demo/look.mjs"))) == {"launcher_text", "launcher_side", "start", "style", "words"}


def test_the_launcher_speaks_every_language_of_the_widget(interface):
    languages = {value for value, _ in InterfaceSettings.Language.choices} - {"auto"}
    assert set(LAUNCHER) == languages
    for language in languages:
        words = launcher_of(interface, language)["words"]
        assert all(words.values()) and "#" in words["unread"]
        interface.language = language
        assert launcher_of(interface, "tlh")["words"] == words
        interface.language = "auto"


@pytest.mark.parametrize("path", ["/chat/nobody/look.mjs", "/chat/nobody/peek/", "/chat/demo%00/look.mjs", "/chat/demo%00/peek/"])
def test_a_chat_that_is_not_there_has_no_launcher(client, scenario, path):
    assert client.get(path).status_code == 404


def test_a_scenario_that_was_switched_off_has_no_launcher(client, scenario):
    Scenario.objects.update(state="draft")
    assert [client.get(f"/chat/demo/{part}").status_code for part in ("look.mjs", "peek/")] == [404, 404]


def test_the_peek_may_be_framed_where_the_chat_may_and_makes_nothing(client, scenario, interface):
    interface.allowed_origins = "https://shop.example"
    interface.save()
    answer = client.get("/chat/demo/peek/")
    assert "frame-ancestors 'self' https://shop.example" in answer["Content-Security-Policy"] and "X-Frame-Options" not in answer
    assert not answer.cookies and not scenario.conversations.exists()
