from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoffs.models import Block, Handoff, InterfaceSettings, MessageTemplate, Picture, Scenario, Transfer, Workspace
from handoffs.portable import write
from handoffs.portable.place import LARGEST, Fault, Place
from handoffs.portable.read import checked, read
from handoffs.portable.store import store
from handoffs.script import Operator
from tests import corpus, samples

SECRETS = ("token-of-the-bridge", "secret-of-the-inbox", "secret-of-the-shop")
# All tables that storing writes to.
TABLES = (Scenario, MessageTemplate, Block, Handoff, Picture)


@pytest.fixture
def full(scenario: Scenario) -> Scenario:
    """The demo with everything a scenario can have."""
    logo = Picture.objects.create(scenario=scenario, name="logo.png", type="image/png", content=samples.picture("PNG"), width=8, height=4)
    photo = Picture.objects.create(scenario=scenario, name="p.jpg", type="image/jpeg", content=samples.picture("JPEG"), width=8, height=4)
    scenario.interface.logo, scenario.interface.bot_avatar, scenario.interface.accent = logo, photo, "#1f6f54"
    scenario.interface.allowed_origins = "https://shop.example\nhttps://www.shop.example"
    scenario.interface.save()
    scenario.identity_secret = SECRETS[2]
    scenario.save()
    welcome = scenario.templates.get(name="Welcome")
    back = scenario.templates.create(name="Back", when="returned", reasons=["resolved", "given_back"], position=60)
    tiles: list[dict[str, Any]] = [
        {"kind": "image", "picture": photo, "alt_text": "A cup", "text": "Our cup"},
        {
            "kind": "buttons",
            "text": "And now?",
            "buttons": [
                {"label": "Again", "leads_to": welcome.pk},
                {"label": "Site", "href": "https://shop.example/x"},
                {"label": "Pro", "attribute": "user.plan", "value": "pro", "leads_to": welcome.pk},
                {"label": "Free", "attribute": "user.plan", "value": "free", "leads_to": None},
                {"label": "Lost", "leads_to": 10**9},
            ],
        },
        {
            "kind": "form",
            "text": "Tell us",
            "leads_to": welcome,
            "fields": [
                {"attribute": "user.size", "label": "Size", "type": "select", "required": True, "options": ["S", "L"]},
                {"attribute": "user.email", "label": "Mail", "type": "email", "required": False, "options": []},
            ],
        },
        {"kind": "end", "text": ""},
    ]
    for position, tile in enumerate(tiles):
        back.blocks.create(position=position, **tile)
    ending = {"visitor_ended": {"text": "", "leads_to": welcome.pk}}
    Block.objects.filter(kind="handover").update(endings=ending)
    scenario.handoffs.create(name="Rehearsal", account_id=1, inbox_id=99, rehearsal=True)
    return scenario


@pytest.fixture
def elsewhere(db: None) -> Workspace:
    return Workspace.objects.create(slug="elsewhere", name="Elsewhere")


def exported(scenario: Scenario) -> dict[str, Any]:
    fresh = Scenario.objects.get(pk=scenario.pk)
    return json.loads(write.as_bytes(fresh))  # type: ignore[no-any-return]


def imported(file: dict[str, Any], workspace: Workspace, **more: Any) -> Scenario:
    return store(read(json.dumps(file).encode()), workspace, **{"with_handoffs": True, **more})


def fault_of(file: Any) -> str:
    raw = file if isinstance(file, bytes) else json.dumps(file).encode()
    with pytest.raises(Fault) as caught:
        read(raw)
    return str(caught.value)


# --- There and back -----------------------------------------------------------------------------------------------------------------------


def test_what_is_exported_and_imported_is_exported_the_same(full: Scenario, elsewhere: Workspace) -> None:
    file = exported(full)
    again = imported(file, elsewhere)
    assert exported(again) == file
    assert exported(imported(exported(again), elsewhere)) == file


def test_what_was_imported_says_the_same(full: Scenario, elsewhere: Workspace) -> None:
    again = imported(exported(full), elsewhere)
    names = [[template.name for template in each.script().templates] for each in (full, again)]
    assert names[0] == names[1]
    welcome = again.templates.get(name="Welcome")
    buttons = again.templates.get(name="Back").blocks.get(kind="buttons").buttons
    assert buttons[0] == {"label": "Again", "leads_to": welcome.pk} and buttons[1] == {"label": "Site", "href": "https://shop.example/x"}
    handover = again.templates.get(name="Talk to a human").blocks.get()
    assert handover.handoff == again.handoffs.get()
    assert handover.endings == {"visitor_ended": {"text": "", "leads_to": welcome.pk}}


