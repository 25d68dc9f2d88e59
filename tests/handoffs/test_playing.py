"""Tiles, triggers and explanations, through the verbs of the switchboard."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoffs import bot, introduce, playing, switchboard
from handoffs.controls import Given
from handoffs.models import Author, Block, Conversation, Explanation, Handoff, MessageTemplate, Picture, Transfer
from handoffs.sentences import ENGLISH
from handoffs.switchboard import ButtonRef, FilledIn, Refusal, Words

When, Kind, Reason = MessageTemplate.When, Block.Kind, Transfer.Reason
PREVIEW = Conversation.Desk.REAL


@pytest.fixture
def empty(scenario):
    """A scenario without messages, and with the demo's handoff."""
    scenario.templates.all().delete()
    return scenario


@pytest.fixture
def write(empty):
    """A message of it; each tile a kind and its fields."""

    def make(name, when, *tiles, **more):
        template = empty.templates.create(name=name, when=when, position=empty.templates.count(), **more)
        for position, (kind, fields) in enumerate(tiles):
            template.blocks.create(kind=kind, position=position, **fields)
        return template

    return make


def text(words):
    return Kind.TEXT, {"text": words}


def begin(scenario, **more):
    return switchboard.begin(scenario, "http://testserver", **more)[1]


def say(conversation, words, **more):
    return switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), words, **more)).message


def press(conversation, label):
    offer = conversation.messages.exclude(buttons=[]).order_by("seq").last()
    index = [button["label"] for button in offer.buttons].index(label)
    return say(conversation, label, button=ButtonRef(offer.pk, index))


def fill(conversation, **values):
    asked = conversation.messages.filter(control__isnull=False).order_by("seq").last()
    return say(conversation, "", answer=FilledIn(asked.pk, Given(values=values)))


def said(conversation, author=Author.BOT):
    return [message.text for message in conversation.messages.filter(author=author, revises=None).order_by("seq")]


def context(conversation):
    return Conversation.objects.get(pk=conversation.pk).context


def explained(conversation):
    return [(each.template_name, each.why, each.problem) for each in conversation.explanations.all()]


# --- Image --------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def picture(empty):
    return Picture.objects.create(scenario=empty, name="beans.png", type="image/png", content=b"\x89PNG", width=4, height=3)


def test_an_image_is_said_with_what_it_shows(empty, write, picture):
    write("Beans", When.WELCOME, (Kind.IMAGE, {"picture": picture, "alt_text": "A bag for {user.name|you}"}))
    [message] = begin(empty).messages.all()
    assert message.picture == {"id": str(picture.pk), "key": "demo", "width": 4, "height": 3, "alt": "A bag for you"}
    assert (message.text, introduce.words(message)) == ("", ["(picture: A bag for you)"])


def test_of_an_image_whose_picture_was_deleted_is_said_what_it_showed(empty, write, picture):
    write("Beans", When.WELCOME, (Kind.IMAGE, {"picture": picture, "alt_text": "A bag"}))
    picture.delete()
    conversation = begin(empty, desk=PREVIEW)
    assert said(conversation) == ["A bag"]
    assert "has no picture" in explained(conversation)[0][2]


def test_loading_a_script_reads_no_pictures(empty, write, picture, django_assert_num_queries):
    write("Beans", When.WELCOME, *[(Kind.IMAGE, {"picture": picture, "alt_text": "A bag"})] * 5)
    with django_assert_num_queries(2) as queries:
        empty.script()
    assert not any('"content"' in query["sql"] for query in queries)


# --- Buttons ------------------------------------------------------------------------------------------------------------------------------

OFFERS = [
    {"label": "Shop", "href": "https://shop.example/"},
    {"label": "Pro", "attribute": "user.plan", "value": "pro", "leads_to": None},
    {"label": "Free", "attribute": "user.plan", "value": "free"},
    {"label": "Bad", "href": "javascript:alert(1)"},
    {"label": "Nowhere"},
    "nonsense",
]


@pytest.fixture
def offer(empty, write):
    thanks = write("Free plan", When.BUTTON, text("You are on {user.plan}."))
    OFFERS[2]["leads_to"] = thanks.pk
    write("Plans", When.WELCOME, (Kind.BUTTONS, {"text": "Which?", "buttons": OFFERS}))
    return begin(empty, desk=PREVIEW)


def test_buttons_that_cannot_be_read_are_left_out_and_told(offer):
    assert [button["label"] for button in offer.messages.get().buttons] == ["Shop", "Pro", "Free"]
    assert "A button of “Plans” cannot be read" in explained(offer)[0][2]


