"""Why an exchange ended without an answer, in our own words."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator


class Unreadable(OSError):
    """An answer we refuse to read; ``str()`` says why."""


class TooLarge(Unreadable):
    """It has more bytes than the limit."""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


CATEGORIES: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its host name could not be found"),
    (ssl.SSLCertVerificationError, "its TLS certificate is not valid for this host"),
    (ssl.SSLError, "the TLS connection could not be made"),
    (ConnectionRefusedError, "it refused the connection"),
    (TimeoutError, "it did not answer in time"),
    (ConnectionError, "the connection broke"),
)
UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH)


def category(error: BaseException) -> str:
    """What went wrong in our own words; never the exception's, which quote hosts, headers and bodies."""
    for link in _chain(error):
        if isinstance(link, Unreadable):
            return str(link)
        for kind, words in CATEGORIES:
            if isinstance(link, kind):
                return words
        if isinstance(link, OSError) and link.errno in UNREACHABLE:
            return "there is no route to it"
    return "the exchange failed"
