"""The draft page: the chat as its admins see it while they edit."""

import json
import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client

from handoffs.models import Conversation, Membership, Message, Picture, Scenario, Workspace
from tests import corpus, samples
from webchat import frames, history, markdown

pytestmark = pytest.mark.django_db

DRAFT = "/chat/demo/draft/"


def person(name, workspace=None, role="viewer", **more):
    user = User.objects.create_user(name, password="x", **{"is_staff": True, **more})
    if workspace:
        Membership.objects.create(user=user, workspace=workspace, role=role)
    return user


@pytest.fixture
def viewer(client, scenario):
    client.force_login(person("vera", scenario.workspace))
    return client


@pytest.fixture
def shown(viewer):
    """The messages that tiles become."""

    def post(*tiles):
        answer = viewer.post(DRAFT, {"tiles": tiles}, content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer.json()["messages"]

    return post


# --- Who may ------------------------------------------------------------------------------------------------------------------------------


def nobody(scenario):
    return None


def of_another_workspace(scenario):
    return person("sid", Workspace.objects.create(slug="other", name="Other"), "admin")


def without_a_role(scenario):
    return person("rolf")


def no_staff(scenario):
    return person("nina", scenario.workspace, "admin", is_staff=False)


def gone(scenario):
    return person("gus", scenario.workspace, "admin", is_active=False)


@pytest.mark.parametrize("who", [nobody, of_another_workspace, without_a_role, no_staff, gone])
def test_to_all_others_no_draft_is_here(client, scenario, who):
    if user := who(scenario):
        client.force_login(user)
    asked = [client.get(DRAFT), client.post(DRAFT, {"tiles": []}, content_type="application/json")]
    assert [answer.status_code for answer in asked] == [404, 404]


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_every_role_sees_it_also_of_a_scenario_that_is_not_active(client, scenario, role):
    Scenario.objects.update(state="draft")
    client.force_login(person("rosa", scenario.workspace, role))
    assert client.get(DRAFT).status_code == 200
    assert client.post(DRAFT, {"tiles": []}, content_type="application/json").json() == {"messages": []}


def test_it_is_on_its_own_workspaces_host_only(viewer):
    Workspace.objects.create(slug="other", name="Other")
    assert viewer.get(DRAFT, headers={"Host": "demo.localhost"}).status_code == 200
    assert viewer.get(DRAFT, headers={"Host": "other.localhost"}).status_code == 404


@pytest.mark.parametrize("path", ["/chat/nobody/draft/", "/chat/demo%00/draft/"])
def test_no_such_scenario(viewer, path):
    assert viewer.get(path).status_code == 404


def test_only_our_own_page_may_ask(scenario):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person("vera", scenario.workspace))
    page = browser.get(DRAFT).content.decode()
    token = page.partition('data-csrf="')[2].partition('"')[0]
    said = {"tiles": [{"kind": "text", "text": "x"}]}
    assert browser.post(DRAFT, said, content_type="application/json").status_code == 403
    assert browser.post(DRAFT, said, content_type="application/json", headers={"X-CSRFToken": token}).status_code == 200


def test_it_may_be_framed_by_our_own_pages_only(viewer):
    answer = viewer.get(DRAFT)
    policy = {name: values for name, *values in (part.split() for part in answer["Content-Security-Policy"].split("; "))}
    assert (policy["frame-ancestors"], answer["X-Frame-Options"]) == (["'self'"], "SAMEORIGIN")
    assert (policy["img-src"], policy["script-src"]) == (["'self'", "data:", "blob:"], ["'self'"])
    assert "no-store" in answer["Cache-Control"]


def test_what_an_admin_types_is_text_on_the_page(viewer, scenario):
    scenario.interface.title = scenario.interface.bot_name = "<img src=x onerror=alert(1)>\"'"
    scenario.interface.save()
    assert "<img src=x" not in viewer.get(DRAFT).content.decode()


# --- Tiles become messages ----------------------------------------------------------------------------------------------------------------


def test_a_text_is_said_to_the_example_with_the_tiles_own_words_for_what_is_not_known(shown):
    (said,) = shown({"kind": "text", "text": "Hello **{user.first_name|you}**, {user.plan|dear guest}"})
    assert (said["type"], said["text"], said["author"]["kind"]) == ("message", "Hello **Sam**, dear guest", "bot")
    assert said["rich"] == markdown.tree("Hello **Sam**, dear guest")
    assert (said["files"], said["control"], said["picture"], said["gone"]) == ([], None, None, False)


def test_messages_have_the_same_shape_as_those_a_visitor_gets(shown, conversation):
    heard = history.read_on(conversation.pk, frames.Cursor(None, 0), None).messages
    assert set(shown({"kind": "text", "text": "x"})[0]) == set(heard[0])


def test_buttons_are_shown_before_it_is_chosen_where_they_lead(shown):
    buttons = [{"label": "Shop", "href": "https://shop.example/"}, {"label": "Hours"}, {"label": "Half", "href": "htt"}, {"label": " "}]
    (said,) = shown({"kind": "buttons", "text": "Which?", "buttons": buttons})
    assert said["buttons"] == [{"label": "Shop", "href": "https://shop.example/"}, {"label": "Hours"}, {"label": "Half"}]


def test_a_form_shows_its_fields_before_it_is_chosen_what_they_fill(shown):
    fields = [{"attribute": "user.email", "label": "E-mail", "type": "email", "required": True}, {"label": "Why"}, {"label": "When"}, {}]
    (said,) = shown({"kind": "form", "text": "Who?", "fields": fields})
    assert [(field["label"], field["type"], field["required"]) for field in said["control"]["fields"]] == [
        ("E-mail", "email", True),
        ("Why", "text", False),
        ("When", "text", False),
    ]
    assert set(said["control"]) == {"kind", "fields"}


