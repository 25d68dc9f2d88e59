"""Webhooks as Chatwoot sends them: once, signed, in no order, five seconds, and never again."""

import hashlib
import hmac
import ipaddress
import itertools
import logging
import socket
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import requests

from sandbox import messages, payloads
from sandbox.config import Config
from sandbox.errors import NotFound
from sandbox.store import Event, Row, Store

log = logging.getLogger(__name__)

SIDEKIQ_CONCURRENCY = 10
MOST_REDIRECTS = 10


class Job(NamedTuple):
    inbox_id: int
    url: str
    secret: str
    body: bytes


class Parcel(NamedTuple):
    """A job, the event it tells of, its id, and its number in the order of the commits."""

    job: Job
    event: Event
    delivery: str
    number: int


class DeliveryFailed(Exception):
    """Why a webhook failed, in the words Chatwoot would show the agent."""


class Webhooks:
    """Hears the store's events and posts each to the webhook_url of its inbox."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config
        self._pool = ThreadPoolExecutor(SIDEKIQ_CONCURRENCY, thread_name_prefix="webhook")
        self._numbers = itertools.count()
        self._pending = 0
        self._settled = threading.Condition()

    def start(self) -> None:
        self._store.subscribe(self.enqueue)

    def enqueue(self, event: Event) -> None:
        self._owe()
        self._submit(partial(self._perform, event, str(uuid.uuid4()), next(self._numbers)))

    def _owe(self) -> None:
        with self._settled:
            self._pending += 1

    def _submit(self, work: Callable[[], object]) -> None:
        """What was owed before. It is settled once the work is done, however that ends."""
        self._pool.submit(self._work_off, work)

    @property
    def pending(self) -> int:
        return self._pending

    def drain(self, timeout: float = 30) -> None:
        """Wait until every webhook owed so far was attempted, failures' own message_updated included."""
        with self._settled:
            if not self._settled.wait_for(lambda: self._pending == 0, timeout):
                raise TimeoutError(f"{self._pending} webhooks still under way after {timeout} s")

    def close(self) -> None:
        self._store.unsubscribe(self.enqueue)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work_off(self, work: Callable[[], object]) -> None:
        try:
            work()
        except NotFound:
            pass  # the record vanished before the job ran: ActiveJob discards it
        except Exception:
            log.exception("a webhook was never sent: a bug in the sandbox")
        finally:
            with self._settled:
                self._pending -= 1
                self._settled.notify_all()

    def _perform(self, event: Event, delivery: str, number: int) -> None:
        job = self._build(event)
        if job:
            self._dispatch(Parcel(job, event, delivery, number))

    def _dispatch(self, parcel: Parcel) -> None:
        self._send(parcel)

    def _build(self, event: Event) -> Job | None:
        with self._store.transaction():
            payload = self._payload(event) if self._is_told(event) else None
            inbox = self._inbox(event)
        if payload is None or not inbox["webhook_url"]:
            return None
        return Job(inbox["id"], inbox["webhook_url"], inbox["secret"], payloads.encode(payload))

    def _is_told(self, event: Event) -> bool:
        """Typing since 4.2 (§10)."""
        return self._config.at_least("4.2") or not event.name.startswith("conversation_typing_")

    def _payload(self, event: Event) -> Row | None:
        return payloads.build(self._store, self._config, event)

    def _inbox(self, event: Event) -> Row:
        table = "messages" if event.is_about_a_message else "conversations"
        return self._store.find("inboxes", id=self._store.find(table, id=event.subject)["inbox_id"])

    def _send(self, parcel: Parcel) -> bool:
        """Whether it was taken."""
        try:
            self._post(parcel.job, parcel.delivery)
        except DeliveryFailed as error:
            if parcel.event.is_about_a_message:
                messages.mark_failed(self._store, parcel.event.subject, str(error))
            return False
        return True

    def _post(self, job: Job, delivery: str) -> None:
        url = job.url
        for _ in range(MOST_REDIRECTS):
            response = self._post_once(url, job, delivery)
            if not response.is_redirect:
                return _require_success(response)
            url = urljoin(url, response.headers["Location"])
        raise DeliveryFailed("Got 10 redirects fetching the URL")

    def _post_once(self, url: str, job: Job, delivery: str) -> requests.Response:
        self._refuse_private_network(url)
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.post(
                    url, data=job.body, headers=self._headers(job, delivery), timeout=self._config.webhook_timeout, allow_redirects=False
                )
            except requests.RequestException as error:
                raise DeliveryFailed(_in_rubys_words(error, url)) from None

    def _headers(self, job: Job, delivery: str) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Ruby"}
        if not job.secret or not self._config.at_least("4.13"):
            return headers
        timestamp = str(int(time.time()))
        return headers | {
            "X-Chatwoot-Delivery": delivery,
            "X-Chatwoot-Timestamp": timestamp,
            "X-Chatwoot-Signature": f"sha256={signature(job.secret, timestamp, job.body)}",
        }

    def _refuse_private_network(self, url: str) -> None:
        """Since 4.14 ssrf_filter stands before every webhook; 4.14.0 had no way around it (§4)."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise DeliveryFailed(f"URL scheme '{parts.scheme}' not in whitelist: http, https")
        may_be_private = self._config.allow_private_network and self._config.at_least("4.14.1")
        if may_be_private or not self._config.at_least("4.14"):
            return
        if not any(ipaddress.ip_address(address).is_global for address in _addresses(parts.hostname or "")):
            raise DeliveryFailed(f"Hostname '{parts.hostname}' has no public ip addresses")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _addresses(host: str) -> list[str]:
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None)]
    except OSError:
        raise DeliveryFailed(f"Could not resolve hostname '{host}'") from None


def _require_success(response: requests.Response) -> None:
    if not 200 <= response.status_code < 300:
        raise DeliveryFailed(f"{response.status_code} {response.reason}")


def _in_rubys_words(error: requests.RequestException, url: str) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "execution expired"
    if isinstance(error, requests.ReadTimeout):
        return "Net::ReadTimeout with #<TCPSocket:(closed)>"
    return f"Failed to open TCP connection to {urlsplit(url).netloc}"
