"""Which IP addresses we may connect to. Knows numbers only: no names, no sockets.

``ipaddress`` alone is not enough: its ``is_global`` passes NAT64, 6to4, multicast and some cloud metadata addresses.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*ranges: str) -> tuple[Network, ...]:
    return tuple(ip_network(cidr) for cidr in ranges)


# Closed even when a deployment lists them: cloud metadata, addresses of this link, and IPv6 that carries an IPv4 address inside (a NAT64
# or 6to4 gateway would take us to any address in it, 169.254.169.254 included).
NEVER = (
    *_networks(
        "169.254.0.0/16",  # link-local, with the metadata of AWS, Azure, Google and others
        "168.63.129.16/32",  # Azure's host
        "100.100.100.200/32",  # Alibaba metadata
        "192.0.0.192/32",  # Oracle metadata
        "224.0.0.0/4",
        "240.0.0.0/4",
        "0.0.0.0/8",
        "fe80::/10",
        "fd00:ec2::254/128",  # AWS metadata
        "fd20:ce::254/128",  # Google metadata
        "ff00::/8",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::ffff:0:0:0/96",
    ),
    # IPv4-compatible addresses; ::1 is the one of them that means something.
    *IPv6Network("::/96").address_exclude(IPv6Network("::1/128")),
)

# What Python calls global and nobody runs a desk on.
NOT_PUBLIC = _networks("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "2001::/23", "2001:db8::/32", "3fff::/20")

# The only IPv6 space given out for public use (IANA); everything outside it is special, now or later.
PUBLIC_V6 = IPv6Network("2000::/3")


def plain(address: Address) -> Address:
    """The IPv4 address inside ``::ffff:a.b.c.d``, anything else unchanged."""
    return getattr(address, "ipv4_mapped", None) or address


def parsed(text: str) -> Address | None:
    """An address as ``getaddrinfo`` writes it (a zone such as ``%eth0`` included), unwrapped; None if it is not one."""
    try:
        return plain(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def _inside(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def listed(address: Address, allowed: tuple[Network, ...]) -> bool:
    """Whether the deployment opened this address itself, and it is not one that stays closed."""
    return _inside(plain(address), allowed) and not _inside(plain(address), NEVER)


def public(address: Address) -> bool:
    """Whether this is an ordinary address of the internet."""
    address = plain(address)
    if isinstance(address, IPv6Address) and address not in PUBLIC_V6:
        return False
    return address.is_global and not _inside(address, NEVER + NOT_PUBLIC)