def test_a_handover_says_its_text_and_who_joined(shown):
    first, then = shown({"kind": "handover", "text": "One moment"})
    assert (first["text"], then["author"]["kind"], then["text"]) == ("One moment", "system", "Jane has joined the chat.")
    first, then = shown({"kind": "handover", "text": "", "joined_text": "{agent} it is"})
    assert (first["text"], then["text"]) == ("A colleague will be with you soon. Go on and tell us what it is about.", "Jane it is")


def test_an_end_and_a_visitors_words(shown):
    assert [
        (said["author"]["kind"], said["text"]) for said in shown({"kind": "visitor", "text": "Hi"}, {"kind": "end", "text": "Bye"})
    ] == [
        ("visitor", "Hi"),
        ("bot", "Bye"),
    ]


@pytest.fixture
def picture(scenario):
    return Picture.objects.create(scenario=scenario, name="a.png", type="image/png", content=samples.picture("PNG"), width=8, height=6)


def test_a_picture_of_the_scenario_has_its_address(shown, picture):
    (said,) = shown({"kind": "image", "picture": str(picture.pk), "alt_text": "For {user.first_name}", "text": ""})
    assert said["picture"] == {"url": f"/chat/demo/pictures/{picture.pk}", "alt": "For Sam", "width": 8, "height": 6}


def test_a_picture_that_is_not_stored_yet_is_shown_as_it_is(shown):
    (said,) = shown({"kind": "image", "picture": "data:image/png;base64,AAAA", "alt_text": "Beans"})
    assert said["picture"] == {"url": "data:image/png;base64,AAAA", "alt": "Beans", "width": None, "height": None}


@pytest.mark.parametrize("name", ["data:image/svg+xml,<svg/>", "data:text/html,x", "https://elsewhere.example/x.png", "x", "", None, 7])
def test_no_other_picture_is_shown_but_what_it_shows_is_said(shown, name):
    (said,) = shown({"kind": "image", "picture": name, "alt_text": "Beans"})
    assert (said["picture"], said["text"]) == (None, "Beans")


def test_another_scenarios_picture_is_none(shown, picture):
    Picture.objects.update(scenario=Scenario.objects.create(workspace=picture.scenario.workspace, name="Tea", key="tea"))
    assert shown({"kind": "image", "picture": str(picture.pk), "alt_text": "Beans"})[0]["picture"] is None


def test_a_message_keeps_its_id_while_it_is_typed(shown):
    before, after = shown({"kind": "text", "text": "a"}), shown({"kind": "text", "text": "ab"})
    assert before[0]["id"] == after[0]["id"] and uuid.UUID(after[0]["id"])


def test_nothing_is_kept(shown):
    shown({"kind": "handover", "text": "x"}, {"kind": "form", "fields": [{"attribute": "user.x", "label": "X"}]})
    assert not Message.objects.exists() and not Conversation.objects.exists()


# --- Bad input ----------------------------------------------------------------------------------------------------------------------------


def test_what_is_no_tile_is_left_out(shown):
    odd = [None, 7, "x", [], {}, {"kind": "bomb", "text": "x"}, {"kind": ["text"]}, {"kind": "text", "text": 7}, {"kind": "text"}]
    assert [said["text"] for said in shown(*odd, {"kind": "text", "text": "still here"})] == ["still here"]


TILE = {
    "kind": "form",
    "text": "x",
    "buttons": [{"label": "x", "href": "https://x.example"}],
    "fields": [{"attribute": "a", "label": "x", "type": "select", "options": ["x"]}],
    "picture": "data:image/png,x",
    "alt_text": "x",
    "joined_text": "x",
}


@pytest.mark.parametrize("kind", ["text", "image", "buttons", "form", "handover", "end", "visitor"])
def test_no_value_makes_it_fail(viewer, kind):
    good = {"tiles": [{**TILE, "kind": kind}]}
    tries = [each for place in corpus.paths(good) for each in corpus.spoiled(good, place)]
    answers = {tried: viewer.post(DRAFT, raw, content_type="application/json").status_code for tried, raw in tries}
    assert {tried: code for tried, code in answers.items() if code not in (200, 400, 413)} == {}


@pytest.mark.parametrize("raw", corpus.BAD_BODIES.values(), ids=corpus.BAD_BODIES)
def test_a_body_that_is_none_is_refused_in_words(viewer, raw):
    answer = viewer.generic("POST", DRAFT, raw, content_type="application/json")
    assert answer.status_code in (400, 413) and answer.json()["detail"]


def test_nul_and_half_characters_are_shown(viewer):
    raw = json.dumps({"tiles": [{"kind": "text", "text": "a\0b\ud800c"}, {"kind": "image", "picture": "\ud800\0", "alt_text": "x"}]})
    answer = viewer.post(DRAFT, raw, content_type="application/json")
    assert answer.status_code == 200 and len(answer.json()["messages"]) == 2


def test_too_much_is_refused(viewer):
    for tiles in ([{"kind": "text", "text": "x" * 10 * 2**20}], [{"kind": "text", "text": "x"}] * 201):
        answer = viewer.post(DRAFT, {"tiles": tiles}, content_type="application/json")
        assert (answer.status_code, "at most" in answer.json()["detail"]) == (413, True)
    assert viewer.put(DRAFT).status_code == 405
