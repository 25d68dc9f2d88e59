"""Connect, Test connection and Set it up for me, against the stand-in: each likely fault by its name, and what to do about it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
import requests

from handoffs.providers.base import Connection, Diagnosis, Finding, Outgoing, Person, Rejected, Request
from handoffs.providers.chatwoot import addresses, asking
from handoffs.providers.chatwoot.provider import Chatwoot
from sandbox import people
from sandbox.seed import Credentials, ensure_demo
from sandbox.server import SandboxServer
from tests.handoffs.providers.certificates import server_context
from tests.handoffs.providers.resolver import Names
from tests.handoffs.providers.servers import closed_port, listening

OURS = "http://127.0.0.1:9/w/demo/incoming-chatwoot"
HERE = (ip_network("127.0.0.0/8"),)


class Desk:
    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.demo: Credentials = ensure_demo(server.store, OURS)

    def connection(self, **other: Any) -> Connection:
        made = Connection(self.server.url, self.demo.account_id, self.demo.inbox_id, self.demo.admin_token, self.demo.inbox_secret, HERE)
        return replace(made, **other)

    def provider(self, **other: Any) -> Chatwoot:
        return Chatwoot(self.connection(**other))

    def call(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self.server.url}/api/v1/accounts/{self.demo.account_id}/{path}"
        answer = requests.request(method, url, json=body, headers={"api_access_token": self.demo.admin_token}, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def inbox(self, **body: object) -> int:
        return int(self.call("POST", "inboxes", {"name": "Other", "channel": {"type": "api"}, **body})["id"])

    def inboxes(self) -> list[Any]:
        return list(self.call("GET", "inboxes")["payload"])

    def spoiled(self, do: str, path: str = "", **more: object) -> None:
        rule = {"name": do, "do": do, "path": path, **more}
        requests.put(f"{self.server.url}/_faults", json={"rules": [rule]}, timeout=10).raise_for_status()

    def contacts(self) -> int:
        return len(self.server.store.all("SELECT id FROM contacts"))


@pytest.fixture
def desk() -> Iterator[Desk]:
    with SandboxServer(faults=True) as server:
        yield Desk(server)


def worst(diagnosis: Diagnosis) -> Finding:
    return next(finding for finding in diagnosis.findings if finding.state != "good")


def test_a_connection_that_works_has_nothing_to_complain_of(desk: Desk) -> None:
    found = desk.provider().diagnose(OURS)
    assert {finding.state for finding in found.findings} == {"good"} and found.works
    assert found.inbox_name == "Website chat"


@pytest.mark.parametrize(
    ("spoil", "name", "says"),
    [
        ({"do": "strip_token", "path": "/api/v1"}, "Access token", "does not arrive"),
        ({"do": "login_page"}, "Address", "not a Chatwoot"),
        (
            {"do": "error_before", "path": "accounts/1", "status": 403, "error": "API access is not enabled for this account"},
            "Account",
            "plan",
        ),
        ({"do": "error_before", "path": "accounts/1", "status": 402}, "Account", "plan"),
        ({"do": "error_before", "path": "accounts/1", "status": 401, "error": "Account is suspended"}, "Account", "suspended"),
        ({"do": "error_before", "path": "profile", "status": 403}, "Access token", "403"),
        ({"do": "error_before", "path": "/api$", "status": 503}, "Address", "503"),
        ({"do": "error_before", "path": "profile", "status": 429}, "Access token", "slow down"),
        ({"do": "reset_before", "path": "profile"}, "Access token", "cannot be used"),
    ],
)
def test_what_goes_wrong_on_the_way_is_named(desk: Desk, spoil: dict[str, Any], name: str, says: str) -> None:
    desk.spoiled(**spoil)
    found = worst(desk.provider().diagnose(OURS))
    assert (found.name, found.state) == (name, "bad") and says in found.text and found.advice


@pytest.mark.parametrize(
    ("other", "name", "says"),
    [
        ({"access_token": "wrong"}, "Access token", "does not know this token"),
        ({"access_token": ""}, "Access token", "no access token"),
        ({"account_id": 99}, "Account", "does not belong to account 99, but to 1 (Demo Support)"),
        ({"inbox_id": 99}, "Inbox", "has no inbox 99"),
        ({"webhook_secret": "another"}, "Signature", "not the one of this inbox"),
        ({"webhook_secret": ""}, "Signature", "no webhook secret"),
        ({"allowed_networks": ()}, "Address", "private address"),
        ({"domain": "http://nobody.invalid"}, "Address", "no host of this name"),
        ({"domain": f"http://127.0.0.1:{closed_port()}"}, "Address", "Nothing answers"),
        ({"domain": "https://a b"}, "Address", "spaces"),
    ],
)
def test_what_was_entered_wrong_is_named(desk: Desk, other: dict[str, Any], name: str, says: str) -> None:
    found = worst(desk.provider(**other).diagnose(OURS))
    assert found.name == name and says in found.text
    assert "token-of" not in repr(found) and desk.demo.admin_token not in repr(found)


def test_the_token_of_a_bot_is_recognised(desk: Desk) -> None:
    bot = people.create_bot(desk.server.store, desk.demo.account_id, "Robbie")
    found = worst(desk.provider(access_token=bot["access_token"]).diagnose(OURS))
    assert (found.name, found.state) == ("Access token", "bad") and "bot" in found.text


def test_an_agent_who_is_no_member_of_the_inbox_is_told_so(desk: Desk) -> None:
    found = worst(desk.provider(access_token=desk.demo.agent_token, inbox_id=desk.inbox()).diagnose(OURS))
    assert found.name == "Inbox" and "not a member" in found.text


def test_an_inbox_of_another_kind_is_refused_by_its_kind(desk: Desk) -> None:
    found = worst(desk.provider(inbox_id=desk.inbox(channel={"type": "web_widget"})).diagnose(OURS))
    assert (found.name, found.state) == ("Inbox", "bad") and "WebWidget" in found.text


@pytest.mark.parametrize(("hook", "says"), [("", "no Webhook URL"), ("https://u:pw@other.test/hook?key=hush", "https://other.test/…")])
def test_a_webhook_url_that_is_not_ours_is_named_without_its_secrets(desk: Desk, hook: str, says: str) -> None:
    desk.call("PATCH", f"inboxes/{desk.demo.inbox_id}", {"channel": {"webhook_url": hook}})
    found = worst(desk.provider().diagnose(OURS))
    assert found.name == "Webhook URL" and says in found.text and "hush" not in found.text and "pw" not in found.text


def test_an_agent_bot_and_missing_agents_are_warnings(desk: Desk) -> None:
    bot = people.create_bot(desk.server.store, desk.demo.account_id, "Robbie")
    inbox = desk.inbox(channel={"type": "api", "webhook_url": OURS})
    desk.call("POST", f"inboxes/{inbox}/set_agent_bot", {"agent_bot": bot["id"]})
    secret = desk.call("GET", f"inboxes/{inbox}")["secret"]
    found = desk.provider(inbox_id=inbox, webhook_secret=secret).diagnose(OURS)
    warned = {finding.name for finding in found.findings if finding.state == "warn"}
    assert warned == {"Agent bot", "Agents"} and found.works


def test_a_chatwoot_that_is_too_old_to_sign_is_a_warning() -> None:
    with SandboxServer(version="4.12.1") as server:
        found = Desk(server).provider().diagnose(OURS)
        assert worst(found).name == "Signature" and "too old" in worst(found).text and found.works


def test_a_certificate_that_is_not_valid_is_named(tmp_path: Any) -> None:
    context, _ = server_context("elsewhere.test", tmp_path)
    with listening(tls=context) as listener:
        found = worst(Chatwoot(Connection(listener.url, 1, 7, "token", allowed_networks=HERE)).diagnose(OURS))
    assert found.name == "Address" and "certificate" in found.text


def test_a_desk_that_hangs_is_given_up_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LONGEST_CALL", 0.5)
    desk.spoiled("hang_before", "inboxes/1$", seconds=20)
    found = worst(desk.provider().diagnose(OURS))
    assert found.name == "Inbox" and "in time" in found.text


def test_no_time_left_is_said_and_nothing_more_is_asked(desk: Desk) -> None:
    asked = asking.Asking(desk.connection(), seconds=0.0)
    with pytest.raises(asking.outbound.NoAnswer, match="no time left"):
        asked.base("/api")


# --- Connect ------------------------------------------------------------------------------------------------------------------------------


def test_accounts_and_api_inboxes_are_listed_by_name(desk: Desk) -> None:
    desk.inbox(name="Shop", channel={"type": "web_widget"})
    (account,) = desk.provider(account_id=0, inbox_id=0).places().accounts
    assert (account.name, [inbox.name for inbox in account.inboxes]) == ("Demo Support", ["Website chat"])


def test_an_agent_sees_only_their_own_inboxes(desk: Desk) -> None:
    desk.inbox(name="Secret")
    (account,) = desk.provider(access_token=desk.demo.agent_token).places().accounts
    assert [inbox.name for inbox in account.inboxes] == ["Website chat"]


def test_without_a_way_in_there_is_a_reason_instead_of_a_list(desk: Desk) -> None:
    found = desk.provider(access_token="wrong").places()
    assert found.accounts == () and found.findings[-1].state == "bad"


# --- Set it up for me ---------------------------------------------------------------------------------------------------------------------


def test_an_inbox_is_made_once_however_often_it_is_asked_for(desk: Desk) -> None:
    wanted = desk.provider(inbox_id=0, webhook_secret="")
    first, second = (wanted.arrange(OURS, "Support", "mark-1", False) for _ in range(2))
    other = wanted.arrange(OURS, "Support", "mark-2", False)
    assert first.done and first.inbox_id == second.inbox_id != other.inbox_id
    made = desk.call("GET", f"inboxes/{first.inbox_id}")
    assert (made["name"], made["webhook_url"], first.webhook_secret) == ("Support", OURS, made["secret"])
    assert first.webhook_secret not in repr(first)


@pytest.mark.parametrize("do", ["reset_after", "error_after"])
def test_an_inbox_whose_answer_was_lost_is_found(desk: Desk, do: str) -> None:
    before = len(desk.inboxes())
    desk.spoiled(do, "inboxes$", method="POST", times=1)
    found = desk.provider(inbox_id=0).arrange(OURS, "Support", "mark", False)
    again = desk.provider(inbox_id=0).arrange(OURS, "Support", "mark", False)
    assert found.done and found.inbox_id == again.inbox_id and len(desk.inboxes()) == before + 1


def test_two_at_once_use_one_inbox(desk: Desk) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: desk.provider(inbox_id=0).arrange(OURS, "Support", "mark", False), range(2)))
    assert len({desk.provider(inbox_id=0).arrange(OURS, "Support", "mark", False).inbox_id, *(each.inbox_id for each in both)}) == 1


def test_a_foreign_webhook_url_is_replaced_only_when_that_was_said(desk: Desk) -> None:
    hook = {"channel": {"webhook_url": "https://other.test/hook"}}
    desk.call("PATCH", f"inboxes/{desk.demo.inbox_id}", hook)
    asked = desk.provider().arrange(OURS, "Support", "mark", False)
    assert asked.asks and not asked.done
    assert desk.call("GET", f"inboxes/{desk.demo.inbox_id}")["webhook_url"] == "https://other.test/hook"
    assert desk.provider().arrange(OURS, "Support", "mark", True).done
    assert desk.call("GET", f"inboxes/{desk.demo.inbox_id}")["webhook_url"] == OURS


def test_an_agents_token_sets_nothing_up(desk: Desk) -> None:
    found = desk.provider(access_token=desk.demo.agent_token, inbox_id=0).arrange(OURS, "Support", "mark", False)
    assert not found.done and found.findings[-1].name == "Rights" and len(desk.inboxes()) == 1


def test_a_chatwoot_without_signatures_is_set_up_without_a_secret() -> None:
    with SandboxServer(version="4.12.1") as server:
        found = Desk(server).provider(webhook_secret="").arrange(OURS, "Support", "mark", False)
        assert found.done and found.webhook_secret == ""


def test_a_person_is_erased_with_their_conversations_and_erasing_again_is_fine(desk: Desk) -> None:
    provider, person = desk.provider(), Person(f"probe-{uuid.uuid4()}", "Probe")
    thread = provider.open(person, Request(str(uuid.uuid4())))
    provider.send(thread, Outgoing(str(uuid.uuid4()), "Hello?"))
    provider.erase(person.key)
    provider.erase(person.key)
    assert desk.contacts() == 0 and desk.server.messages(int(thread.conversation_id)) == []


@pytest.mark.parametrize("identifier", ["customer-7", None])
def test_a_person_merged_into_a_customer_is_not_erased_with_them_but_said_to_be_there(desk: Desk, identifier: str | None) -> None:
    """With an identifier of their own the customer keeps it; without one they inherit ours."""
    provider, person = desk.provider(), Person(f"probe-{uuid.uuid4()}", "Probe")
    thread = provider.open(person, Request(str(uuid.uuid4())))
    remote_id = provider.send(thread, Outgoing(str(uuid.uuid4()), "Hello?"))
    customer = desk.call("POST", "contacts", {"name": "Customer", "identifier": identifier})["payload"]["contact"]["id"]
    desk.call("POST", "actions/contact_merge", {"base_contact_id": customer, "mergee_contact_id": int(thread.person_id)})
    for _ in range(2):
        with pytest.raises(Rejected, match="merged this visitor into another contact"):
            provider.erase(person.key, [thread])
    assert remote_id in [each["id"] for each in desk.server.messages(int(thread.conversation_id))]


def test_a_contact_that_an_agent_deleted_is_erased(desk: Desk) -> None:
    provider, person = desk.provider(), Person(f"probe-{uuid.uuid4()}", "Probe")
    thread = provider.open(person, Request(str(uuid.uuid4())))
    provider.erase(person.key, [thread])
    provider.erase(person.key, [thread])


def test_the_desk_knows_why_a_webhook_did_not_come(desk: Desk) -> None:
    provider = desk.provider()
    thread = provider.open(Person("probe", "Probe"), Request(str(uuid.uuid4())))
    remote_id = provider.send(thread, Outgoing(str(uuid.uuid4()), "Hello?"))
    desk.server.drain()
    found = provider.why_not_back(thread, remote_id)
    assert found is not None and "cannot reach" in found.text


# --- Pasted addresses ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://chat.acme.com/app/accounts/3/settings/inboxes/7", ("https://chat.acme.com/api/v1/", 3, 7)),
        ("https://chat.acme.com/app/accounts/3/settings/inboxes/7/collaborators?x=1", ("https://chat.acme.com/api/v1/", 3, 7)),
        ("https://chat.acme.com/app/accounts/3/inbox/7/conversations/42", ("https://chat.acme.com/api/v1/", 3, 7)),
        ("https://chat.acme.com/app/accounts/3/dashboard", ("https://chat.acme.com/api/v1/", 3, None)),
        ("chat.acme.com/api/v1/accounts/3/inboxes/7", ("https://chat.acme.com/api/v1/", 3, 7)),
        ("https://acme.com/help/chat/app/accounts/3/settings/inboxes/new/7/finish", ("https://acme.com/help/chat/api/v1/", 3, 7)),
        ("chat.acme.com", ("https://chat.acme.com/api/v1/", None, None)),
    ],
)
def test_a_pasted_address_tells_domain_account_and_inbox(text: str, told: tuple[object, ...]) -> None:
    pasted = Chatwoot.pasted(text)
    assert (pasted.domain, pasted.account_id, pasted.inbox_id) == told


def test_a_path_before_the_app_is_kept_and_stays(names: Names) -> None:
    assert addresses.account_root("https://acme.com/help/app/accounts/3", 3) == "https://acme.com/help/api/v1/accounts/3"
    assert Chatwoot.normalise_domain("https://acme.com/help/api/v1/") == "https://acme.com/help/api/v1/"
    with pytest.raises(ValueError, match="path"):
        addresses.base_url("https://acme.com/a/../b/app/login")
