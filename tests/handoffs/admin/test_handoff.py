from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from handoffs import switchboard
from handoffs.models import Conversation, Delivery, Handoff, MessageTemplate, Scenario
from tests.handoffs.admin.conftest import SECRET, TOKEN, client_of, make_handoff

LIST = "/admin/handoffs/handoff/"
ADD = f"{LIST}add/"


def page_of(handoff: Handoff) -> str:
    return f"{LIST}{handoff.pk}/change/"


def switch_of(handoff: Handoff) -> str:
    return f"{LIST}{handoff.pk}/switch/"


def typed(handoff: Handoff | None = None, **changes: Any) -> dict[str, Any]:
    """What the form would send, the secret fields empty."""
    kept = {"name": "Support", "system": "chatwoot", "domain": "https://chat.acme.test/api/v1/", "account_id": 1, "inbox_id": 7}
    kept |= {"after_end": "bot", "edition": 0}
    if handoff is not None and handoff.active:
        kept["active"] = "on"
    return {**kept, **changes}


def errors_of(response: Any, field: str) -> str:
    return " ".join(response.context["adminform"].form.errors.get(field, []))


# --- Secrets ------------------------------------------------------------------------------------------------------------------------------


def test_the_secrets_are_in_no_page(admin_client: Client, support: Handoff) -> None:
    for path in (LIST, page_of(support), f"{LIST}{support.pk}/history/", f"{LIST}{support.pk}/delete/"):
        body = admin_client.get(path).content.decode()
        assert TOKEN not in body and SECRET not in body
        assert support.access_token_sealed not in body and support.webhook_secret_sealed not in body


def test_a_token_just_typed_is_not_given_back_beside_an_error(admin_client: Client, support: Handoff) -> None:
    response = admin_client.post(
        page_of(support), typed(account_id="not a number", access_token="freshly-typed", webhook_secret="fresh-too")
    )
    assert response.status_code == 200 and errors_of(response, "account_id")
    assert "freshly-typed" not in response.content.decode() and "fresh-too" not in response.content.decode()


def test_the_page_says_that_a_token_is_stored_and_its_fingerprint_changes_with_it(admin_client: Client, support: Handoff) -> None:
    before = admin_client.get(page_of(support)).context["adminform"].form.fields["access_token"].help_text
    admin_client.post(page_of(support), typed(access_token="another-token"))
    after = admin_client.get(page_of(support)).context["adminform"].form.fields["access_token"].help_text
    assert before.startswith("A token is stored") and after.startswith("A token is stored") and before != after


def test_an_empty_token_keeps_the_stored_one(admin_client: Client, support: Handoff) -> None:
    assert admin_client.post(page_of(support), typed(name="Renamed", access_token="", webhook_secret="")).status_code == 302
    support.refresh_from_db()
    assert (support.name, support.access_token, support.webhook_secret) == ("Renamed", TOKEN, SECRET)


def test_typed_secrets_replace_the_stored_ones_and_are_sealed(admin_client: Client, support: Handoff) -> None:
    admin_client.post(page_of(support), typed(access_token="new-token", webhook_secret="new-secret"))
    support.refresh_from_db()
    assert (support.access_token, support.webhook_secret) == ("new-token", "new-secret")
    assert "new-token" not in support.access_token_sealed


def test_the_webhook_secret_can_be_forgotten_and_unsigned_calls_are_hints_again(admin_client: Client, support: Handoff) -> None:
    support.note_signed()
    admin_client.post(page_of(support), typed(forget_webhook_secret="on"))
    support.refresh_from_db()
    assert (support.webhook_secret, support.seen_signed_at, support.access_token) == ("", None, TOKEN)