def test_it_comes_as_a_draft_with_a_key_of_its_own_and_without_secrets(full: Scenario, elsewhere: Workspace) -> None:
    file = exported(full)
    again = imported(file, elsewhere)
    assert again.state == "draft" and again.key != full.key and not again.identity_secret
    (handoff,) = again.handoffs.all()
    assert (handoff.active, handoff.access_token, handoff.webhook_secret) == (False, "", "")
    assert not any(secret in json.dumps(file) for secret in SECRETS)
    assert full.key not in {file["name"], *file} and "identity" not in json.dumps(file)


def test_there_are_no_database_ids_in_it(full: Scenario, elsewhere: Workspace) -> None:
    """Two scenarios alike make the same file, whatever their rows are called."""
    one, other = imported(exported(full), elsewhere), imported(exported(full), elsewhere)
    assert one.pk != other.pk and write.as_bytes(one) == write.as_bytes(other)


def test_without_the_right_to_add_handoffs_the_tiles_name_none(full: Scenario, elsewhere: Workspace) -> None:
    again = imported(exported(full), elsewhere, with_handoffs=False, name="Mine")
    assert again.name == "Mine" and not again.handoffs.exists()
    assert Block.objects.get(template__scenario=again, kind="handover").handoff is None


def test_a_picture_from_elsewhere_is_drawn_anew(full: Scenario, elsewhere: Workspace) -> None:
    file = exported(full)
    Picture.objects.all().delete()
    hidden = samples.photo()
    file["pictures"][0]["content"] = base64.b64encode(hidden).decode()
    kept = imported(file, elsewhere).interface.logo
    assert kept is not None and b"the maker" in hidden and b"the maker" not in bytes(kept.content)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40)
NAME = LINE.filter(str.strip)
PATHS = st.from_regex(r"[a-z][a-z_]{0,8}(\.[a-z]{1,8})?", fullmatch=True)
BEYOND = (Operator.GREATER, Operator.LESS)
NAMES = st.lists(NAME, min_size=1, max_size=5, unique=True)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(NAMES)
    handoffs = [f"handoff {number}" for number in range(1, draw(st.integers(0, 3)) + 1)]
    goal, desk = st.sampled_from([None, *names]), st.sampled_from([None, *handoffs])
    button = st.one_of(
        st.fixed_dictionaries({"label": LINE, "leads_to": goal}),
        st.fixed_dictionaries({"label": LINE, "href": st.sampled_from(["https://a.example/x", "mailto:a@b.example"])}),
        st.fixed_dictionaries({"label": LINE, "attribute": PATHS, "value": LINE, "leads_to": goal}),
    )
    field = st.fixed_dictionaries(
        {"attribute": PATHS, "label": NAME, "type": st.sampled_from(["text", "email"]), "required": st.booleans(), "options": st.just([])}
    )
    ending = st.fixed_dictionaries({"text": TEXT, "leads_to": goal})
    tile = st.one_of(
        st.fixed_dictionaries({"kind": st.sampled_from(["text", "end"]), "text": TEXT}),
        st.fixed_dictionaries({"kind": st.just("buttons"), "text": TEXT, "buttons": st.lists(button, max_size=3)}),
        st.fixed_dictionaries(
            {
                "kind": st.just("form"),
                "text": TEXT,
                "leads_to": goal,
                "fields": st.lists(field, max_size=2, unique_by=lambda f: f["attribute"].split(".")[0]),
            }
        ),
        st.fixed_dictionaries(
            {
                "kind": st.just("handover"),
                "handoff": desk,
                "text": TEXT,
                "endings": st.dictionaries(st.sampled_from(Transfer.Reason.values), ending),
            }
        ),
    )
    condition = st.one_of(
        st.fixed_dictionaries(
            {"attribute": PATHS, "operator": st.sampled_from([each.value for each in Operator if each not in BEYOND]), "value": LINE}
        ),
        st.fixed_dictionaries(
            {
                "attribute": PATHS,
                "operator": st.sampled_from([each.value for each in BEYOND]),
                "value": st.integers(-(10**6), 10**6).map(str),
            }
        ),
    )
    message = st.fixed_dictionaries(
        {
            "when": st.sampled_from(MessageTemplate.When.values),
            "phrases": st.lists(NAME, max_size=3),
            "reasons": st.lists(st.sampled_from(Transfer.Reason.values), max_size=2, unique=True),
            "conditions": st.lists(condition, max_size=2),
            "tiles": st.lists(tile, max_size=3),
        }
    )
    return {
        "format": "handoff scenario",
        "version": 1,
        "name": draw(NAME),
        "interface": {"title": draw(NAME), "accent": draw(st.sampled_from(["", "#0a0b0c"])), "may_end": draw(st.booleans())},
        "messages": [{"name": name, **draw(message)} for name in names],
        "handoffs": [{"id": each, "name": draw(NAME), "account_id": draw(st.integers(0, 2**63 - 1)), "inbox_id": 1} for each in handoffs],
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=files())
def test_every_scenario_survives_the_journey(elsewhere: Workspace, file: dict[str, Any]) -> None:
    first = exported(imported(file, elsewhere))
    assert exported(imported(first, elsewhere)) == first
    assert [each["name"] for each in first["messages"]] == [each["name"] for each in file["messages"]]