def test_a_button_keeps_its_value_and_leads_on(offer):
    press(offer, "Free")
    assert context(offer)["user"] == {"plan": "free"}
    assert (said(offer, Author.VISITOR), said(offer)[-1]) == (["Free"], "You are on free.")


def test_a_button_that_only_keeps_a_value_is_thanked_for(offer):
    press(offer, "Pro")
    assert (context(offer)["user"], said(offer)[-1]) == ({"plan": "pro"}, ENGLISH.noted)


def test_a_link_is_not_pressed(offer):
    with pytest.raises(Refusal) as refused:
        press(offer, "Shop")
    assert refused.value.code == "unknown_button" and said(offer, Author.VISITOR) == []


def test_a_value_that_cannot_be_kept_is_said_all_the_same(offer):
    Conversation.objects.update(context={"user": "somebody"})
    press(offer, "Pro")
    assert context(offer) == {"user": "somebody"} and said(offer)[-1] == ENGLISH.noted


# --- Form ---------------------------------------------------------------------------------------------------------------------------------

FIELDS = [
    {"attribute": "user.email", "label": "E-mail", "type": "email", "required": True},
    {"attribute": "user.phone", "label": "Phone", "type": "phone"},
    {"attribute": "order.bags", "label": "Bags", "type": "number"},
    {"attribute": "order.note", "label": "Note", "type": "long"},
    {"attribute": "order.grind", "label": "Grind", "type": "select", "options": ["Fine", "Coarse"]},
    {"attribute": "not a path", "label": "Bad"},
    7,
]


@pytest.fixture
def form(empty, write):
    write("Order", When.WELCOME, text("Hello"), (Kind.FORM, {"text": "Your order?", "fields": FIELDS}), text("Thanks, {user.email}."))
    return begin(empty, desk=PREVIEW)


def test_a_form_asks_in_the_words_of_the_protocol(form):
    assert said(form) == ["Hello", "Your order?"]
    control = form.messages.get(seq=2).control
    assert [(field["name"], field["type"], field["required"]) for field in control["fields"]] == [
        ("user.email", "email", True),
        ("user.phone", "tel", False),
        ("order.bags", "number", False),
        ("order.note", "textarea", False),
        ("order.grind", "select", False),
    ]
    assert control["fields"][4]["options"] == [{"title": "Fine", "value": "Fine"}, {"title": "Coarse", "value": "Coarse"}]
    assert "A field of “Order” cannot be read" in explained(form)[0][2]


def test_what_is_filled_in_is_kept_and_the_scenario_goes_on(form):
    message = fill(form, **{"user.email": "ada@example.org", "user.phone": "+43 660 1", "order.bags": "2,5", "order.grind": "Fine"})
    assert message.text == "E-mail: ada@example.org\nPhone: +43 660 1\nBags: 2,5\nGrind: Fine"
    assert context(form) == {"user": {"email": "ada@example.org", "phone": "+43 660 1"}, "order": {"bags": 2.5, "grind": "Fine"}}
    assert said(form)[-1] == "Thanks, ada@example.org."
    assert explained(form)[-1][:2] == ("Order", "The form was filled in; what follows it goes on.")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"user.email": "nobody"},
        {"user.email": "a@b.example", "user.phone": "ring me"},
        {"user.email": "a@b.example", "order.bags": "many"},
        {"user.email": "a@b.example", "order.grind": "Medium"},
        {"user.email": "a@b.example", "user.visits": "7"},
    ],
)
def test_what_does_not_fit_the_form_is_refused_and_nothing_is_kept(form, values):
    with pytest.raises(Refusal) as refused:
        fill(form, **values)
    assert (refused.value.code, context(form), said(form, Author.VISITOR)) == ("bad_answer", {}, [])


def test_a_form_is_filled_in_once(form):
    fill(form, **{"user.email": "a@b.example"})
    with pytest.raises(Refusal) as refused:
        fill(form, **{"user.email": "c@d.example"})
    assert refused.value.code == "spent"


def test_what_a_website_signed_is_not_typed_over(form):
    signed = {"user": {"email": "ada@example.org", "verified": True}}
    Conversation.objects.update(context=signed)
    fill(form, **{"user.email": "eve@evil.example"})
    assert context(form) == signed


def test_a_form_leads_to_its_message(empty, write):
    goal = write("Done", When.BUTTON, text("Done."))
    write("Ask", When.WELCOME, (Kind.FORM, {"text": "", "fields": FIELDS[:1], "leads_to": goal}), text("never"))
    conversation = begin(empty)
    fill(conversation, **{"user.email": "a@b.example"})
    assert said(conversation)[-1] == "Done."


