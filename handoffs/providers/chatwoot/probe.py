"""Why a message did not come back by webhook: Chatwoot writes it on the message, in the words of Ruby (CHATWOOT.md §4)."""

from __future__ import annotations

from handoffs.providers.base import Finding, ProviderError
from handoffs.providers.chatwoot.shapes import mapping, string
from handoffs.providers.chatwoot.talk import Talk, order

NAME = "Webhook"
KNOWN = (
    (
        ("no public ip", "unpermitted", "private"),
        "Chatwoot refuses to call us, because we are at a private address.",
        "Set SAFE_FETCH_ALLOW_PRIVATE_NETWORK=true for Chatwoot (4.14.1 and later), or give Handoff a public address.",
    ),
    (("401",), "Our door refused the webhook: it was not signed with the secret stored here.", "Press “Set it up for me” once more."),
    (("404",), "Our door does not know this account and inbox.", "Save the handoff with the right account and inbox."),
    (
        ("certificate", "ssl"),
        "Chatwoot cannot make a safe connection to us.",
        "Is the certificate of our public address valid for Chatwoot’s server?",
    ),
    (
        ("expired", "timeout", "timed out"),
        "Chatwoot’s webhook did not reach us in time.",
        "Can the server of Chatwoot reach our public address? Is there a firewall between them?",
    ),
    (
        ("refused", "getaddrinfo", "resolve", "failed to open", "name or service"),
        "Chatwoot cannot reach our public address.",
        "Is PUBLIC_URL of Handoff an address that the server of Chatwoot can open?",
    ),
    (("50",), "Something in front of us answers Chatwoot with an error.", "Look into the proxy of Handoff."),
)


def why_not_back(talk: Talk, remote_id: int) -> Finding | None:
    try:
        message = next((each for each in talk.after(remote_id - 1) if order(each) == remote_id), None)
    except ProviderError:
        return None
    said = string(mapping(mapping(message).get("content_attributes")).get("external_error")).lower()
    if not said:
        return None
    for words, text, what_to_do in KNOWN:
        if any(word in said for word in words):
            return Finding(NAME, "bad", text, what_to_do)
    return Finding(NAME, "bad", "Chatwoot could not bring us its webhook.", "Open the Webhook URL from Chatwoot’s server to see why.")