# --- A bad file ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        (("messages", 1, "tiles", 0, "buttons", 1, "leads_to"), "Orderz", "messages[1].tiles[0].buttons[1].leads_to: there is no message"),
        (("messages", 0, "tiles", 0, "buttons", 0, "leads_to"), 7, "tiles[0].buttons[0].leads_to: must be text, and is a whole number."),
        (("messages", 0, "tiles", 0, "buttons", 0, "leads_to"), [7], "tiles[0].buttons[0].leads_to: must be text, and is a list."),
        (("messages", 0, "tilez"), [], "messages[0].tilez: there is no such field; did you mean “tiles”?"),
        (("messages", 0, "tiles", 0, "handoff"), "handoff 1", "messages[0].tiles[0].handoff: there is no such field."),
        (("messages", 0, "tiles", 0, "kind"), "video", "tiles[0].kind: “video” is none of: text, image, buttons, form, handover, end."),
        (("messages", 0, "name"), "Orders", "“Orders” is there twice."),
        (("messages", 0, "name"), " ", "messages[0].name: must not be empty."),
        (("messages", 0, "when"), "sometimes", "messages[0].when: Value 'sometimes' is not a valid choice."),
        (("messages", 0, "phrases"), "hello", "messages[0].phrases: must be a list, and is text."),
        (("messages", 0, "phrases"), ["a\nb"], "messages[0].phrases[0]: must be one line."),
        (("messages", 0, "conditions", 0, "operator"), "like", "messages[0].conditions[0].operator: “like” is none of: equals"),
        (("messages", 0, "conditions", 0, "attribute"), "a b", "“a b” is not an attribute. Write it like: user.plan."),
        (("messages", 0, "tiles", 0, "text"), "x" * 8001, "messages[0].tiles[0].text: has 8001 characters; 8000 is the most."),
        (("messages", 0, "tiles", 0, "text"), "a\x00", "messages[0].tiles[0].text: has characters that no text can have."),
        (("messages", 0, "tiles", 0, "text"), "a\ud800", "messages[0].tiles[0].text: has characters that no text can have."),
        (("messages", 0, "tiles", 0, "buttons"), [{"label": "x", "href": "javascript:alert(1)"}], "buttons[0].href: is not a link."),
        (("messages", 0, "tiles", 0, "buttons"), [{"label": "x", "href": "https://a@b.example"}], "The link of “x” has a name before"),
        (("messages", 0, "tiles", 0, "buttons"), [{"label": "x", "href": "https://[/"}], "The link of “x” has no host"),
        (("messages", 0, "tiles", 0, "buttons"), [{"label": "x", "attribute": "user.verified"}], "“user.verified” is kept by"),
        (("messages", 0, "conditions", 0), {"attribute": "a", "operator": "greater", "value": "zz"}, "“zz” is not a number"),
        (("interface", "accent"), "red", "interface.accent: Write a colour like #1f6f54."),
        (("interface", "allowed_origins"), "*", "interface.allowed_origins: “*” is not an origin."),
        (("interface", "logo"), "picture 9", "interface.logo: there is no picture “picture 9”"),
        (("interface", "may_end"), 1, "interface.may_end: must be true or false, and is a whole number."),
        (("handoffs", 0, "account_id"), True, "handoffs[0].account_id: must be a whole number, and is true or false."),
        (("handoffs", 0, "account_id"), 2**70, "handoffs[0].account_id: "),
        (("handoffs", 0, "account_id"), float("nan"), "handoffs[0].account_id: must be a whole number, and is a number with a fraction."),
        (("handoffs", 0, "access_token"), "t", "handoffs[0].access_token: there is no such field."),
        (("handoffs", 0, "domain"), "ftp://x", "handoffs[0].domain: "),
        (("handoffs", 0, "contact_attributes"), "a", "handoffs[0].contact_attributes: “a” is not complete."),
        (("pictures", 0, "content"), "é", "pictures[0].content: is not base64."),
        (("version",), 2, "version: This file was made by a newer Handoff (version 2; this one reads 1). Update this Handoff first."),
        (("version",), "1", "version: must be a whole number, and is text."),
        (("format",), "zip", "This file is not a scenario exported from Handoff."),
        (("state",), "active", "state: there is no such field."),
        (("name",), None, "name: must be text, and is null."),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_the_path_of_the_fault(full: Scenario, place: corpus.Place, value: Any, complaint: str) -> None:
    copy, inner = corpus.opened(exported(full), place)
    inner[place[-1]] = value
    assert complaint in fault_of(copy)