def test_saving_the_form_leaves_what_workers_wrote_meanwhile(
    admin_client: Client, support: Handoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Handoff.save

    def save_after_a_signed_webhook(handoff: Handoff, **kwargs: Any) -> None:
        Handoff.objects.get(pk=handoff.pk).note_signed()
        original(handoff, **kwargs)

    monkeypatch.setattr(Handoff, "save", save_after_a_signed_webhook)
    admin_client.post(page_of(support), typed(name="Renamed"))
    support.refresh_from_db()
    assert support.name == "Renamed" and support.seen_signed_at is not None


@pytest.mark.parametrize("bad", ["two words", "line\nbreak", "nul\x00", "ümlaut"])
def test_a_token_that_cannot_travel_in_a_header_is_refused(admin_client: Client, support: Handoff, bad: str) -> None:
    assert errors_of(admin_client.post(page_of(support), typed(access_token=bad)), "access_token")


def test_a_token_whose_key_is_gone_is_said_on_the_page(admin_client: Client, support: Handoff, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["other:" + settings.FIELD_ENCRYPTION_KEYS[0].partition(":")[2]]
    response = admin_client.get(page_of(support))
    assert response.status_code == 200 and "is that key still in FIELD_ENCRYPTION_KEYS?" in response.content.decode()


# --- Domain -------------------------------------------------------------------------------------------------------------------------------


def test_another_domain_without_the_token_is_refused_beside_the_token(admin_client: Client, support: Handoff) -> None:
    response = admin_client.post(page_of(support), typed(domain="https://evil.test/api/v1/"))
    assert "type the token again" in errors_of(response, "access_token")
    support.refresh_from_db()
    assert support.domain == "https://chat.acme.test/api/v1/"


def test_another_domain_with_the_token_is_taken(admin_client: Client, support: Handoff) -> None:
    admin_client.post(page_of(support), typed(domain="https://new.test", access_token="for-new"))
    support.refresh_from_db()
    assert (support.domain, support.access_token) == ("https://new.test/api/v1/", "for-new")


@pytest.mark.parametrize("change", [{"account_id": "99"}, {"inbox_id": "99"}, {"domain": "https://new.test", "access_token": "for-new"}])
def test_a_handoff_with_conversations_keeps_its_place(admin_client: Client, support: Handoff, change: dict[str, str]) -> None:
    conversation = switchboard.begin(support.scenario, "http://testserver")[1]
    waiting = conversation.transfers.create(handoff=support)
    waiting.thread_id = "10"
    waiting.save()
    response = admin_client.post(page_of(support), typed(**change))
    assert "Make a new handoff for another place" in errors_of(response, next(iter(change)))
    before = (support.domain, support.account_id, support.inbox_id)
    support.refresh_from_db()
    assert (support.domain, support.account_id, support.inbox_id) == before


def test_a_wrong_account_may_be_mended_while_nobody_was_introduced_there(admin_client: Client, support: Handoff) -> None:
    switchboard.begin(support.scenario, "http://testserver")[1].transfers.create(handoff=support)
    admin_client.post(page_of(support), typed(account_id="99"))
    support.refresh_from_db()
    assert support.account_id == 99


def test_a_scheme_without_encryption_is_another_domain(admin_client: Client, support: Handoff) -> None:
    assert errors_of(admin_client.post(page_of(support), typed(domain="http://chat.acme.test/api/v1/")), "access_token")


@pytest.mark.parametrize("same", ["chat.acme.test", "https://CHAT.acme.test", "https://chat.acme.test/app/accounts/1/inbox/7"])
def test_the_same_domain_in_other_words_needs_no_token(admin_client: Client, support: Handoff, same: str) -> None:
    assert admin_client.post(page_of(support), typed(domain=same)).status_code == 302
    support.refresh_from_db()
    assert support.domain == "https://chat.acme.test/api/v1/"


@pytest.mark.parametrize(
    "bad", ["ftp://chat.acme.test", "https://user:pw@chat.acme.test", "https://chat.acme.test/sub/path", "no spaces please"]
)
def test_a_domain_that_is_none_is_refused_in_words(admin_client: Client, support: Handoff, bad: str) -> None:
    assert "Enter it like https://app.chatwoot.com." in errors_of(admin_client.post(page_of(support), typed(domain=bad)), "domain")


def test_a_new_handoff_starts_with_chatwoots_own_domain(admin_client: Client, coffee: Scenario) -> None:
    response = admin_client.get(f"{ADD}?scenario={coffee.pk}")
    assert 'value="https://app.chatwoot.com/api/v1/"' in response.content.decode()


# --- Adding -------------------------------------------------------------------------------------------------------------------------------


def test_a_new_handoff_is_sealed_inactive_and_shows_its_webhook_url(admin_client: Client, coffee: Scenario) -> None:
    response = admin_client.post(ADD, typed(scenario=coffee.pk, access_token=TOKEN), follow=True)
    handoff = Handoff.objects.get()
    assert response.request["PATH_INFO"] == page_of(handoff)
    assert "http://localhost:8000/w/acme/incoming-chatwoot" in response.content.decode()
    assert (handoff.access_token, handoff.active) == (TOKEN, False)


def test_a_handoff_without_a_token_can_be_stored_but_not_active(admin_client: Client, coffee: Scenario) -> None:
    refused = admin_client.post(ADD, typed(scenario=coffee.pk, active="on"))
    assert "only with an access token" in errors_of(refused, "access_token")
    assert admin_client.post(ADD, typed(scenario=coffee.pk)).status_code == 302


def test_the_scenario_of_a_handoff_stays(admin_client: Client, support: Handoff, tea: Scenario) -> None:
    admin_client.post(page_of(support), typed(scenario=tea.pk))
    support.refresh_from_db()
    assert support.scenario.key == "coffee"


def test_the_form_refuses_a_second_active_handoff_of_an_inbox(admin_client: Client, support: Handoff, tea: Scenario) -> None:
    support.switch_on()
    response = admin_client.post(ADD, typed(scenario=tea.pk, access_token=TOKEN, active="on", domain="chat.acme.test"))
    assert "Another active handoff uses this inbox" in errors_of(response, "__all__")


# --- The switch ---------------------------------------------------------------------------------------------------------------------------


def test_the_switch_activates_and_deactivates_and_is_logged(admin_client: Client, support: Handoff) -> None:
    assert 'role="switch" aria-checked="false"' in admin_client.get(LIST).content.decode()
    response = admin_client.post(switch_of(support), {"on": "1"}, follow=True)
    assert 'role="switch" aria-checked="true"' in response.content.decode() and "“Support” is activated." in response.content.decode()
    admin_client.post(switch_of(support), {"on": "0"})
    support.refresh_from_db()
    assert not support.active
    assert [entry.change_message for entry in LogEntry.objects.order_by("id")] == ["Activated.", "Deactivated."]


def test_switching_twice_to_the_same_state_does_no_harm(admin_client: Client, support: Handoff) -> None:
    for _ in range(2):
        admin_client.post(switch_of(support), {"on": "1"})
    support.refresh_from_db()
    assert support.active


def test_switching_by_get_is_refused(admin_client: Client, support: Handoff) -> None:
    assert admin_client.get(switch_of(support), {"on": "1"}).status_code == 405
    support.refresh_from_db()
    assert not support.active


def test_switching_without_a_csrf_token_is_refused(admin_user: Any, support: Handoff) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post(switch_of(support), {"on": "1"}).status_code == 403
    support.refresh_from_db()
    assert not support.active


def test_switching_without_permission_is_refused_and_the_list_offers_no_switch(support: Handoff) -> None:
    client = client_of("viewer")
    assert 'role="switch"' not in client.get(LIST).content.decode()
    assert client.post(switch_of(support), {"on": "1"}).status_code == 403
    support.refresh_from_db()
    assert not support.active


def test_a_stranger_is_sent_to_the_login(client: Client, support: Handoff) -> None:
    response = client.post(switch_of(support), {"on": "1"})
    assert response.status_code == 302 and response.headers["Location"].startswith("/admin/login/")


def test_an_incomplete_handoff_is_not_activated(admin_client: Client, coffee: Scenario) -> None:
    handoff = make_handoff(coffee, token="")
    response = admin_client.post(switch_of(handoff), {"on": "1"}, follow=True)
    assert "“Support” was not activated. It has no access token yet." in response.content.decode()
    handoff.refresh_from_db()
    assert not handoff.active


def test_a_second_handoff_of_an_inbox_is_not_activated(admin_client: Client, support: Handoff, tea: Scenario) -> None:
    support.switch_on()
    rival = make_handoff(tea, "Rival")
    response = admin_client.post(switch_of(rival), {"on": "1"}, follow=True)
    assert "Another active handoff uses this inbox already; switch that one off first." in response.content.decode()
    rival.refresh_from_db()
    assert not rival.active


def test_the_switch_leads_back_to_the_list_as_it_was_filtered(admin_client: Client, support: Handoff, coffee: Scenario) -> None:
    filters = f"scenario__id__exact={coffee.pk}"
    assert f'formaction="{switch_of(support)}?{filters}"' in admin_client.get(f"{LIST}?{filters}").content.decode()
    assert admin_client.post(f"{switch_of(support)}?{filters}", {"on": "1"}).headers["Location"] == f"{LIST}?{filters}"


# --- Trouble ------------------------------------------------------------------------------------------------------------------------------


def test_trouble_is_shown_in_the_list_and_on_the_page(admin_client: Client, support: Handoff) -> None:
    support.rest(timedelta(minutes=5), "Chatwoot refused the token (401).")
    assert "Chatwoot refused the token (401)." in admin_client.get(LIST).content.decode()
    assert "Chatwoot refused the token (401)." in admin_client.get(page_of(support)).content.decode()


def test_saving_forgets_the_trouble_and_makes_what_waits_due_now(admin_client: Client, support: Handoff, waiting: Conversation) -> None:
    support.rest(timedelta(minutes=5), "Chatwoot refused the token (401).")
    later = timezone.now() + timedelta(hours=1)
    waiting.deliveries.update(due_at=later)
    brief, uncertain = waiting.deliveries.all()
    Delivery.objects.filter(pk=uncertain.pk).update(state=Delivery.State.UNKNOWN)
    support.refresh_from_db()
    admin_client.post(page_of(support), typed(support, access_token="mended"))
    support.refresh_from_db()
    brief.refresh_from_db()
    uncertain.refresh_from_db()
    assert support.trouble == ""
    assert brief.due_at <= timezone.now()
    assert uncertain.due_at == later, "it may be at the desk already: looked up too soon it could be sent twice"


# --- Webhooks that do not come ------------------------------------------------------------------------------------------------------------


def test_a_handoff_without_webhooks_is_marked_in_the_list_on_its_page_and_on_the_first_page(admin_client: Client, support: Handoff) -> None:
    first, pages = "/admin/", (LIST, page_of(support))
    support.switch_on()
    assert not any("No webhooks" in admin_client.get(page).content.decode() for page in pages)
    support.webhooks_are_lost()
    for page in pages:
        assert "No webhooks" in admin_client.get(page).content.decode()
    assert "Support: no webhooks come back from the desk" in admin_client.get(first).content.decode()
    support.switch_off()
    assert "no webhooks" not in admin_client.get(first).content.decode()


# --- What the desk is told ----------------------------------------------------------------------------------------------------------------


def test_what_the_desk_is_told_is_stored(admin_client: Client, support: Handoff) -> None:
    told = {
        "labels": " Sales, vip,sales ",
        "team_id": 5,
        "priority": "high",
        "name_attribute": "user.full_name",
        "email_attribute": "",
        "phone_attribute": "user.phone",
        "contact_attributes": "user.plan = plan\r\nuser.visits = visits",
        "conversation_attributes": "page.url = page",
    }
    assert admin_client.post(page_of(support), typed(**told)).status_code == 302
    support.refresh_from_db()
    assert (support.labels, support.team_id, support.priority) == ("sales, vip", 5, "high")
    assert (support.name_attribute, support.email_attribute) == ("user.full_name", "")
    assert support.contact_attributes.splitlines() == ["user.plan = plan", "user.visits = visits"]


@pytest.mark.parametrize(
    ("field", "typo", "complaint"),
    [
        ("labels", "sales, very important", "“very important” cannot be a label."),
        ("team_id", "-1", "greater than or equal to 0"),
        ("priority", "extreme", "not one of the available choices"),
        ("name_attribute", "first name", "“first name” is not an attribute. Write it like: user.email."),
        ("email_attribute", "{user.email}", "“{user.email}” is not an attribute."),
        ("contact_attributes", "user.plan = plan\nuser.visits", "“user.visits” is not complete. Write it like: user.plan = plan."),
        ("contact_attributes", "user.plan = plan\nuser.tier = plan", "“plan” is there twice"),
        ("contact_attributes", "user plan = plan", "“user plan” is not an attribute."),
        ("conversation_attributes", "user.plan = my plan", "“my plan” cannot be a key at the desk."),
        ("conversation_attributes", "user.plan = handoff_transfer", "is one of Handoff’s own"),
        ("conversation_attributes", "user.plan = a\x00b", "Null characters are not allowed."),
    ],
)
def test_a_mapping_that_is_not_right_is_explained_beside_it(
    admin_client: Client, support: Handoff, field: str, typo: str, complaint: str
) -> None:
    assert complaint in errors_of(admin_client.post(page_of(support), typed(**{field: typo})), field)


def test_all_lines_that_are_not_right_are_named_at_once(admin_client: Client, support: Handoff) -> None:
    said = errors_of(admin_client.post(page_of(support), typed(contact_attributes="one\nuser.plan = plan\ntwo")), "contact_attributes")
    assert "“one”" in said and "“two”" in said and "user.plan = plan”" not in said


# --- After the end ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", ["reopen", "new"])
def test_going_on_after_the_end_needs_a_time(admin_client: Client, support: Handoff, after: str) -> None:
    assert "For how many minutes" in errors_of(admin_client.post(page_of(support), typed(after_end=after)), "after_end_minutes")
    assert admin_client.post(page_of(support), typed(after_end=after, after_end_minutes=90)).status_code == 302
    support.refresh_from_db()
    assert (support.after_end, support.after_end_minutes) == (after, 90)


def test_the_time_is_kept_while_the_scenario_answers(admin_client: Client, support: Handoff) -> None:
    admin_client.post(page_of(support), typed(after_end="new", after_end_minutes=90))
    admin_client.post(page_of(support), typed(after_end="bot", edition=1))
    support.refresh_from_db()
    assert (support.after_end, support.after_end_minutes) == ("bot", 90)


@pytest.mark.parametrize("minutes", ["0", "-5", "99999999"])
def test_the_time_is_between_a_minute_and_a_month(admin_client: Client, support: Handoff, minutes: str) -> None:
    assert errors_of(admin_client.post(page_of(support), typed(after_end="new", after_end_minutes=minutes)), "after_end_minutes")


# --- Deleting -----------------------------------------------------------------------------------------------------------------------------


def test_a_handoff_that_a_tile_uses_is_not_deleted_and_the_page_names_the_message(
    admin_client: Client, support: Handoff, human: MessageTemplate
) -> None:
    body = admin_client.get(f"{LIST}{support.pk}/delete/").content.decode()
    assert "cannot be deleted yet" in body
    assert f'Message <a href="/admin/handoffs/messagetemplate/{human.pk}/change/">Human</a>, tile “Conversation Handover”' in body
    assert admin_client.post(f"{LIST}{support.pk}/delete/", {"post": "yes"}).status_code in (200, 403)
    assert Handoff.objects.filter(pk=support.pk).exists()


def test_a_handoff_with_a_history_is_not_deleted(
    admin_client: Client, support: Handoff, human: MessageTemplate, waiting: Conversation
) -> None:
    human.delete()
    assert "Deactivate it instead." in admin_client.get(f"{LIST}{support.pk}/delete/").content.decode()
    assert admin_client.post(f"{LIST}{support.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Handoff.objects.filter(pk=support.pk).exists()


def test_an_unused_handoff_can_be_deleted(admin_client: Client, support: Handoff) -> None:
    assert admin_client.post(f"{LIST}{support.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Handoff.objects.exists()


def test_a_refused_form_says_that_a_secret_must_be_typed_once_more(admin_client: Client, coffee: Scenario) -> None:
    answer = admin_client.post(f"{ADD}?scenario={coffee.pk}", typed(scenario=coffee.pk, account_id="", access_token=TOKEN))
    assert "Type it once more" in errors_of(answer, "access_token") and TOKEN not in answer.content.decode()
    assert "press Connect" in errors_of(answer, "account_id")
