"""Setting a handoff up at its desk, and the proof that what we send comes round: out as a message, back by webhook."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import F

from handoffs.models import Handoff
from handoffs.providers.base import Arrangement, Finding, Outgoing, Person, Provider, ProviderError, Request
from handoffs.sealed import CannotUnseal

PATIENCE = 8.0
LOOK_EVERY = 0.1
OUT, BACK, TIDY = "Message out", "Webhook back", "Tidying up"
PROBE = "This is Handoff testing its connection. Nobody needs to answer; it is deleted in a moment."
SOMEBODY_IS_AT_IT = Finding(
    "Set-up", "warn", "Somebody is setting this handoff up right now.", "Wait until they are done, then look at it again."
)


@dataclass(frozen=True)
class Outcome:
    """``asks``: whether the address that the inbox tells now may be replaced by ours. ``proven``: the round trip was made."""

    findings: tuple[Finding, ...]
    asks: bool = False
    proven: bool = False


def set_up(handoff: Handoff, *, replace: bool = False) -> Outcome:
    """Safe to press twice, also at once: one does it, the other is told so."""
    until = handoff.claim_setting_up()
    if until is None:
        return Outcome((SOMEBODY_IS_AT_IT,))
    try:
        return arrange_and_prove(handoff, replace)
    except CannotUnseal as error:
        return Outcome((Finding("Access token", "bad", str(error), "Type the token again."),))
    finally:
        handoff.finish_setting_up(until)


def arrange_and_prove(handoff: Handoff, replace: bool) -> Outcome:
    handoff.refresh_from_db()
    arrangement = handoff.provider().arrange(handoff.webhook_url(), handoff.name, str(handoff.pk), replace)
    if not arrangement.done:
        return Outcome(arrangement.findings, arrangement.asks)
    keep(handoff, arrangement)
    findings, proven = make_round_trip(handoff)
    return Outcome((*arrangement.findings, *findings), proven=proven)


def keep(handoff: Handoff, arrangement: Arrangement) -> None:
    """What was learned. A form that was opened before is not to undo it: the edition counts on."""
    handoff.inbox_id, handoff.inbox_name = arrangement.inbox_id, arrangement.inbox_name[:255]
    columns = ["inbox_id", "inbox_name", "edition"]
    if arrangement.webhook_secret:
        handoff.webhook_secret = arrangement.webhook_secret
        columns.append("webhook_secret_sealed")
    handoff.edition = F("edition") + 1
    handoff.save(update_fields=columns)
    handoff.refresh_from_db()


def make_round_trip(handoff: Handoff) -> tuple[list[Finding], bool]:
    """Always the same person at the desk, so that whatever an earlier attempt has left behind is found and deleted."""
    provider, person = handoff.provider(), Person(f"handoff-probe-{handoff.pk}", "Handoff connection test")
    findings: list[Finding] = []
    proven = False
    try:
        provider.erase(person.key)
        proven = send_and_wait(handoff, provider, person, findings)
    except ProviderError as error:
        findings.append(Finding(OUT, "bad", f"The probe could not be sent. {error}", "Correct this, then press “Set it up for me” again."))
    finally:
        findings.append(tidied(provider, person))
    return findings, proven


def send_and_wait(handoff: Handoff, provider: Provider, person: Person, findings: list[Finding]) -> bool:
    key = handoff.begin_probe()
    thread = provider.open(person, Request(str(key)))
    remote_id = provider.send(thread, Outgoing(str(key), PROBE, said_at=datetime.now(UTC)))
    findings.append(Finding(OUT, "good", "A probe message arrived at the desk."))
    if came_back(handoff, key):
        signed = "signed" if handoff.webhook_secret_sealed else "without a signature"
        findings.append(Finding(BACK, "good", f"It came back by webhook, {signed}. The circle is closed."))
        return True
    unknown = Finding(
        BACK,
        "bad",
        f"It did not come back by webhook within {PATIENCE:.0f} seconds.",
        "Can the server of the desk open our Webhook URL? Until it can, replies are asked for, and come a little later.",
    )
    findings.append(provider.why_not_back(thread, remote_id) or unknown)
    return False


def came_back(handoff: Handoff, key: uuid.UUID) -> bool:
    until = time.monotonic() + PATIENCE
    while not handoff.has_seen_probe(key):
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_EVERY)
    return True


def tidied(provider: Provider, person: Person) -> Finding:
    try:
        provider.erase(person.key)
    except ProviderError as error:
        text = f"The probe’s contact “{person.name}” could not be deleted. {error}"
        return Finding(TIDY, "warn", text, "Delete it at the desk, or press “Set it up for me” again.")
    return Finding(TIDY, "good", "The probe was deleted again.")
