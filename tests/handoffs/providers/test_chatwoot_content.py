"""What agents send that is to be filled in or looked at: bounded, and with no link but those a page may follow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handoffs.providers.chatwoot.content import MOST_CARDS, MOST_FIELDS, MOST_OPTIONS, control_of, words_of
from handoffs.providers.chatwoot.files import MOST_FILES, files_of, lines_of


def control(content_type: str, items: object, **attributes: Any) -> Any:
    return control_of({"content_type": content_type, "content_attributes": {"items": items, **attributes}})


JUNK = [None, True, 7, "x", [], [[]], {}, {"items": []}, [None, 1, "x", {}], [{"title": None, "name": 7, "link": [], "actions": {}}]]


@pytest.mark.parametrize("items", JUNK, ids=repr)
@pytest.mark.parametrize("content_type", ["input_select", "cards", "form", "article", "text", "", "unknown"])
def test_a_control_of_nonsense_is_none(content_type: str, items: object) -> None:
    assert control(content_type, items) is None


@pytest.mark.parametrize("content_type", [None, 7, [], {}, True])
def test_a_content_type_that_is_none_has_no_control(content_type: object) -> None:
    assert control_of({"content_type": content_type, "content_attributes": {"items": [{"title": "x"}]}}) is None


@pytest.mark.parametrize(
    "href", ["https://example.com/a?b=c", "http://example.com", "mailto:shop@example.com", "tel:+31612345678"], ids=lambda href: href[:6]
)
def test_links_a_page_may_follow_are_kept_as_they_are(href: str) -> None:
    assert control("article", [{"title": "T", "link": href}])["articles"][0]["href"] == href
    (card,) = control("cards", [{"actions": [{"type": "link", "text": "Go", "uri": href}]}])["cards"]
    assert card["actions"] == [{"kind": "link", "text": "Go", "href": href}]


BAD_LINKS = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", "data:text/html,x", "vbscript:x",
    "file:///etc/passwd", "//example.com", "/relative", "example.com", "https://", "https:///x", "http://[", "mailto:", "tel:", "https:x",
    "https://example.com/a b", 'https://example.com/"onclick="x', "https://example.com/<b>", "https://example.com/\u2028x", "\ud800https://x",
    "https://bank.example@evil.example/", "https://a:b@evil.example/",
    "https://example.com/" + "x" * 3000, 7, None, ["https://example.com"], {"href": "https://example.com"}, True,
]  # fmt: skip


@pytest.mark.parametrize("href", BAD_LINKS, ids=lambda href: repr(href)[:24])
def test_every_other_link_is_left_out(href: object) -> None:
    assert control("article", [{"title": "T", "link": href}]) is None
    card = {"title": "T", "media_url": href, "actions": [{"type": "link", "text": "Go", "uri": href}]}
    assert control("cards", [card])["cards"] == [{"title": "T", "description": "", "image": None, "actions": []}]


@pytest.mark.parametrize("image", ["mailto:a@example.com", "tel:+31"])
def test_an_image_is_at_a_web_address(image: str) -> None:
    assert control("cards", [{"title": "T", "media_url": image}])["cards"][0]["image"] is None


def test_counts_and_lengths_are_bounded() -> None:
    many = range(1000)
    assert len(control("input_select", [{"title": str(number), "value": str(number)} for number in many])["options"]) == MOST_OPTIONS
    assert len(control("form", [{"name": str(number)} for number in many])["fields"]) == MOST_FIELDS
    assert len(control("article", [{"link": f"https://example.com/{number}"} for number in many])["articles"]) == MOST_CARDS
    long = "x" * 100_000
    cards = control("cards", [{"title": long, "description": long, "actions": [{"type": "postback", "text": long}] * 1000} for _ in many])
    assert len(cards["cards"]) == MOST_CARDS
    assert len(json.dumps(cards)) < 120_000


def test_options_have_different_values_of_one_line_that_are_not_cut() -> None:
    given = [
        {"title": "A\0\nB"},
        {"title": "again", "value": "A B"},
        {"title": "long", "value": "x" * 2000},
        {"title": "odd", "value": " y"},
    ]
    assert control("input_select", given)["options"] == [{"title": "A B", "value": "A B"}]


@pytest.mark.parametrize(("display", "scale"), [("star", "stars"), ("emoji", "faces"), (None, "faces"), (["star"], "faces")])
def test_a_rating_has_the_scale_the_admin_chose(display: object, scale: str) -> None:
    assert control("input_csat", [], display_type=display) == {"kind": "rating", "scale": scale}


SURVEY = "https://chat.acme.test/survey/responses/0a1b2c3d-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"Please rate this conversation, {SURVEY}", "Please rate this conversation"),
        (f"Rate us: {SURVEY} ", "Rate us"),
        (f"{SURVEY}", "Please rate this conversation"),
        (f"Rate {SURVEY} please!", "Rate  please!"),
        ("Please rate us?", "Please rate us?"),
        ("See https://example.com/survey/other", "See https://example.com/survey/other"),
        (None, "Please rate this conversation"),
    ],
)
def test_a_survey_we_show_ourselves_has_no_link(content: object, words: str) -> None:
    message = {"content_type": "input_csat", "content": content}
    assert words_of(message, control_of(message)) == words


def test_a_text_that_is_nearly_a_survey_link_many_times_is_read_at_once() -> None:
    words = "https://a/survey/responses" * 5000
    assert words_of({"content_type": "input_csat", "content": words}, {"kind": "rating"}) == words


def test_a_survey_link_in_an_ordinary_message_stays() -> None:
    assert words_of({"content_type": "text", "content": SURVEY}, None) == SURVEY


# --- attachments ------------------------------------------------------------------------------------------------------------------------


def attached(**attachment: Any) -> dict[str, Any]:
    return {"attachments": [{"file_type": "file", "data_url": "https://example.com/a.pdf"} | attachment]}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.pdf", "a.pdf"),
        ("a%2Fb%5Cc.pdf", "a_b_c.pdf"),
        ("%0d%0aX:y.pdf", "X:y.pdf"),
        ("", ""),
        ("%00%ff.pdf", "\ufffd.pdf"),
        ("..", ""),
        (".htaccess", "htaccess"),
    ],
)
def test_a_file_is_named_by_the_end_of_its_address_on_one_line(path: str, name: str) -> None:
    (file,) = files_of(attached(data_url=f"https://example.com/signed/{path}?x=y/z.exe"))
    assert file.name == name


@pytest.mark.parametrize(("size", "told"), [(0, 0), (5, 5), (-1, None), (True, None), ("5", None), (1.5, None), (None, None)])
def test_a_size_is_a_count_of_bytes(size: object, told: int | None) -> None:
    assert files_of(attached(file_size=size))[0].size == told


@pytest.mark.parametrize("claimed", ["", "x", "text/html; charset=utf-8", "a/b/c", "text/html\n", 7, None, "a/" + "b" * 99])
def test_a_type_that_is_none_is_empty(claimed: object) -> None:
    assert files_of(attached(content_type=claimed))[0].type == ""


@pytest.mark.parametrize("address", [*BAD_LINKS, "mailto:a@example.com"], ids=lambda address: repr(address)[:24])
def test_a_file_at_no_web_address_is_none(address: object) -> None:
    assert files_of(attached(data_url=address)) == ()
    assert lines_of(attached(data_url=address, file_type="embed")) == []


@pytest.mark.parametrize("attachments", [None, 7, "x", {}, [None], ["x"], [[]], [{}]], ids=repr)
def test_attachments_of_nonsense_are_none(attachments: object) -> None:
    assert (files_of({"attachments": attachments}), lines_of({"attachments": attachments})) == ((), [])


def test_so_many_files_and_no_more() -> None:
    assert len(files_of({"attachments": attached()["attachments"] * 1000})) == MOST_FILES


@pytest.mark.parametrize(
    "place", [(91, 0), (0, 181), (True, 0), ("52", 5), (None, None), (float("nan"), 0), (0, float("inf")), (10**400, 0)]
)
def test_a_place_that_is_none_has_no_map(place: tuple[object, object]) -> None:
    latitude, longitude = place
    card = attached(file_type="location", coordinates_lat=latitude, coordinates_long=longitude, fallback_title="Here\nand there")
    assert lines_of(card) == ["Here and there"]


def test_a_place_without_a_name_is_its_map() -> None:
    card = attached(file_type="location", coordinates_lat=-1, coordinates_long=2.5, fallback_title=None)
    assert lines_of(card) == ["https://www.openstreetmap.org/?mlat=-1.000000&mlon=2.500000"]
