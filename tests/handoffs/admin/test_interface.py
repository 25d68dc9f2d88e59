from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from handoffs.models import Conversation, Membership, Picture, Scenario, Workspace
from handoffs.models.conversation import VisitorToken
from tests import samples
from tests.handoffs.admin.conftest import talk

SWITCHES = ("show_history", "use_websockets", "may_restart", "may_end", "may_download")


def page(scenario: Scenario) -> str:
    return f"/admin/handoffs/interfacesettings/{scenario.pk}/change/"


def publish(scenario: Scenario, more: str = "") -> str:
    return f"/admin/handoffs/scenario/{scenario.pk}/publish/{more}"


def typed(scenario: Scenario, **changes: Any) -> dict[str, Any]:
    """What the page of stored settings would send."""
    interface = scenario.interface
    interface.refresh_from_db()
    names = ["title", "bot_name", "accent", "on_accent", "scheme", "launcher_text", "launcher_side", "size", "start_new", "start_returning"]
    names += ["start_ongoing", "language", "consent_text", "allowed_origins", "edition"]
    sent = {**{name: getattr(interface, name) for name in names}, **dict.fromkeys(SWITCHES, "on"), **changes}
    return {name: value for name, value in sent.items() if value is not None}


def role(workspace: Workspace, name: str) -> Client:
    user = User.objects.create_user(name, password="x", is_staff=True)
    Membership.objects.create(user=user, workspace=workspace, role=name)
    client = Client()
    client.force_login(user)
    return client


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


# --- Interface settings -------------------------------------------------------------------------------------------------------------------


def test_the_sections_have_the_names_that_admins_know(admin_client: Client, coffee: Scenario) -> None:
    body = admin_client.get(page(coffee)).content.decode()
    sections = [heading.strip() for heading in re.findall(r'class="fieldset-heading">([^<]*)', body)]
    assert sections == [
        "Who is speaking",
        "Colours",
        "Launcher and size",
        "How the chat starts",
        "Chatbot Controls",
        "Language and consent",
        "Embedding",
    ]
    controls = body.partition("Chatbot Controls")[2].partition("Language and consent")[0]
    assert all(words in controls for words in ("Use of WebSockets", "Restart", "End chat", "Download transcript"))
    assert f'src="/chat/{coffee.key}/draft/"' in body


def test_everything_is_saved(admin_client: Client, coffee: Scenario) -> None:
    changes = {
        "title": "Ask us",
        "accent": "#1F6F54",
        "on_accent": "fff",
        "scheme": "dark",
        "launcher_text": "Chat",
        "launcher_side": "left",
        "size": "large",
        "start_new": "open",
        "language": "de",
        "consent_text": "Do you agree?",
        "allowed_origins": "https://www.example.com\nhttp://localhost:5500",
        "use_websockets": None,
        "may_download": None,
    }
    assert admin_client.post(page(coffee), typed(coffee, **changes)).status_code == 302
    saved = coffee.interface
    saved.refresh_from_db()
    assert (saved.title, saved.accent, saved.on_accent, saved.scheme, saved.size) == ("Ask us", "#1f6f54", "#ffffff", "dark", "large")
    assert (saved.launcher_text, saved.launcher_side, saved.start_new, saved.language) == ("Chat", "left", "open", "de")
    assert (saved.use_websockets, saved.may_download, saved.may_end, saved.consent_text) == (False, False, True, "Do you agree?")
    assert saved.origins() == ["https://www.example.com", "http://localhost:5500"]