def test_a_form_whose_tile_was_deleted_meanwhile_is_thanked_for(form):
    Block.objects.all().delete()
    fill(form, **{"user.email": "a@b.example"})
    assert said(form)[-1] == ENGLISH.noted and context(form)["user"] == {"email": "a@b.example"}
    assert explained(form)[-1][2] == "The tile with this form is gone."


def test_forms_that_lead_in_circles_take_one_turn_each(empty, write):
    first = write("A", When.WELCOME, (Kind.FORM, {"text": "A?", "fields": FIELDS[:1]}))
    second = write("B", When.BUTTON, (Kind.FORM, {"text": "B?", "fields": FIELDS[:1], "leads_to": first}))
    first.blocks.update(leads_to=second)
    conversation = begin(empty)
    for _ in range(3):
        fill(conversation, **{"user.email": "a@b.example"})
    assert said(conversation) == ["A?", "B?", "A?", "B?"]


def test_a_form_that_is_filled_in_while_humans_are_there_is_for_them(empty, write, sheet):
    write("Ask", When.WELCOME, (Kind.FORM, {"text": "Who?", "fields": FIELDS[:1]}), text("never"))
    write("Human", When.NO_MATCH, (Kind.HANDOVER, {"handoff": empty.handoffs.get(), "text": "Moment."}))
    conversation = begin(empty)
    say(conversation, "a human")
    message = fill(conversation, **{"user.email": "a@b.example"})
    assert said(conversation) == ["Who?", "Moment."]
    assert context(conversation)["user"] == {"email": "a@b.example"}
    assert [each.kind for each in message.deliveries.order_by("id")] == ["brief", "message"]


def test_a_form_that_is_filled_in_after_the_humans_were_done_is_for_the_scenario(empty, write, sheet):
    Handoff.objects.update(after_end=Handoff.AfterEnd.REOPEN)
    write("Human", When.NO_MATCH, (Kind.HANDOVER, {"handoff": empty.handoffs.get(), "text": "Moment."}))
    write("Solved", When.RETURNED, (Kind.FORM, {"text": "Solved?", "fields": FIELDS[:1]}), text("Thanks."))
    conversation = begin(empty)
    say(conversation, "a human")
    switchboard.end(conversation.transfers.get(), Reason.RESOLVED)
    fill(conversation, **{"user.email": "a@b.example"})
    assert said(conversation)[-1] == "Thanks." and not conversation.transfers.open().exists()


# --- Conversation Handover ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def human(empty, write):
    """The message that hands over."""
    return write(
        "Human",
        When.NO_MATCH,
        (Kind.HANDOVER, {"handoff": empty.handoffs.get(), "text": "Moment.", "waiting_text": "Please wait.", "fallback_text": "Nobody."}),
    )


def test_the_waiting_text_is_said_once_the_visitor_has_told_what_it_is_about(empty, human, sheet):
    conversation = begin(empty)
    say(conversation, "a human")
    assert said(conversation) == ["Moment."]
    say(conversation, "my parcel is wet"), say(conversation, "very wet")
    assert said(conversation) == ["Moment.", "Please wait."]
    assert conversation.messages.get(text="Please wait.").deliveries.count() == 0


def test_a_failed_handover_says_its_fallback_and_goes_on_with_what_is_used_then(empty, write, human):
    write("Nobody there", When.FAILED, text("Leave a note."))
    Handoff.objects.update(active=False)
    conversation = begin(empty, desk=PREVIEW)
    say(conversation, "a human")
    assert said(conversation) == ["Nobody.", "Leave a note."]
    assert context(conversation)["handover_success"] is False
    assert explained(conversation)[1:] == [
        ("Human", "Nothing else matched.", "The tile names no active handoff."),
        ("Nobody there", "Nobody could be reached.", ""),
    ]


def test_a_visitor_who_had_enough_humans_for_an_hour_is_told_so_in_a_preview(empty, human, sheet, settings):
    settings.HANDOVERS_PER_HOUR = 0
    conversation = begin(empty, desk=PREVIEW)
    say(conversation, "a human")
    assert explained(conversation)[-1][2] == "This visitor was handed over 0 times in an hour; 0 are allowed."


def test_a_handoff_of_another_scenario_or_of_rehearsals_is_nobody(empty, human, sheet):
    Handoff.objects.update(rehearsal=True)
    conversation = begin(empty)
    say(conversation, "a human")
    assert said(conversation) == ["Nobody."]


@pytest.fixture
def with_humans(empty, human, sheet):
    conversation = begin(empty)
    say(conversation, "a human")
    return conversation


