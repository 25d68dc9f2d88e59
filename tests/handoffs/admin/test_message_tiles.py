"""Every kind of tile saved and read back, and everything that is refused beside its field."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from handoffs.models import Block, Handoff, MessageTemplate, Picture, Scenario
from tests.handoffs.admin.conftest import client_of, make_handoff
from tests.handoffs.admin.test_message import ADD, LIST, add, message_errors, prices, tile_errors, typed

__all__ = ["prices"]

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def upload(content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile("cup.png", content, "image/png")


def make_picture(scenario: Scenario, name: str = "cup.png") -> Picture:
    return Picture.objects.create(scenario=scenario, name=name, type="image/png", content=PNG, width=1, height=1)


def save_again(client: Client, template: MessageTemplate, **changes: Any) -> Any:
    """The page sent back as it is shown, but for ``changes``."""
    address = f"{LIST}{template.pk}/change/"
    return client.post(address, {**as_shown(client, template), **changes})


def as_shown(client: Client, template: MessageTemplate) -> dict[str, Any]:
    page: Any = client.get(f"{LIST}{template.pk}/change/")
    formset = page.context["inline_admin_formsets"][0].formset
    forms = [page.context["adminform"].form, formset.management_form, *formset.forms]
    return {field.html_name: field.value() for form in forms for field in form if field.value() is not None}


def tile(template: MessageTemplate) -> Block:
    return template.blocks.get()


# --- Each kind, saved and read back -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ({"kind": "text", "text": "Hello"}, {"text": "Hello"}),
        ({"kind": "end", "text": "Bye"}, {"text": "Bye"}),
        (
            {"kind": "form", "text": "Who?", "fields": "user.email* : email : E-mail\nuser.size : select : Size : Small | Large"},
            {
                "text": "Who?",
                "fields": [
                    {"attribute": "user.email", "label": "E-mail", "type": "email", "required": True, "options": []},
                    {"attribute": "user.size", "label": "Size", "type": "select", "required": False, "options": ["Small", "Large"]},
                ],
            },
        ),
        (
            {"kind": "buttons", "buttons": "Map -> https://example.com/map\nMail -> mailto:a@example.com\nCall -> tel:+4412"},
            {
                "buttons": [
                    {"label": "Map", "leads_to": None, "href": "https://example.com/map"},
                    {"label": "Mail", "leads_to": None, "href": "mailto:a@example.com"},
                    {"label": "Call", "leads_to": None, "href": "tel:+4412"},
                ]
            },
        ),
    ],
)
def test_a_tile_is_kept_and_saved_again_as_it_is_shown(
    admin_client: Client, coffee: Scenario, form: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert add(admin_client, coffee, form).status_code == 302
    template = MessageTemplate.objects.get()
    before: dict[str, Any] = {**Block.objects.values().get()}
    assert {name: before[name] for name in kept} == kept
    assert save_again(admin_client, template).status_code == 302
    assert Block.objects.values().get() == before


def test_a_button_may_keep_a_value_and_lead_on(admin_client: Client, coffee: Scenario, prices: MessageTemplate) -> None:
    add(admin_client, coffee, {"kind": "buttons", "buttons": "Gold = user.plan: gold\nSilver = user.plan: silver: 2 -> Prices"})
    template = MessageTemplate.objects.get(name="Hello")
    stored = [
        {"label": "Gold", "leads_to": None, "attribute": "user.plan", "value": "gold"},
        {"label": "Silver", "leads_to": prices.pk, "attribute": "user.plan", "value": "silver: 2"},
    ]
    assert tile(template).buttons == stored
    assert save_again(admin_client, template).status_code == 302
    assert tile(template).buttons == stored


def test_a_form_leads_to_a_message_of_its_own_scenario_only(
    admin_client: Client, coffee: Scenario, tea: Scenario, prices: MessageTemplate
) -> None:
    strange = MessageTemplate.objects.create(scenario=tea, name="Darjeeling")
    form = {"kind": "form", "fields": "user.email : email : E-mail"}
    refused = add(admin_client, coffee, {**form, "leads_to": strange.pk})
    assert "not one of the available choices" in tile_errors(refused, "leads_to") and "Darjeeling" not in refused.content.decode()
    add(admin_client, coffee, {**form, "leads_to": prices.pk})
    assert Block.objects.get().leads_to == prices
    assert "tile “Form”" in admin_client.get(f"{LIST}{prices.pk}/delete/").content.decode()


# --- Images -------------------------------------------------------------------------------------------------------------------------------


def test_an_image_is_uploaded_once_and_chosen_again(admin_client: Client, coffee: Scenario) -> None:
    assert add(admin_client, coffee, {"kind": "image", "picture_upload": upload(), "alt_text": "A cup"}).status_code == 302
    template, picture = MessageTemplate.objects.get(), Picture.objects.get()
    assert (tile(template).picture, tile(template).alt_text, picture.scenario) == (picture, "A cup", coffee)
    assert save_again(admin_client, template, **{"blocks-0-alt_text": "A red cup"}).status_code == 302
    assert (tile(template).picture, tile(template).alt_text) == (picture, "A red cup")
    assert Picture.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "field", "complaint"),
    [
        ({"alt_text": "A cup"}, "picture_upload", "Choose one, or upload one."),
        ({"alt_text": "A cup", "picture_upload": upload(b"no picture")}, "picture_upload", "Take a PNG, JPEG, GIF or WebP."),
        ({"picture_upload": upload()}, "alt_text", "Say what the image shows"),
        ({"picture_upload": upload(), "alt_text": "x" * 301}, "alt_text", "at most 300 characters"),
    ],
)
def test_an_image_that_is_not_complete_is_refused(
    admin_client: Client, coffee: Scenario, form: dict[str, Any], field: str, complaint: str
) -> None:
    if "picture_upload" in form:
        form["picture_upload"].seek(0)
    page = add(admin_client, coffee, {"kind": "image", **form})
    assert complaint in tile_errors(page, field)
    assert not Block.objects.exists()
    # The file was fine: it need not be chosen again.
    assert (
        Picture.objects.exists()
        == ("which you chose before" in page.content.decode())
        == (field == "alt_text" and "picture_upload" in form)
    )


def test_a_strangers_picture_is_not_offered_and_not_taken(admin_client: Client, coffee: Scenario, tea: Scenario) -> None:
    own, strange = make_picture(coffee), make_picture(tea, "secret.png")
    body = admin_client.get(f"{ADD}?scenario={coffee.pk}").content.decode()
    assert str(own.pk) in body and str(strange.pk) not in body and "secret.png" not in body
    response = add(admin_client, coffee, {"kind": "image", "picture": str(strange.pk), "alt_text": "A cup"})
    assert "not one of the available choices" in tile_errors(response, "picture")


def test_the_hidden_desk_of_preview_is_no_handoff_to_choose(admin_client: Client, coffee: Scenario) -> None:
    hidden = make_handoff(coffee, "Pretend desk")
    Handoff.objects.update(rehearsal=True)
    assert "Pretend desk" not in admin_client.get(f"{ADD}?scenario={coffee.pk}").content.decode()
    response = add(admin_client, coffee, {"kind": "handover", "handoff": str(hidden.pk)})
    assert "not one of the available choices" in tile_errors(response, "handoff")


# --- Another kind -------------------------------------------------------------------------------------------------------------------------

EMPTY: dict[str, Any] = {
    "text": "",
    "buttons": [],
    "picture": None,
    "alt_text": "",
    "fields": [],
    "leads_to": None,
    "handoff": None,
    "endings": {},
}


@pytest.mark.parametrize("kind", ["text", "image", "buttons", "form", "handover", "end"])
def test_a_tile_that_became_another_kind_keeps_nothing_of_its_old_one(
    admin_client: Client, coffee: Scenario, prices: MessageTemplate, support: Handoff, kind: str
) -> None:
    """Everything is sent along, whatever the kind."""
    picture = make_picture(coffee)
    everything = {
        "text": "Hi",
        "buttons": "Cost -> Prices",
        "picture": str(picture.pk),
        "alt_text": "A cup",
        "fields": "user.email : email : E-mail",
        "leads_to": prices.pk,
        "handoff": str(support.pk),
        "waiting_text": "Wait",
        "joined_text": "Joined",
        "return_text": "Back",
        "fallback_text": "Nobody",
        "resolved_text": "Done",
        "resolved_leads_to": prices.pk,
    }
    own: dict[str, dict[str, Any]] = {
        "text": {"text": "Hi"},
        "end": {"text": "Hi"},
        "image": {"text": "Hi", "picture": picture.pk, "alt_text": "A cup"},
        "buttons": {"text": "Hi", "buttons": [{"label": "Cost", "leads_to": prices.pk}]},
        "form": {
            "text": "Hi",
            "leads_to": prices.pk,
            "fields": [{"attribute": "user.email", "label": "E-mail", "type": "email", "required": False, "options": []}],
        },
        "handover": {
            "text": "Hi",
            "handoff": support.pk,
            "waiting_text": "Wait",
            "joined_text": "Joined",
            "return_text": "Back",
            "fallback_text": "Nobody",
            "endings": {"resolved": {"text": "Done", "leads_to": prices.pk}},
        },
    }
    template = MessageTemplate.objects.create(scenario=coffee, name="Hello", when="welcome")
    other = "end" if kind == "text" else "text"
    block = Block.objects.create(template=template, kind=other, text="old")
    changed = {"id": block.pk, "template": template.pk, "position": 0, "kind": kind, **everything}
    assert admin_client.post(f"{LIST}{template.pk}/change/", typed(changed, stored=1)).status_code == 302
    texts = dict.fromkeys(["waiting_text", "joined_text", "return_text", "fallback_text"], "")
    expected = {**EMPTY, **texts, **own[kind]}
    assert Block.objects.values(*expected).get(pk=block.pk) == expected


# --- Lines that are not right -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Map -> javascript:alert(1)", "The link of “Map” is none that can be opened. Begin it with https://, mailto: or tel:"),
        ("Map -> data:text/html,x", "is none that can be opened"),
        ("Map -> ftp://example.com", "is none that can be opened"),
        ("Map -> //example.com", "is none that can be opened"),
        ("Map -> www.example.com", "is none that can be opened"),
        ("Map -> https://exa mple.com", "is none that can be opened"),
        ("Map -> https://shop.example@evil.example/", "has a name before its host"),
        ("Map -> https://[::1", "has no host that can be read"),
        ("Gold = user.plan: gold -> https://example.com", "“Gold” keeps a value, so it cannot open a link."),
        ("Gold = 1plan: gold", "“1plan” is not an attribute. Write it like: user.plan."),
        ("Gold = handover.reason: x", "“handover.reason” is kept by Handoff itself."),
        ("Gold = user.verified: x", "“user.verified” is kept by Handoff itself."),
        ("Gold = user: x", "“user” is kept by Handoff itself."),
        ("Gold = user.plan: " + "x" * 1001, "is 1001 characters long; 1000 fit."),
        ("\n".join(f"{number} -> Prices" for number in range(14)), "A tile has room for 13 buttons; these are 14."),
    ],
)
def test_a_button_that_is_not_right_says_what_to_write(
    admin_client: Client, coffee: Scenario, prices: MessageTemplate, line: str, complaint: str
) -> None:
    assert complaint in tile_errors(add(admin_client, coffee, {"kind": "buttons", "buttons": line}), "buttons")
    assert not Block.objects.exists()


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("", "A form tile needs at least one field."),
        ("user.email", "“user.email” is not complete. Write it like: user.email* : email : Your e-mail."),
        ("user.email : email :", "is not complete"),
        ("user.email : mail : E-mail", "“mail” is not a type of field. Take one of text, email, phone, number, long, select."),
        ("e-mail! : email : E-mail", "“e-mail!” is not an attribute. Write it like: user.plan."),
        ("user.id : text : Id", "“user.id” is kept by Handoff itself."),
        ("page.url : text : Page", "is kept by Handoff itself"),
        ("user.a : text : " + "x" * 81, "is 81 characters long; 80 fit."),
        ("user.size : select : Size", "“Size” has nothing to choose from."),
        ("user.size : select : Size : |", "“Size” has nothing to choose from."),
        ("user.size : select : Size : " + "x" * 201, "is 201 characters long; 200 fit."),
        ("user.size : select : Size : " + " | ".join(map(str, range(51))), "“Size” has 51 options; 50 fit."),
        ("user.size : text : Size : a | b", "is of type text and has no options; only select has."),
        ("user.a : text : A\nuser.a* : text : B", "“user.a” is asked for twice: it keeps one answer."),
        ("a : text : A\na.b : text : B", "“a.b” cannot be kept: “a” is a value itself"),
        ("\n".join(f"user.a{number} : text : A" for number in range(11)), "A form has room for 10 fields; these are 11."),
        ("user.a\x00 : text : A", "Null characters are not allowed."),
    ],
)
def test_a_field_that_is_not_right_says_what_to_write(admin_client: Client, coffee: Scenario, lines: str, complaint: str) -> None:
    response = add(admin_client, coffee, {"kind": "form", "text": "Who?", "fields": lines})
    assert complaint in tile_errors(response, "fields")
    assert not Block.objects.exists()
    assert "Who?</textarea>" in response.content.decode()


def test_stored_lists_that_cannot_be_read_still_show_the_page(admin_client: Client, coffee: Scenario) -> None:
    junk = [{"leads_to": "x"}, 7, {"options": [1]}]
    template = MessageTemplate.objects.create(scenario=coffee, name="Odd", conditions=[{"attribute": "a"}, 3])
    for kind in ("buttons", "form"):
        Block.objects.create(template=template, kind=kind, buttons=junk, fields=junk, endings=["x"])
    viewer = client_of("viewer")
    for client in (admin_client, viewer):
        assert client.get(f"{LIST}{template.pk}/change/").status_code == 200
        assert client.get(LIST).status_code == 200


# --- The message --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("when", "kept"), [("returned", ["resolved", "desk_lost"]), ("failed", []), ("welcome", [])])
def test_reasons_are_kept_for_messages_after_the_humans_only(admin_client: Client, coffee: Scenario, when: str, kept: list[str]) -> None:
    assert add(admin_client, coffee, when=when, reasons=["resolved", "desk_lost"]).status_code == 302
    assert MessageTemplate.objects.get().reasons == kept


def test_a_reason_that_is_none_is_refused(admin_client: Client, coffee: Scenario) -> None:
    assert "bored is not one of the available" in message_errors(add(admin_client, coffee, when="returned", reasons=["bored"]), "reasons")


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unasked(admin_client: Client, coffee: Scenario) -> None:
    """Only a tile is changed, by either."""
    template = MessageTemplate.objects.create(scenario=coffee, name="Hello", when="welcome")
    Block.objects.create(template=template, text="first")
    mine = as_shown(admin_client, template)
    assert save_again(admin_client, template, **{"blocks-0-text": "theirs"}).status_code == 302
    address = f"{LIST}{template.pk}/change/"
    refused = admin_client.post(address, {**mine, "blocks-0-text": "mine"})
    body = refused.content.decode()
    assert "saved this after you had opened it" in body and "mine</textarea>" in body and tile(template).text == "theirs"
    newer = refused.context["adminform"].form["edition"].value()
    assert f'name="edition" value="{newer}"' in body
    assert admin_client.post(address, {**mine, "edition": newer, "blocks-0-text": "mine"}).status_code == 302
    assert tile(template).text == "mine"


def test_who_may_only_look_reads_words_instead_of_json(coffee: Scenario, prices: MessageTemplate) -> None:
    template = MessageTemplate.objects.create(scenario=coffee, name="Hello", when="returned", reasons=["resolved"])
    Block.objects.create(template=template, kind="buttons", buttons=[{"label": "Cost", "leads_to": prices.pk}])
    Block.objects.create(template=template, kind="form", fields=[{"attribute": "user.email", "label": "E-mail", "type": "email"}])
    Block.objects.create(template=template, kind="handover", endings={"resolved": {"text": "Bye", "leads_to": prices.pk}})
    body = client_of("viewer").get(f"{LIST}{template.pk}/change/").content.decode()
    for words in ("Cost -&gt; Prices", "user.email : email : E-mail", "Resolved at the desk: Bye (then Prices)"):
        assert f"<div>{words}</div>" in body
    assert "leads_to" not in body.replace("field-leads_to", "")


def test_a_message_has_room_for_two_hundred_tiles(admin_client: Client, coffee: Scenario) -> None:
    assert add(admin_client, coffee, *({"kind": "text", "text": str(number)} for number in range(200))).status_code == 302
    assert Block.objects.count() == 200
    page = add(admin_client, coffee, *({"kind": "text", "text": str(number)} for number in range(201)), name="More")
    assert "A message has room for 200 tiles." in page.content.decode()
