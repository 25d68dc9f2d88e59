import pytest
from django.core.exceptions import ValidationError

from handoffs.models import Scenario, Workspace


def policy(answer):
    directives = (part.split() for part in answer["Content-Security-Policy"].split("; "))
    return {name: values for name, *values in directives}


def test_the_chat_page_runs_only_our_own_script(client, scenario):
    answer = client.get("/chat/demo/")
    assert answer.status_code == 200
    assert policy(answer)["script-src"] == ["'self'"] and policy(answer)["default-src"] == ["'none'"]
    assert "<script>" not in answer.content.decode() and "style=" not in answer.content.decode()


def test_the_chat_page_shows_pictures_it_has_fetched_and_none_from_elsewhere(client, scenario):
    allowed = policy(client.get("/chat/demo/"))
    assert (allowed["img-src"], allowed["media-src"], allowed["connect-src"]) == (["'self'", "blob:"], ["blob:"], ["'self'"])
    assert "blob:" not in str(policy(client.get("/admin/login/")))


def test_the_chat_page_may_be_framed_by_the_listed_websites_only(client, scenario):
    scenario.interface.allowed_origins = "https://shop.example"
    scenario.interface.save()
    answer = client.get("/chat/demo/")
    assert policy(answer)["frame-ancestors"] == ["'self'", "https://shop.example"]
    assert "X-Frame-Options" not in answer


def test_nothing_else_may_be_framed(client, scenario):
    for path in ("/chat/demo/sample/", "/admin/login/"):
        assert policy(client.get(path))["frame-ancestors"] == ["'none'"]


def test_a_frame_of_no_scenario_says_so_instead_of_a_browsers_error_page(client, scenario):
    answer = client.get("/chat/nobody/")
    assert policy(answer)["frame-ancestors"] == ["*"] and "X-Frame-Options" not in answer


def test_the_sample_shop_embeds_the_widget(client, scenario, settings):
    settings.PUBLIC_URL = "https://chat.example.com"
    answer = client.get("/chat/demo/sample/")
    assert 'src="https://chat.example.com/static/webchat/embed.js" data-scenario="demo"' in answer.content.decode()
    assert "https://chat.example.com" in policy(answer)["script-src"] and "https://chat.example.com" in policy(answer)["frame-src"]


@pytest.mark.parametrize("path", ["/chat/nobody/", "/chat/demo%00/", "/chat/nobody/sample/", "/chat/DEMO/"])
def test_an_unknown_scenario_is_a_friendly_404(client, scenario, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "available" in answer.content.decode()


def test_an_inactive_scenario_is_not_available(client, scenario):
    Scenario.objects.update(state="draft")
    assert client.get("/chat/demo/").status_code == 404


def test_a_scenario_is_served_on_its_own_workspaces_host_only(client, scenario):
    Workspace.objects.create(slug="other", name="Other")
    assert client.get("/chat/demo/", headers={"Host": "demo.localhost"}).status_code == 200
    assert client.get("/chat/demo/", headers={"Host": "other.localhost"}).status_code == 404


def test_what_an_admin_types_is_text_on_the_page(client, scenario):
    scenario.interface.title = scenario.interface.bot_name = "<img src=x onerror=alert(1)>\"'"
    scenario.interface.save()
    page = client.get("/chat/demo/").content.decode()
    assert "<img src=x" not in page


def test_the_loader_and_the_modules_are_served_with_their_types(client):
    for path, kind in (
        ("/static/webchat/embed.js", "javascript"),
        ("/static/webchat/chat.mjs", "javascript"),
        ("/static/webchat/chat.css", "css"),
    ):
        answer = client.get(path)
        assert answer.status_code == 200 and kind in answer["Content-Type"]


@pytest.mark.parametrize(
    "line",
    [
        "https://ex ample.com; script-src 'none'",
        "https://shop.example;script-src *",
        "https://shop.example, https://other.example",
        "https://*.shop.example",
        "*",
        "'none'",
        "https://shop.example/path",
        "https://user@shop.example",
        "https://shop.example:0",
        "HTTPS://SHOP.EXAMPLE",
        "javascript:alert(1)",
    ],
)
def test_what_is_not_an_origin_is_refused_and_never_reaches_the_policy(client, scenario, line):
    scenario.interface.allowed_origins = line
    with pytest.raises(ValidationError, match="is not an origin"):
        scenario.interface.full_clean()
    scenario.interface.save()
    assert policy(client.get("/chat/demo/"))["frame-ancestors"] == ["'self'"]


@pytest.mark.parametrize("line", ["https://shop.example", "http://localhost:8000", "https://a-b.c.example:8443", "http://127.0.0.1:5000"])
def test_an_origin_as_browsers_send_it_is_taken(client, scenario, line):
    scenario.interface.allowed_origins = line
    scenario.interface.full_clean()
    scenario.interface.save()
    assert policy(client.get("/chat/demo/"))["frame-ancestors"] == ["'self'", line]


def test_the_bare_address_leads_to_the_admin(client, db):
    assert client.get("/")["Location"] == "/admin/"