@pytest.mark.parametrize("reason", [Reason.RESOLVED, Reason.GIVEN_BACK])
def test_what_is_used_when_the_humans_are_done_is_said(write, with_humans, reason):
    write("Solved", When.RETURNED, text("Solved?"), reasons=["resolved"])
    write("Back", When.RETURNED, text("Back again."))
    switchboard.end(with_humans.transfers.get(), reason)
    assert said(with_humans)[-2:] == [ENGLISH.returned, "Solved?" if reason == Reason.RESOLVED else "Back again."]


def test_an_ending_that_names_a_message_goes_before_it(write, with_humans):
    write("Back", When.RETURNED, text("Back again."))
    goal = write("Goal", When.BUTTON, text("This way."))
    Transfer.objects.update(endings={"resolved": {"text": "Bye.", "leads_to": goal.pk}})
    switchboard.end(with_humans.transfers.get(), Reason.RESOLVED)
    assert said(with_humans)[-2:] == ["Bye.", "This way."]


def test_a_desk_that_refuses_is_nobody_to_be_reached(write, with_humans):
    write("Nobody there", When.FAILED, text("Leave a note."))
    write("Back", When.RETURNED, text("Back again."))
    switchboard.end(with_humans.transfers.get(), Reason.DESK_REFUSED)
    assert said(with_humans)[-2:] == ["Nobody.", "Leave a note."]
    assert context(with_humans)["handover_success"] is False


def test_an_ending_that_nothing_is_left_of_says_that_the_bot_is_back(with_humans):
    Transfer.objects.update(return_text="{user.name}")
    switchboard.end(with_humans.transfers.get(), Reason.RESOLVED)
    assert said(with_humans)[-1] == ENGLISH.returned


# --- Explanations -------------------------------------------------------------------------------------------------------------------------


def test_a_visitors_conversation_is_not_explained(conversation, says):
    says("opening hours")
    assert not Explanation.objects.exists()


def test_a_preview_is_explained_turn_by_turn(scenario):
    conversation = begin(scenario, desk=PREVIEW)
    say(conversation, "opning hours")
    first, second = conversation.explanations.all()
    assert (first.seq, first.said, first.template_name) == (0, "", "Welcome")
    assert first.why == "The chat starts. “Welcome by name” was passed over: “user.first_name is set” does not hold."
    assert (second.seq, second.said, second.template.name) == (2, "opning hours", "Opening hours")
    assert second.why == "The visitor said “opning hours”: 92 % like the phrase “opening hours”."


def test_a_scenario_without_a_welcome_is_a_problem(empty):
    assert explained(begin(empty, desk=PREVIEW)) == [("", "", "No message is used when the chat starts.")]


# --- A known visitor begins anew ----------------------------------------------------------------------------------------------------------


def test_a_visitor_who_comes_again_is_known(scenario):
    before = begin(scenario, about={"user": {"name": "Ada", "verified": True}, "language": "de", "handover": {"reason": "resolved"}})
    Conversation.objects.update(created_at="2026-01-01T00:00:00Z")
    before.messages.update(said_at="2026-01-01T00:00:00Z")
    again = begin(scenario, returning=before.visitor)
    known = context(again)
    assert (known["user"]["name"], known["user"]["visits"]) == ("Ada", 2) and known["user"]["seconds_since_last_seen"] > 3600
    assert "verified" not in known["user"] and "handover" not in known
    third = begin(scenario, returning=again.visitor)
    assert context(third)["user"]["visits"] == 3 and context(third)["user"]["seconds_since_last_seen"] == 1


def test_a_new_visitor_is_not_called_a_returning_one(scenario):
    assert "user" not in context(begin(scenario))


def test_who_begins_anew_leaves_the_humans_of_before(scenario, conversation, says, sheet):
    says("talk to a human"), says("my parcel is wet")
    begin(scenario, returning=conversation.visitor)
    assert conversation.transfers.get().reason == Reason.VISITOR_ENDED


