"""The pictures of a scenario, and how tiles look in the protocol."""

import json
import uuid

import pytest

from handoffs import switchboard
from handoffs.models import Conversation, Picture, Scenario, Visitor, VisitorToken, Workspace
from handoffs.switchboard import Words
from tests import samples
from webchat import frames, history

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(scenario):
    return Picture.objects.create(
        scenario=scenario, name="beans; ü.png", type="image/png", content=samples.picture("PNG"), width=8, height=6
    )


def shown(conversation):
    return history.read_on(conversation.pk, frames.Cursor(None, 0), None).messages


def test_a_picture_is_served_to_everybody_and_for_good(client, picture):
    answer = client.get(f"/chat/demo/pictures/{picture.pk}")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, bytes(picture.content), "image/png")
    assert answer["Content-Disposition"].startswith("inline; filename")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == ("nosniff", "default-src 'none'")


def test_a_draft_shows_its_pictures_too(client, picture):
    Scenario.objects.update(state="draft")
    assert client.get(f"/chat/demo/pictures/{picture.pk}").status_code == 200


def test_a_picture_of_another_scenario_workspace_or_type_is_not_here(client, picture):
    Workspace.objects.create(slug="other", name="Other")
    assert client.get(f"/chat/nobody/pictures/{picture.pk}").status_code == 404
    assert client.get(f"/chat/demo/pictures/{uuid.uuid4()}").status_code == 404
    assert client.get(f"/chat/demo%00/pictures/{picture.pk}").status_code == 404
    assert client.get(f"/chat/demo/pictures/{picture.pk}", headers={"Host": "other.localhost"}).status_code == 404
    Picture.objects.update(type="image/svg+xml")
    assert client.get(f"/chat/demo/pictures/{picture.pk}").status_code == 404
    assert client.post(f"/chat/demo/pictures/{picture.pk}").status_code == 405


@pytest.fixture
def welcomed(scenario, picture):
    """A scenario that welcomes with every tile there is."""
    welcome = scenario.templates.get(name="Welcome")
    welcome.blocks.all().delete()
    hours = scenario.templates.get(name="Opening hours")
    welcome.blocks.create(kind="image", position=1, picture=picture, alt_text="Beans")
    buttons = [
        {"label": "Shop", "href": "https://shop.example/"},
        {"label": "Pro", "attribute": "user.plan", "value": "pro", "leads_to": hours.pk},
    ]
    welcome.blocks.create(kind="buttons", position=2, text="Which?", buttons=buttons)
    fields = [{"attribute": "user.email", "label": "E-mail", "type": "email", "required": True}]
    welcome.blocks.create(kind="form", position=3, text="Who are you?", fields=fields, leads_to=hours)
    return switchboard.begin(scenario, "http://testserver")


def test_a_visitor_sees_tiles_and_nothing_of_how_the_scenario_is_made(welcomed, picture):
    image, offer, form = shown(welcomed[1])
    assert image["picture"] == {"url": f"/chat/demo/pictures/{picture.pk}", "alt": "Beans", "width": 8, "height": 6}
    assert (offer["picture"], offer["buttons"]) == (None, [{"label": "Shop", "href": "https://shop.example/"}, {"label": "Pro"}])
    assert set(form["control"]) == {"kind", "fields"}
    assert "leads_to" not in json.dumps([image, offer, form]) and "user.plan" not in json.dumps([image, offer, form])


def test_a_form_is_answered_over_http_and_the_scenario_goes_on(client, welcomed):
    token, conversation = welcomed
    asked = shown(conversation)[-1]["id"]

    def answer(n, email):
        said = {"cid": str(uuid.uuid4()), "tab": str(uuid.UUID(int=5)), "n": n, "text": ""}
        body = {**said, "answer": {"message": asked, "values": {"user.email": email}}}
        return client.post("/webchat/messages", body, content_type="application/json", headers={"Authorization": f"Bearer {token}"})

    refused = answer(1, "nobody")
    assert (refused.status_code, refused.json()["code"], refused.json()["detail"]) == (
        422,
        "bad_answer",
        "“E-mail” must be an e-mail address.",
    )
    assert answer(1, "ada@example.org").status_code == 201
    *_, mine, hours = shown(conversation)
    assert (mine["text"], mine["answers"]) == ("E-mail: ada@example.org", asked)
    assert hours["text"].startswith("The roastery is open")
    assert Conversation.objects.get(pk=conversation.pk).context == {"user": {"email": "ada@example.org"}}


# --- A visitor who comes again ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def reopen(client, scenario):
    """Opens a session with the token of one before; the context of the new conversation."""

    def post(before):
        body = {"scenario": "demo", "before": before}
        opened = client.post("/webchat/session", body, content_type="application/json", headers={"Origin": "http://testserver"})
        assert opened.status_code == 201
        return Conversation.objects.get(pk=opened.json()["conversation"]).context

    return post


@pytest.fixture
def ada(scenario):
    token, conversation = switchboard.begin(scenario, "http://testserver", {"user": {"name": "Ada"}})
    return token, conversation


def test_the_token_of_before_makes_a_returning_visitor(reopen, ada):
    assert reopen(ada[0])["user"] == {"name": "Ada", "visits": 2, "seconds_since_last_seen": 1}


def test_who_restarts_leaves_the_humans(reopen, ada, sheet):
    for text in ("talk to a human", "my parcel is wet"):
        switchboard.visitor_says(ada[1].pk, Words(uuid.uuid4(), text))
    reopen(ada[0])
    assert ada[1].transfers.get().reason == "visitor_ended"


def of_another_scenario(scenario, ada):
    other = Scenario.objects.create(workspace=scenario.workspace, name="Tea", key="tea", state="active")
    return switchboard.begin(other, "http://testserver", {"user": {"name": "Bob"}})[0]


def of_a_preview(scenario, ada):
    return switchboard.begin(scenario, "http://testserver", {"user": {"name": "Bob"}}, desk=Conversation.Desk.REHEARSAL)[0]


def dead(scenario, ada):
    VisitorToken.objects.update(dies_at="2026-01-01T00:00:00Z")
    return ada[0]


def erased(scenario, ada):
    Visitor.objects.all().delete()
    return ada[0]


@pytest.mark.parametrize("token", [of_another_scenario, of_a_preview, dead, erased, *["x", "", None, 7, ["a"], {}, "\0", "a" * 5000]])
def test_a_token_of_before_that_is_not_good_is_not_looked_at(reopen, scenario, ada, token):
    assert "user" not in reopen(token(scenario, ada) if callable(token) else token)
