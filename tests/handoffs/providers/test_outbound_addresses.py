"""Where requests may go. Listeners are real; only name resolution is played."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from handoffs.providers.base import Locked, ProviderError
from handoffs.providers.outbound import Forbidden, NoAnswer, session
from tests.handoffs.providers.resolver import Names
from tests.handoffs.providers.servers import listening

NOT_PUBLIC = """
127.0.0.1 127.1.2.3 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255
100.64.0.1 100.127.255.254 100.100.100.200 169.254.0.1 169.254.169.254 169.254.170.2 168.63.129.16 192.0.0.1 192.0.0.8 192.0.0.9
192.0.0.10 192.0.0.170 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250
240.0.0.1 255.255.255.255
::1 :: ::2 ::7f00:1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:a9fe:a9fe ::ffff:192.168.1.1
::ffff:168.63.129.16 ::ffff:0:127.0.0.1 ::ffff:0:169.254.169.254
64:ff9b::7f00:1 64:ff9b::127.0.0.1 64:ff9b::169.254.169.254 64:ff9b::8.8.8.8 64:ff9b:1::1 64:ff9b:1::a9fe:a9fe 100::1 100:0:0:1::1
2001::1 2001:0:a9fe:a9fe::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 2002:808:808::1 3fff::1
5f00::1 fc00::1 fd00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::a9fe:a9fe fec0::1 ff02::1 ff0e::1 4000::1 8000::1
"""

OTHER_SPELLINGS = """
http://localhost http://2130706433 http://0x7f000001 http://0x7f.1 http://0177.0.0.1 http://017700000001 http://127.1 http://127.0.1
http://0 http://0x0 http://0x7f.0x0.0x0.0x1 http://0251.0376.0251.0376 http://0xa9fea9fe http://2852039166 http://169.16689662
http://[::ffff:7f00:1] http://[0:0:0:0:0:ffff:7f00:1] http://[::ffff:0x7f.1] http://127.0.0.1. http://[::1%25lo] http://[fe80::1%251]
http://①②⑦.⓪.⓪.① http://127。0。0。1 http://１２７.0.0.1 http://127.0.0.1%2f@example.com http://127.0.0.1%00.example.com
https://2130706433 https://0x7f.1 https://[::1] https://localhost https://0 https://[::]
"""

NOT_CALLABLE = [
    "ftp://93.184.216.34/", "file:///etc/passwd", "gopher://93.184.216.34/", "data:text/plain,x", "javascript:alert(1)", "ws://93.184.216.34/",
    "//93.184.216.34/", "93.184.216.34", "", "http://", "https://", "https://?", "https:///path", "https://[::1", "https://]",
    "https://user@93.184.216.34/", "https://user:pass@93.184.216.34/", "https://:@93.184.216.34/",
    "https://93.184.216.34/#part", "https://93.184.216.34#@127.0.0.1/", "https://93.184.216.34:x/", "https://93.184.216.34:-1/",
    "https://93.184.216.34:99999/", "https://93.184.216.34:22/", "https://93.184.216.34:25/",
    "http://93.184.216.34/", "http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", "https://exa mple.com/", "https://*/", "https://.example.com/",
    "https://" + "a" * 64 + ".test/",
]  # fmt: skip


def as_url(address: str) -> str:
    return f"https://[{address}]/" if ":" in address else f"https://{address}/"


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_an_address_that_is_not_an_ordinary_public_one_is_refused(address: str, names: Names, dialled: list[str]) -> None:
    with pytest.raises(Forbidden, match="HANDOFF_ALLOWED_NETWORKS"):
        session().get(as_url(address))
    assert dialled == []


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_a_name_that_resolves_to_such_an_address_is_refused(address: str, names: Names, dialled: list[str]) -> None:
    names.says("desk.test", [address])
    with pytest.raises(Forbidden):
        session().get("https://desk.test/")
    assert dialled == []


@pytest.mark.parametrize("url", OTHER_SPELLINGS.split())
def test_no_spelling_of_a_private_address_gets_through(url: str, names: Names, dialled: list[str]) -> None:
    names.says("localhost", ["127.0.0.1"])
    with pytest.raises((Forbidden, NoAnswer)):
        session().get(url)
    assert dialled == []


@pytest.mark.parametrize("url", NOT_CALLABLE)
def test_what_is_not_a_plain_https_address_is_refused(url: str, names: Names, dialled: list[str]) -> None:
    with pytest.raises((Forbidden, NoAnswer)):
        session().get(url)
    assert dialled == []


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "192.0.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001::1"]
)
def test_an_ordinary_public_address_is_called(address: str, names: Names, dialled: list[str]) -> None:
    with pytest.raises(NoAnswer, match="refused"):
        session().get(as_url(address))
    assert dialled == [address]


@pytest.mark.parametrize("answers", [["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"], ["93.184.216.34", "::ffff:10.0.0.1"]])
def test_one_bad_address_among_good_ones_closes_the_host(answers: list[str], names: Names, dialled: list[str]) -> None:
    names.says("desk.test", answers)
    with pytest.raises(Forbidden):
        session().get("https://desk.test/")
    assert dialled == []


def test_every_good_address_is_tried_in_the_resolvers_order(names: Names, dialled: list[str]) -> None:
    names.says("desk.test", ["93.184.216.34", "8.8.8.8"])
    with pytest.raises(NoAnswer):
        session().get("https://desk.test/")
    assert dialled == ["93.184.216.34", "8.8.8.8"]


@pytest.mark.parametrize(
    ("address", "network"), [("10.1.2.3", "10.0.0.0/8"), ("fd12::5", "fd12::/16"), ("::1", "::1/128"), ("127.0.0.1", "0.0.0.0/0")]
)
def test_a_private_network_is_open_when_the_deployment_lists_it(address: str, network: str, names: Names, dialled: list[str]) -> None:
    with pytest.raises(NoAnswer):
        session([ip_network(network)]).get(as_url(address).replace("https", "http"))
    assert dialled == [address]


NEVER_OPEN = """
169.254.169.254 169.254.1.1 168.63.129.16 100.100.100.200 192.0.0.192 0.0.0.0 224.0.0.1 255.255.255.255 fe80::1 fd00:ec2::254
fd20:ce::254 ff02::1 :: ::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:a9fe:a9fe::1 2001:0:1::1 ::ffff:169.254.169.254
::ffff:0:a9fe:a9fe
"""


@pytest.mark.parametrize("address", NEVER_OPEN.split())
def test_metadata_and_link_local_stay_closed_even_when_everything_is_listed(address: str, names: Names, dialled: list[str]) -> None:
    with pytest.raises(Forbidden):
        session([ip_network("0.0.0.0/0"), ip_network("::/0")]).get(as_url(address))
    assert dialled == []


def test_unencrypted_http_leaves_only_for_hosts_wholly_inside_the_listed_networks(names: Names, dialled: list[str]) -> None:
    names.says("mixed.test", ["10.0.0.5", "93.184.216.34"])
    names.says("inside.test", ["10.0.0.5", "10.0.0.6"])
    guarded = session([ip_network("10.0.0.0/8")])
    with pytest.raises(Forbidden, match="https://"):
        guarded.get("http://mixed.test/")
    assert dialled == []
    with pytest.raises(NoAnswer):
        guarded.get("http://inside.test/")
    assert dialled == ["10.0.0.5", "10.0.0.6"]


def test_a_name_that_changes_its_address_is_asked_once_and_the_checked_address_is_called(names: Names) -> None:
    with listening("127.0.0.2") as good, listening("127.0.0.3") as canary:
        names.says("desk.test", ["127.0.0.2"], ["127.0.0.3"])
        guarded = session([ip_network("127.0.0.2/32")])
        assert guarded.get(f"http://desk.test:{good.port}/").status_code == 200
        assert names.asked == ["desk.test"]
        with pytest.raises(Forbidden):
            guarded.get(f"http://desk.test:{canary.port}/")
    assert [request.headers["host"] for request in good.seen] == [f"desk.test:{good.port}"]
    assert canary.seen == []


def test_forbidden_is_a_permanent_error_of_the_tree() -> None:
    assert issubclass(Forbidden, Locked)
    assert issubclass(Forbidden, ProviderError)