def test_a_picture_that_is_none_is_refused_and_nothing_is_kept(full: Scenario, elsewhere: Workspace) -> None:
    file = exported(full)
    file["pictures"][1]["content"] = "aGVsbG8="
    before = [table.objects.count() for table in TABLES]
    with pytest.raises(Fault, match=r"^pictures\[1\]\.content: This is not a picture"):
        imported(file, elsewhere)
    assert [table.objects.count() for table in TABLES] == before


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"", "This file is not JSON: line 1, column 1."),
        (b"\xff\xfe", "This file is not text in UTF-8."),
        (b"[" * 100_000, "This file is nested too deeply."),
        (b'{"a":' * 100_000, "This file is nested too deeply."),
        (b"9" * 5000, "This file has a number with too many digits."),
        (b"[]", "This file is not a scenario exported from Handoff."),
        (b"{}", "This file is not a scenario exported from Handoff."),
        (b" " * (LARGEST + 1), "This file is larger than 5 MB."),
        (b'{"format": "handoff scenario", "version": 1, "name": "a", "name": "b"}', "name: is there twice."),
    ],
)
def test_what_is_no_such_file_at_all_is_refused(raw: bytes, complaint: str) -> None:
    assert fault_of(raw) == complaint


def test_a_scenario_that_could_not_be_read_again_is_not_exported(full: Scenario) -> None:
    Picture.objects.update(content=bytes(LARGEST))
    with pytest.raises(Fault, match="Make its pictures smaller"):
        write.as_bytes(full)


def test_no_bad_value_anywhere_makes_it_fail(full: Scenario, elsewhere: Workspace) -> None:
    """Each is refused in words, or means something; then it is stored and can be exported again."""
    whole = exported(full)
    kept = {"Back", "Welcome", "Opening hours", "Orders", "Talk to a human"}
    whole["messages"] = [small(each, kept) for each in whole["messages"] if each["name"] in kept]
    accepted: dict[str, bytes] = {}
    for place in corpus.places(whole, []):
        for tried, raw in corpus.spoiled(whole, place):
            outcome = attempt(raw.encode("utf-8", "surrogatepass"))
            if outcome is not None:
                accepted.setdefault(".".join(map(str, place)) + tried[-12:], raw.encode("utf-8", "surrogatepass"))
    for raw in [*accepted.values()][::7]:
        assert json.loads(write.as_bytes(store(read(raw), elsewhere, with_handoffs=True)))


def small(message: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """Without buttons that lead to messages that are left out."""
    for tile in message["tiles"]:
        if "buttons" in tile:
            tile["buttons"] = [button for button in tile["buttons"] if button.get("leads_to") in {None, *kept}]
    return message


def attempt(raw: bytes) -> Any:
    try:
        return read(raw)
    except Fault as fault:
        str(fault).encode()
        assert len(str(fault)) < 500
        return None


def test_a_copy_in_the_same_place_needs_no_file(full: Scenario) -> None:
    copy = store(checked(Place(write.written(full))), full.workspace, name="Copy", with_handoffs=True)
    assert {**exported(copy), "name": full.name} == exported(full)


NOT_IN_FILES = {
    Scenario: {"id", "workspace", "key", "state", "edition", "identity_secret_sealed", "created_at"},
    InterfaceSettings: {"scenario", "edition"},
    MessageTemplate: {"id", "scenario", "edition", "position"},
    Block: {"id", "template", "position"},
    Handoff: {"id", "scenario", "edition", "active", "rehearsal", "access_token_sealed", "webhook_secret_sealed", "created_at"}
    | {"seen_signed_at", "trouble", "failures", "rests_until", "polling_only_since"}
    | {"down_until", "probe_key", "probe_seen_at", "setting_up_until"},
    Picture: {"id", "scenario", "type", "width", "height", "created_at"},
}


def test_every_column_is_in_the_file_or_left_out_on_purpose(full: Scenario) -> None:
    """A new setting that nobody thought of here would be lost on the journey."""
    file = exported(full)
    tiles = {name for message in file["messages"] for tile in message["tiles"] for name in tile}
    in_files = {
        Scenario: {"name"},
        InterfaceSettings: set(file["interface"]),
        MessageTemplate: set(file["messages"][0]) - {"tiles"},
        Block: tiles,
        Handoff: set(file["handoffs"][0]) - {"id"},
        Picture: set(file["pictures"][0]),
    }
    for model, left_out in NOT_IN_FILES.items():
        columns = {field.name for field in model._meta.concrete_fields}
        assert columns - left_out == in_files[model] - {"id"}, model