# --- Setting an attribute -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "value"), [("plan", "pro"), ("user.visits", 3), ("a.b.c.d", 1.5), ("user.vip", True), ("user.name", "")])
def test_an_attribute_is_set_and_the_others_stay(conversation, path, value):
    Conversation.objects.update(context={"user": {"name": "Ada"}})
    switchboard.set_attribute(conversation.pk, path, value)
    found = context(conversation)
    for name in path.split("."):
        found = found[name]
    assert found == value and "user" in context(conversation)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("", "x", "is not an attribute"),
        ("user..name", "x", "is not an attribute"),
        ("1a", "x", "is not an attribute"),
        ("a" * 101, "x", "is not an attribute"),
        (".".join("abcdefghi"), "x", "is not an attribute"),
        ("user", "x", "a group of attributes"),
        ("user.name.first", "x", "is a value itself"),
        ("x", None, "a text, a number, or yes or no"),
        ("x", float("nan"), "a text, a number, or yes or no"),
        ("x", 10**30, "a text, a number, or yes or no"),
        ("x", ["a"], "a text, a number, or yes or no"),
        ("x", "a" * 4001, "at most 4000 characters"),
        ("x", "a\0", "not text"),
        ("x", "\ud800", "not text"),
    ],
)
def test_what_cannot_be_an_attribute_is_said_so(conversation, path, value, complaint):
    Conversation.objects.update(context={"user": {"name": "Ada"}})
    with pytest.raises(ValueError, match=complaint):
        switchboard.set_attribute(conversation.pk, path, value)
    assert context(conversation) == {"user": {"name": "Ada"}}


def test_a_context_does_not_grow_without_end(conversation):
    Conversation.objects.update(context={f"a{number}": 1 for number in range(500)})
    switchboard.set_attribute(conversation.pk, "a7", 2)
    with pytest.raises(ValueError, match="all it can have"):
        switchboard.set_attribute(conversation.pk, "b", 1)


# --- Whatever stands in the database ------------------------------------------------------------------------------------------------------

junk = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "user.name", "is_set", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["label", "leads_to", "href", "attribute", "operator", "text", "type", "options"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
kept = junk.filter(lambda value: value is not None)
words = st.sampled_from(["", "Hi", "{user.name}", "{handover.reason|x}"])
tiles = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([*Kind.values, "hologram"]),
        "text": words,
        "buttons": kept,
        "fields": kept,
        "endings": kept,
        "fallback_text": words,
    },
    optional={"goal": st.integers(0, 4), "handed": st.booleans()},
)
messages = st.fixed_dictionaries(
    {
        "when": st.sampled_from([*When.values, "never"]),
        "reasons": kept,
        "conditions": st.just([]) | kept,
        "phrases": st.sampled_from(["", "hi", "a human\nhello there"]),
        "tiles": st.lists(tiles, max_size=3),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(messages, max_size=5), st.sampled_from(["hi", "helo there", "a human", "x" * 8000]))
def test_whatever_stands_in_the_database_every_turn_ends_and_says_something_or_what_is_wrong(empty, sheet, written, words):
    empty.templates.all().delete()
    Handoff.objects.update(active=len(written) % 2 == 0)
    store(empty, written)
    conversation = begin(empty, desk=PREVIEW)
    assert conversation.messages.exists() or any(problem for _, _, problem in explained(conversation))
    before = conversation.messages.count()
    say(conversation, words)
    assert 2 <= conversation.messages.count() - before <= 60
    if transfer := conversation.transfers.first():
        for reason in (Reason.DESK_REFUSED, Reason.RESOLVED):
            heard = conversation.messages.count()
            if switchboard.end(transfer, reason):
                assert 1 <= conversation.messages.count() - heard <= 60
                transfer = conversation.transfers.open().first() or transfer


def store(scenario, written):
    made = [
        scenario.templates.create(name=f"m{number}", position=number, **{key: value for key, value in each.items() if key != "tiles"})
        for number, each in enumerate(written)
    ]
    for template, each in zip(made, written, strict=True):
        for position, tile in enumerate(each["tiles"]):
            goal, handed = tile.get("goal", 9), tile.get("handed", False)
            fields = {key: value for key, value in tile.items() if key not in ("goal", "handed")}
            leads_to = made[goal] if goal < len(made) else None
            template.blocks.create(position=position, leads_to=leads_to, handoff=scenario.handoffs.get() if handed else None, **fields)


def test_handovers_that_fail_in_a_circle_end(empty, write):
    for number in range(15):
        write(f"F{number}", When.FAILED, (Kind.HANDOVER, {"text": "", "fallback_text": f"Nobody {number}."}))
    write("Human", When.NO_MATCH, (Kind.HANDOVER, {"text": ""}))
    conversation = begin(empty, desk=PREVIEW)
    say(conversation, "a human")
    assert said(conversation) == [ENGLISH.nobody, *(f"Nobody {number}." for number in range(bot.MOST_IN_A_ROW - 1))]
    assert explained(conversation)[-1][2].startswith("Stopped after 10 messages in a row")


def test_a_filled_text_has_a_limit(empty, write):
    write("Long", When.WELCOME, text("{a}" * 2000))
    conversation = begin(empty, about={"a": "x" * 4000})
    assert len(said(conversation)[0]) == playing.LONGEST_SAID
