"""The services the rig stands on, each from its wheel: what a machine without PostgreSQL and Redis gets."""

from __future__ import annotations

import psycopg
import pytest
import redis

from tests import services
from tests.services import NotOurs, Postgres, Valkey


@pytest.fixture
def closed_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the virtual environment lay below a folder that only its owner may enter."""
    monkeypatch.setattr(services, "reachable", lambda path: False)


def test_postgres_of_the_wheel_keeps_what_was_committed_over_an_immediate_stop() -> None:
    with Postgres((services.wheel_postgres,)) as service:
        with psycopg.connect(service.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        service.stop_at_once()
        service.start()
        with psycopg.connect(service.url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_valkey_of_the_wheel_can_be_emptied_filled_and_killed() -> None:
    with Valkey((services.wheel_redis,)) as service, service.client() as client:
        client.set("a", 1)
        service.fill(True)
        with pytest.raises(redis.ResponseError, match="maxmemory"):
            client.set("b", 1)
        service.fill(False)
        service.flush()
        assert client.get("a") is None
        service.kill()
        with pytest.raises(NotOurs):
            service.flush()
        assert service.start().answers()


@pytest.mark.usefixtures("closed_to_others")
def test_programs_that_others_cannot_reach_are_copied_with_their_libraries() -> None:
    with Postgres((services.wheel_postgres,)) as database, Valkey((services.wheel_redis,)) as broker:
        assert str(database.program).startswith(str(database.room)) and str(broker.program).startswith(str(broker.room))


def test_none_to_be_had_is_said_in_words() -> None:
    with pytest.raises(services.Missing, match="install PostgreSQL"):
        Postgres((lambda room: None,))


def test_a_service_that_was_given_is_never_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://somewhere:6379/0")
    with services.valkey() as given, pytest.raises(NotOurs, match="flush"):
        given.flush()


def test_a_port_of_somebody_else_is_not_ours() -> None:
    with Valkey() as one, Valkey() as other:
        one.port = other.port
        with pytest.raises(NotOurs):
            one.kill()