@pytest.mark.parametrize(
    ("field", "bad", "complaint"),
    [
        ("accent", "red", "Write a colour like #1f6f54."),
        ("accent", "#12345g", "Write a colour like #1f6f54."),
        ("on_accent", "\x00", "Null characters are not allowed."),
        ("title", "", "This field is required."),
        ("title", "x" * 201, "at most 200 characters"),
        ("scheme", "pink", "is not one of the available choices"),
        ("consent_text", "x" * 2001, "at most 2000 characters"),
        *(
            ("allowed_origins", bad, "is not an origin. Write it like https://www.example.com")
            for bad in ["*", "www.example.com", "https://example.com/shop", "https://*.example.com", "https://a@b.example", "null"]
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(admin_client: Client, coffee: Scenario, field: str, bad: str, complaint: str) -> None:
    answer = admin_client.post(page(coffee), typed(coffee, title="Mine", **{field: bad}) if field != "title" else typed(coffee, title=bad))
    assert complaint in str(answer.context["adminform"].form.errors[field])
    coffee.interface.refresh_from_db()
    assert coffee.interface.edition == 0


def test_colours_that_cannot_be_read_are_saved_with_a_warning(admin_client: Client, coffee: Scenario) -> None:
    body = admin_client.post(page(coffee), typed(coffee, accent="#777777", on_accent="#ffffff"), follow=True).content.decode()
    assert "contrast 4.4:1, and 4.5:1 is needed. Visitors see black text instead." in body and "messagelist" in body
    assert "cannot be read" not in admin_client.post(page(coffee), typed(coffee, on_accent="#000000"), follow=True).content.decode()


def test_a_picture_is_drawn_anew_kept_and_let_go(admin_client: Client, coffee: Scenario) -> None:
    assert admin_client.post(page(coffee), typed(coffee, new_logo=upload("me.jpg", samples.photo()))).status_code == 302
    coffee.interface.refresh_from_db()
    logo = coffee.interface.logo
    assert logo is not None and b"the maker" not in bytes(logo.content) and (logo.type, logo.scenario) == ("image/jpeg", coffee)
    assert f'data-logo="/chat/coffee/pictures/{logo.pk}"' in admin_client.get(page(coffee)).content.decode()
    admin_client.post(page(coffee), typed(coffee))
    coffee.interface.refresh_from_db()
    assert coffee.interface.logo == logo
    admin_client.post(page(coffee), typed(coffee, no_logo="on"))
    coffee.interface.refresh_from_db()
    assert coffee.interface.logo is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (samples.SVG, "This is not a picture that can be shown. Take a PNG, JPEG, GIF or WebP."),
        (samples.HTML, "This is not a picture"),
        (samples.picture("PNG")[:40], "This picture cannot be read."),
        (b"", "The submitted file is empty."),
        (samples.picture("PNG") + bytes(2 * 2**20), "This picture is larger than 2 MB."),
    ],
)
def test_what_is_no_picture_is_refused(admin_client: Client, coffee: Scenario, content: bytes, complaint: str) -> None:
    answer = admin_client.post(page(coffee), typed(coffee, new_bot_avatar=upload("a.png", content)))
    assert complaint in str(answer.context["adminform"].form.errors["new_bot_avatar"])
    assert not Picture.objects.exists()


# --- A picture that came with a form that is refused --------------------------------------------------------------------------------------


def refused(client: Client, scenario: Scenario, **typed_too: Any) -> str:
    """The page after a picture was chosen and another field was wrong."""
    return client.post(page(scenario), typed(scenario, title="", **typed_too)).content.decode()


def test_a_chosen_picture_need_not_be_chosen_again(admin_client: Client, coffee: Scenario) -> None:
    body = refused(admin_client, coffee, new_logo=upload("me.png", samples.picture("PNG")))
    picture = Picture.objects.get()
    kept = f'name="new_logo-kept" value="{picture.pk}" data-picture="/chat/coffee/pictures/{picture.pk}" checked'
    assert kept in body and "Use “me.png”, which you chose before" in body
    assert kept in refused(admin_client, coffee, **{"new_logo-kept": picture.pk})
    coffee.interface.refresh_from_db()
    assert coffee.interface.logo is None and Picture.objects.count() == 1
    assert admin_client.post(page(coffee), typed(coffee, **{"new_logo-kept": picture.pk})).status_code == 302
    coffee.interface.refresh_from_db()
    assert coffee.interface.logo == picture and Picture.objects.count() == 1


def test_another_picture_or_none_may_be_chosen_instead(admin_client: Client, coffee: Scenario) -> None:
    refused(admin_client, coffee, new_logo=upload("first.png", samples.picture("PNG")))
    kept = Picture.objects.get()
    assert admin_client.post(page(coffee), typed(coffee)).status_code == 302
    coffee.interface.refresh_from_db()
    assert coffee.interface.logo is None
    second = upload("second.png", samples.picture("PNG"))
    admin_client.post(page(coffee), typed(coffee, new_logo=second, **{"new_logo-kept": kept.pk}))
    coffee.interface.refresh_from_db()
    assert coffee.interface.logo is not None and coffee.interface.logo.name == "second.png"


def test_a_picture_that_is_none_is_not_kept(admin_client: Client, coffee: Scenario) -> None:
    body = refused(admin_client, coffee, new_logo=upload("a.png", samples.HTML))
    assert "-kept" not in body and not Picture.objects.exists()


@pytest.mark.parametrize("key", ["\x00", "x" * 10_000, "1", "00000000-0000-4000-8000-000000000000", "strangers"])
def test_only_a_picture_of_the_scenario_is_taken_again(admin_client: Client, coffee: Scenario, tea: Scenario, key: str) -> None:
    refused(admin_client, tea, new_logo=upload("tea.png", samples.picture("PNG")))
    sent = str(Picture.objects.get().pk) if key == "strangers" else key
    answer = admin_client.post(page(coffee), typed(coffee, **{"new_logo-kept": sent}))
    assert "Please choose it again." in str(answer.context["adminform"].form.errors["new_logo"])
    coffee.interface.refresh_from_db()
    assert coffee.interface.logo is None


def test_two_who_edit_at_once_notice_each_other(admin_client: Client, coffee: Scenario) -> None:
    mine = typed(coffee, title="Mine")
    admin_client.post(page(coffee), typed(coffee, title="Theirs"))
    body = admin_client.post(page(coffee), mine).content.decode()
    assert "saved this after you had opened it" in body and 'value="Mine"' in body
    coffee.interface.refresh_from_db()
    assert coffee.interface.title == "Theirs"


def test_a_viewer_looks_and_changes_nothing(coffee: Scenario, acme: Workspace) -> None:
    client = role(acme, "viewer")
    body = client.get(page(coffee)).content.decode()
    assert "Chatbot Controls" in body and 'type="submit" class="default"' not in body
    assert client.post(page(coffee), typed(coffee, title="Mine")).status_code == 403


def test_settings_are_neither_added_nor_deleted_by_themselves(admin_client: Client, coffee: Scenario) -> None:
    assert admin_client.get("/admin/handoffs/interfacesettings/add/").status_code == 403
    assert admin_client.post(page(coffee).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert admin_client.get("/admin/handoffs/interfacesettings/").headers["Location"] == "/admin/handoffs/scenario/"


# --- Publish ------------------------------------------------------------------------------------------------------------------------------


def test_the_embed_code_and_the_policy_can_be_copied(admin_client: Client, coffee: Scenario, settings: Any) -> None:
    settings.PUBLIC_URL = "https://chat.example.com"
    body = admin_client.get(publish(coffee)).content.decode()
    code = '<script async src="https://chat.example.com/static/webchat/embed.js" data-scenario="coffee"></script>'
    assert escape(code) in body
    assert "script-src https://chat.example.com; frame-src https://chat.example.com" in body
    assert 'href="https://chat.example.com/chat/coffee/"' in body and 'href="/chat/coffee/sample/"' in body


def test_websites_are_edited_on_the_page_itself(admin_client: Client, coffee: Scenario) -> None:
    sent = {"allowed_origins": "https://shop.example", "edition": 0}
    assert admin_client.post(publish(coffee), sent).status_code == 302
    coffee.interface.refresh_from_db()
    assert (coffee.interface.origins(), coffee.interface.edition) == (["https://shop.example"], 1)
    refused = admin_client.post(publish(coffee), {"allowed_origins": "shop.example", "edition": 1}).content.decode()
    assert "“shop.example” is not an origin." in refused and ">\nshop.example</textarea>" in refused
    assert "saved this after you had opened it" in admin_client.post(publish(coffee), sent).content.decode()


def test_it_says_where_it_was_seen(admin_client: Client, coffee: Scenario, settings: Any) -> None:
    assert "Not seen yet" in admin_client.get(publish(coffee)).content.decode()
    talk(coffee, "hi")
    VisitorToken.objects.create(visitor=talk(coffee).visitor, digest="x", origin=settings.PUBLIC_URL, dies_at=timezone.now())
    preview = talk(coffee)
    Conversation.objects.filter(pk=preview.pk).update(desk="rehearsal")
    VisitorToken.objects.filter(visitor=preview.visitor).update(origin="https://preview.example")
    body = admin_client.get(publish(coffee)).content.decode()
    assert "<strong>https://www.acme.test</strong>" in body and "2 visitors" in body
    assert "preview.example" not in body and f"<strong>{settings.PUBLIC_URL}" not in body


def test_the_identity_secret_is_shown_once_and_signs(admin_client: Client, coffee: Scenario) -> None:
    shown = admin_client.post(publish(coffee, "identity/"), {"do": "make"})
    coffee.refresh_from_db()
    secret = coffee.identity_secret
    assert len(secret) >= 32 and secret not in coffee.identity_secret_sealed
    assert secret in shown.content.decode() and "no-store" in shown.headers["Cache-Control"]
    assert secret not in admin_client.get(publish(coffee)).content.decode()
    admin_client.post(publish(coffee, "identity/"), {"do": "make"})
    coffee.refresh_from_db()
    assert coffee.identity_secret != secret
    admin_client.post(publish(coffee, "identity/"), {"do": "forget"})
    coffee.refresh_from_db()
    assert coffee.identity_secret == ""


@pytest.mark.parametrize(("name", "secret", "websites"), [("viewer", 403, 403), ("editor", 403, 302), ("admin", 200, 302)])
def test_roles_on_the_publish_page(coffee: Scenario, acme: Workspace, name: str, secret: int, websites: int) -> None:
    client = role(acme, name)
    body = client.get(publish(coffee)).content.decode()
    assert ("Make a secret" in body) is (secret == 200) and ("Save websites" in body) is (websites == 302)
    assert client.post(publish(coffee), {"allowed_origins": "https://a.example", "edition": 0}).status_code == websites
    assert client.post(publish(coffee, "identity/"), {"do": "make"}).status_code == secret
    assert client.get(publish(coffee, "identity/")).status_code == 405
    coffee.refresh_from_db()
    assert bool(coffee.identity_secret) is (secret == 200)
