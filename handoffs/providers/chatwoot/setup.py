"""Looking around, diagnosing and setting up, while an admin waits. Calls: CHATWOOT.md §1.1, §1.2, §9."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from handoffs.providers import outbound
from handoffs.providers.base import Arrangement, Diagnosis, Finding, Locked, Place, Surroundings
from handoffs.providers.chatwoot import advice
from handoffs.providers.chatwoot.advice import ACCOUNT, ADDRESS, BOT, HOOK, INBOX, MEMBERS, RIGHTS, SIGNATURE, SPEED, TOKEN
from handoffs.providers.chatwoot.asking import Asking, Told
from handoffs.providers.chatwoot.shapes import Payload, ident, items, line, mapping, string

API = "Channel::Api"
SIGNS = (4, 13)
SLOW = 3.0
MOST_ACCOUNTS = 20
MARK = "handoff"  # the attribute of an inbox that says for whom it was made
VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?[\w.+-]{0,20}")


class Stop(Exception):
    """Nothing further can be looked at. Carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding


class SetUp:
    """One press of a button. ``findings`` grow as it goes."""

    def __init__(self, asking: Asking) -> None:
        self.ask = asking
        self.connection = asking.connection
        self.findings: list[Finding] = []
        self.version: tuple[int, int] | None = None
        self.inbox_name = ""

    # --- what the buttons do --------------------------------------------------------------------------------------------------------------

    def places(self) -> Surroundings:
        try:
            self._reaches_chatwoot()
            accounts = tuple(self._place(account) for account in self._accounts(self._user())[:MOST_ACCOUNTS])
        except Stop as stop:
            return Surroundings((*self.findings, stop.finding))
        if not any(account.inboxes for account in accounts):
            self._say(INBOX, "warn", "There is no API inbox yet that this user may use.", "“Set it up for me” makes one.")
        return Surroundings(tuple(self.findings), accounts)

    def diagnose(self, webhook_url: str) -> Diagnosis:
        try:
            self._look_at_everything(webhook_url)
        except Stop as stop:
            self.findings.append(stop.finding)
        if self.ask.slowest > SLOW:
            slow = f"Chatwoot takes long to answer: up to {self.ask.slowest:.0f} seconds."
            self._say(SPEED, "warn", slow, "Messages wait that long. Look at the load of Chatwoot.")
        return Diagnosis(tuple(self.findings), self.inbox_name)

    def arrange(self, webhook_url: str, name: str, mark: str, replace: bool) -> Arrangement:
        try:
            self._reaches_chatwoot()
            self._is_administrator(self._user())
            inbox = self._the_inbox() if self.connection.inbox_id else self._own_inbox(webhook_url, name, mark)
            number = ident(inbox) or 0
            hook = string(inbox.get("webhook_url"))
            if hook and hook != webhook_url and not replace:
                text = f"This inbox sends its webhooks to {_shown(hook)} now."
                self._say(HOOK, "bad", text, "If nobody needs them there any more, replace the address. Else use another inbox.")
                return Arrangement(tuple(self.findings), number, self.inbox_name, asks=True)
            if hook != webhook_url:
                inbox = self._tells_us(number, webhook_url)
            self._say(HOOK, "good", "Chatwoot sends this inbox’s webhooks to us.")
            secret = self._secret(inbox)
            self._look_at_bot(number)
            self._look_at_members(number)
        except Stop as stop:
            return Arrangement((*self.findings, stop.finding))
        return Arrangement(tuple(self.findings), number, self.inbox_name, secret)

    # --- looking --------------------------------------------------------------------------------------------------------------------------

    def _look_at_everything(self, webhook_url: str) -> None:
        self._reaches_chatwoot()
        user = self._user()
        account = self._account(user)
        inbox = self._the_inbox()
        self._look_at_hook(string(inbox.get("webhook_url")), webhook_url)
        self._look_at_signature(inbox)
        number = ident(inbox) or 0
        self._look_at_bot(number)
        self._look_at_members(number)
        if not _administers(account):
            told = "This token is an agent’s: it can hand conversations over, but not set anything up."
            self._say(RIGHTS, "warn", told, "Chatwoot assigns to this agent what they open. An administrator’s token avoids that.")

    def _reaches_chatwoot(self) -> None:
        told = self._asked(lambda: self.ask.base("/api"), ADDRESS)
        version = string(mapping(told.body).get("version"))
        found = VERSION.fullmatch(version)
        if told.status >= 500 or told.status == 429:
            raise Stop(advice.refused(told, ADDRESS))
        if found is None:
            raise Stop(advice.NOT_CHATWOOT)
        self.version = (int(found[1]), int(found[2]))
        self._say(ADDRESS, "good", f"Chatwoot {version} answers there.")

    def _user(self) -> Payload:
        told = self._asked(self.ask.profile, TOKEN)
        if not told.good:
            raise Stop(advice.refused(told, TOKEN))
        user = mapping(told.body)
        if ident(user) is None:
            raise Stop(advice.NOT_CHATWOOT)
        self._say(TOKEN, "good", f"It is the token of {_name(user)}.")
        return user

    def _accounts(self, user: Payload) -> list[Payload]:
        accounts = [account for account in map(mapping, items(user.get("accounts"))) if ident(account) is not None]
        if not accounts:
            raise Stop(Finding(ACCOUNT, "bad", "The user of this token belongs to no account.", "Have an administrator invite the user."))
        return accounts

    def _account(self, user: Payload) -> Payload:
        accounts = self._accounts(user)
        mine = next((account for account in accounts if ident(account) == self.connection.account_id), None)
        if mine is None:
            known = ", ".join(f"{ident(account)} ({_name(account)})" for account in accounts[:5])
            text = f"The user of this token does not belong to account {self.connection.account_id}, but to {known}."
            raise Stop(Finding(ACCOUNT, "bad", text, "Choose one of these accounts, or use the token of one of the account’s users."))
        if string(mine.get("status")) == "suspended":
            raise Stop(Finding(ACCOUNT, "bad", "Chatwoot has suspended this account.", "Ask who runs this Chatwoot."))
        if mine.get("api_and_webhooks") is False:
            raise Stop(Finding(ACCOUNT, "bad", "The plan of this account has no API access.", advice.PLAN))
        self._say(ACCOUNT, "good", f"The account is “{_name(mine)}”.")
        return mine

    def _the_inbox(self) -> Payload:
        told = self._asked(lambda: self._in_account("GET", f"inboxes/{self.connection.inbox_id}"), INBOX)
        if told.status == 404:
            text = f"Account {self.connection.account_id} has no inbox {self.connection.inbox_id} (any more)."
            raise Stop(Finding(INBOX, "bad", text, "Choose an inbox with Connect, or let “Set it up for me” make one."))
        if told.status == 401 and "not authorized to do this" in told.error:
            text = "The user of this token is not a member of the inbox."
            raise Stop(
                Finding(INBOX, "bad", text, "Add the user in Chatwoot: inbox settings → Collaborators. Or use an administrator’s token.")
            )
        if not told.good:
            raise Stop(advice.refused(told, INBOX))
        inbox = mapping(told.body)
        if ident(inbox) is None:
            raise Stop(advice.NOT_CHATWOOT)
        if inbox.get("channel_type") != API:
            text = f"“{_name(inbox)}” is an inbox of another kind ({_kind(inbox)}). Only an API inbox can take conversations from us."
            raise Stop(Finding(INBOX, "bad", text, "Choose an API inbox with Connect, or let “Set it up for me” make one."))
        self.inbox_name = _name(inbox)
        self._say(INBOX, "good", f"The inbox is “{self.inbox_name}”.")
        return inbox

    def _look_at_hook(self, hook: str, wanted: str) -> None:
        by_hand = "“Set it up for me” enters ours. By hand: inbox settings → Webhook URL."
        if not wanted:
            self._say(HOOK, "warn", "Save this handoff first: then it has a Webhook URL.", "Or press “Set it up for me”.")
        elif not hook:
            self._say(HOOK, "bad", "The inbox has no Webhook URL, so replies come late.", by_hand)
        elif hook != wanted:
            self._say(HOOK, "bad", f"The inbox sends its webhooks to {_shown(hook)}, not to us.", by_hand)
        else:
            self._say(HOOK, "good", "Chatwoot sends this inbox’s webhooks to us.")

    def _look_at_signature(self, inbox: Payload) -> None:
        if self.version is not None and self.version < SIGNS:
            text = "This Chatwoot is too old to sign its webhooks; each of them makes us ask it once more."
            self._say(SIGNATURE, "warn", text, "Version 4.13 and later sign them.")
            return
        known, typed = string(inbox.get("secret")), self.connection.webhook_secret
        if not typed:
            text = "There is no webhook secret here, so webhooks are not believed; each of them makes us ask Chatwoot once more."
            self._say(SIGNATURE, "warn", text, "“Set it up for me” reads it. By hand: inbox settings → Webhook Secret.")
        elif known and known != typed:
            text = "The webhook secret here is not the one of this inbox, so every webhook is refused."
            self._say(SIGNATURE, "bad", text, "“Set it up for me” reads the right one. By hand: inbox settings → Webhook Secret.")
        elif known:
            self._say(SIGNATURE, "good", "The webhook secret is the one of this inbox.")

    def _look_at_bot(self, number: int) -> None:
        told = self._asked(lambda: self._in_account("GET", f"inboxes/{number}/agent_bot"), BOT)
        bot = mapping(mapping(told.body).get("agent_bot"))
        if told.good and ident(bot) is not None:
            text = f"The bot “{_name(bot)}” is attached to this inbox, so conversations begin as pending, where agents do not see them."
            self._say(BOT, "warn", text, "We open them. If that bot is to stay silent, take it off: inbox settings → Bot configuration.")

    def _look_at_members(self, number: int) -> None:
        told = self._asked(lambda: self._in_account("GET", f"inbox_members/{number}"), MEMBERS)
        if told.good and not items(mapping(told.body).get("payload")):
            text = "No agent is a member of this inbox, so only administrators see its conversations."
            self._say(MEMBERS, "warn", text, "Add agents in Chatwoot: inbox settings → Collaborators.")

    def _place(self, account: Payload) -> Place:
        number = ident(account) or 0
        told = self._asked(lambda: self.ask.account("GET", number, "inboxes"), INBOX)
        if not told.good:
            return Place(number, _name(account), (), advice.refused(told, INBOX).text)
        inboxes = (inbox for inbox in map(mapping, items(mapping(told.body).get("payload"))) if inbox.get("channel_type") == API)
        found = tuple(Place(ident(inbox) or 0, _name(inbox)) for inbox in inboxes if ident(inbox) is not None)
        return Place(number, _name(account), found, "" if found else "It has no API inbox that this user may use.")

    # --- setting up -----------------------------------------------------------------------------------------------------------------------

    def _is_administrator(self, user: Payload) -> None:
        if not _administers(self._account(user)):
            text = "This token is not an administrator’s, so nothing can be set up with it."
            raise Stop(Finding(RIGHTS, "bad", text, "Use the token of an administrator of the account; afterwards an agent’s will do."))

    def _own_inbox(self, webhook_url: str, name: str, mark: str) -> Payload:
        """The inbox made for ``mark``: the one there is, or a new one. Its answer may get lost, and then it is found."""
        found = self._marked(mark)
        if found is None:
            self._make(webhook_url, name, mark)
            # Looked up in any case: of two that were made at once, everybody takes the first.
            found = self._marked(mark)
        if found is None:
            raise Stop(
                Finding(INBOX, "bad", "Chatwoot did not make an inbox.", "Try again: an inbox that was made after all is found then.")
            )
        self.inbox_name = _name(found)
        self._say(INBOX, "good", f"The inbox “{self.inbox_name}” is made for this handoff.")
        return found

    def _make(self, webhook_url: str, name: str, mark: str) -> None:
        channel = {"type": "api", "webhook_url": webhook_url, "additional_attributes": {MARK: mark}}
        try:
            told = self._in_account("POST", "inboxes", {"name": _plain(name), "channel": channel})
        except outbound.NoAnswer:
            return
        except Locked as error:
            raise Stop(advice.unreachable(error, INBOX)) from None
        if told.status < 500 and not told.good:
            raise Stop(advice.refused(told, INBOX))

    def _marked(self, mark: str) -> Payload | None:
        told = self._asked(lambda: self._in_account("GET", "inboxes"), INBOX)
        if not told.good:
            raise Stop(advice.refused(told, INBOX))
        inboxes = [inbox for inbox in map(mapping, items(mapping(told.body).get("payload"))) if inbox.get("channel_type") == API]
        mine = [inbox for inbox in inboxes if mapping(inbox.get("additional_attributes")).get(MARK) == mark and ident(inbox) is not None]
        return min(mine, key=lambda inbox: ident(inbox) or 0, default=None)

    def _tells_us(self, number: int, webhook_url: str) -> Payload:
        body: dict[str, object] = {"channel": {"webhook_url": webhook_url}}
        told = self._asked(lambda: self._in_account("PATCH", f"inboxes/{number}", body), HOOK)
        if not told.good:
            raise Stop(advice.refused(told, HOOK))
        if mapping(told.body).get("webhook_url") != webhook_url:
            raise Stop(Finding(HOOK, "bad", "Chatwoot did not take our Webhook URL.", "Enter it by hand: inbox settings → Webhook URL."))
        return mapping(told.body)

    def _secret(self, inbox: Payload) -> str:
        secret = string(inbox.get("secret"))
        if secret:
            self._say(SIGNATURE, "good", "The webhook secret of the inbox is stored here.")
        else:
            self._look_at_signature(inbox)
        return secret

    # --- saying ---------------------------------------------------------------------------------------------------------------------------

    def _say(self, name: str, state: Literal["good", "warn", "bad"], text: str, what_to_do: str = "") -> None:
        self.findings.append(Finding(name, state, text, what_to_do))

    def _in_account(self, method: str, path: str, body: dict[str, object] | None = None) -> Told:
        return self.ask.account(method, self.connection.account_id, path, body)

    def _asked(self, ask: Callable[[], Told], name: str) -> Told:
        try:
            return ask()
        except (outbound.NoAnswer, Locked) as error:
            raise Stop(advice.unreachable(error, name)) from None


def _administers(account: Payload) -> bool:
    return account.get("role") == "administrator"


def _name(thing: Payload) -> str:
    return line(thing.get("name"), 100) or "(no name)"


def _kind(inbox: Payload) -> str:
    return line(inbox.get("channel_type"), 40).removeprefix("Channel::") or "unknown"


def _plain(name: str) -> str:
    """Chatwoot refuses some characters in an inbox's name, and reads “null” as none."""
    kept = re.sub(r"[<>@/\\\\\"']", " ", line(name, 100)).strip()
    return kept if kept and kept.lower() != "null" else "Website chat"


def _shown(hook: str) -> str:
    """An address of somebody else's, without what may be secret in it."""
    found = re.match(r"(https?://)(?:[^/@\s]*@)?([^/?#\s]{1,200})", hook)
    return f"{found[1]}{found[2]}/…" if found else "another address"
