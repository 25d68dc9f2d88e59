"""What each fault is called, and what to do about it, in an admin's words. Facts: CHATWOOT.md §0, §2, §4, §9; pains: FIELD.md."""

from __future__ import annotations

from handoffs.providers import outbound
from handoffs.providers.base import Finding, Locked
from handoffs.providers.chatwoot.asking import Told

ADDRESS, TOKEN, ACCOUNT, INBOX, HOOK = "Address", "Access token", "Account", "Inbox", "Webhook URL"
BOT, SIGNATURE, SPEED, MEMBERS, RIGHTS = "Agent bot", "Signature", "Speed", "Agents", "Rights"

COPY_IT_AGAIN = "Copy it from Chatwoot once more: Profile settings → Access Token."
PLAN = "Ask who runs this account to choose a plan with API access. A self-hosted Chatwoot always has it."
# By what ``reasons.py`` says.
UNREACHABLE = (
    ("host name could not be found", "There is no host of this name.", "Look for a slip in the Domain, such as a missing letter."),
    (
        "TLS",
        "There is no safe connection to it: its certificate is not valid, or it does not speak HTTPS.",
        "Renew the certificate, use the host name it was made for, or enter http:// for a Chatwoot in your own network.",
    ),
    ("refused the connection", "Nothing answers at this address.", "Is Chatwoot running, and is the port in the Domain the right one?"),
    ("in time", "It does not answer in time.", "Is it overloaded, or does a firewall keep us out? Try again in a minute."),
    ("took longer", "It does not answer in time.", "Is it overloaded, or does a firewall keep us out? Try again in a minute."),
    (
        "no time left",
        "There was no time left to ask: it answers too slowly.",
        "Try again. If it stays so slow, look at the load of Chatwoot.",
    ),
)
NOT_CHATWOOT = Finding(
    ADDRESS,
    "bad",
    "Something answers there, but it is not a Chatwoot.",
    "Open Chatwoot in your browser and paste the address of the page you see into Domain. "
    "A login page of a proxy in front of it looks like this, too.",
)


def unreachable(error: Exception, name: str = ADDRESS) -> Finding:
    if isinstance(error, outbound.Forbidden) and str(error) == outbound.CLOSED:
        return Finding(
            name,
            "bad",
            "This host is at a private address, which we do not connect to.",
            "If this Chatwoot runs in your own network, have its network added to the setting HANDOFF_ALLOWED_NETWORKS of Handoff.",
        )
    if isinstance(error, Locked):
        return Finding(TOKEN if "token" in str(error) and not isinstance(error, outbound.Forbidden) else name, "bad", str(error))
    said = str(error)
    for words, text, advice in UNREACHABLE:
        if words in said:
            return Finding(name, "bad", text, advice)
    return Finding(name, "bad", f"It cannot be used right now: {said}.", "Try again in a minute.")


def refused(told: Told, name: str) -> Finding:
    """What any call with a token may be answered."""
    if told.nobody_signed_in:
        return Finding(
            TOKEN,
            "bad",
            "The access token does not arrive at Chatwoot: something on the way takes it out of the request.",
            "In the proxy in front of Chatwoot let the header api_access_token through; for nginx that is underscores_in_headers on.",
        )
    if told.status == 401 and ("bots" in told.error or "Bot is not" in told.error):
        return Finding(
            TOKEN,
            "bad",
            "This is the token of a bot. Chatwoot lets bots do only some of what is needed.",
            "Use the token of a user: log in as that user, then Profile settings → Access Token.",
        )
    if told.status == 401 and "suspended" in told.error:
        return Finding(ACCOUNT, "bad", "Chatwoot has suspended this account.", "Ask who runs this Chatwoot.")
    if told.status == 401 and "Invalid Access Token" in told.error:
        return Finding(TOKEN, "bad", "Chatwoot does not know this token.", COPY_IT_AGAIN)
    if told.status == 401 and "this account" in told.error:
        return Finding(ACCOUNT, "bad", "The user of this token does not belong to this account.", "Choose the account with Connect.")
    if told.status == 401:
        return Finding(
            name, "bad", "The user of this token may not see this.", "Use the token of an administrator, or add the user to the inbox."
        )
    if told.status == 402:
        return Finding(ACCOUNT, "bad", "The account is over the limit of its plan (402).", PLAN)
    if told.status == 403 and "API access" in told.error:
        return Finding(ACCOUNT, "bad", "The plan of this account has no API access (403).", PLAN)
    if told.status == 403:
        return Finding(name, "bad", "We are kept out (403): by the plan of the account, or by a proxy in front of Chatwoot.", PLAN)
    if told.status == 404:
        return Finding(name, "bad", "Chatwoot does not have this any more (404).", "Choose another one with Connect.")
    if told.status == 429:
        return Finding(name, "bad", "Chatwoot asks us to slow down (429).", "Try again in a minute.")
    if told.status == 422:
        return Finding(name, "bad", "Chatwoot does not accept this (422).", "Check the values, and try again.")
    if 300 <= told.status < 400:
        return NOT_CHATWOOT
    return Finding(name, "bad", f"Chatwoot has a problem of its own ({told.status}).", "Try again in a minute, or look into its log.")
