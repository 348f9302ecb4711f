"""Which hosts and addresses a connection may go to. Pure: nothing is looked up and nothing is opened here.

``ipaddress.is_global`` is no such check: it lets multicast, 6to4 and NAT64 of a loopback address through.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address

import idna

Address = IPv4Address | IPv6Address


class HostRefused(ValueError):
    """The text is no host that a connection may be made to. Its words are for the log, never for whoever typed it."""


class Reach(Enum):
    """Where an address leads: out, to this machine or the host's own network, or nowhere that anybody has business with."""

    PUBLIC = "public"
    INNER = "inner"
    NEVER = "never"


_INNER = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "::1/128", "fc00::/7")]
# What IANA sets aside for special purposes and is not in the list above.
_NEVER = [
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_MAPPED = ipaddress.ip_network("::ffff:0:0/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One inner host and one port of it, which the host of this deployment or an admin has opened. Nothing beside it is opened."""

    host: str
    port: int


def read_allowances(text: str) -> frozenset[Allowance]:
    """``mail.lan:25, 10.0.0.4:587, [fd00::5]:25``. Raises ``ValueError`` with a sentence that names the entry that cannot be read."""
    found = set()
    for entry in filter(None, (part.strip() for part in text.split(","))):
        host, _colon, port = entry.rpartition(":")
        try:
            if not port.isascii() or not 1 <= int(port) <= 65535:
                raise HostRefused("not a port")
            found.add(Allowance(str(parse_host(host)), int(port)))
        except ValueError:
            raise ValueError(f"MINDFULCRM_INNER_HOSTS has {entry!r}; each entry is a host and its port, like mail.lan:25.") from None
    return frozenset(found)


def parse_host(text: str) -> str | Address:
    """A host name in lower case and ASCII, or an address. Raises ``HostRefused`` for every other spelling.

    Browsers and C libraries read ``0x7f.1``, ``2130706433`` and ``0177.0.0.1`` as addresses; here a host that ends in a number
    is an address in four decimal parts, or it is refused.
    """
    if not text or len(text) > 253 or not text.isprintable() or any(char in text for char in " %@/\\?#"):
        raise HostRefused("not a host")
    if text.startswith("["):
        return _address(text[1:-1] if text.endswith("]") and ":" in text else "")
    if ":" in text:
        return _address(text)
    name = _ascii(text).lower().removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _address(name)
    if not _HOST.fullmatch(name):
        raise HostRefused("not a host name")
    return name


def _address(text: str) -> Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise HostRefused("not an address in its usual spelling") from None


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise HostRefused("not a name that can be looked up") from None


def reach(address: Address) -> Reach:
    """Where an address leads. One that stands for an IPv4 address leads where that one does, and no way around leads inside."""
    if isinstance(address, IPv4Address):
        return _listed(address)
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _MAPPED:
        return _listed(low)
    if address in _NAT64:
        return Reach.PUBLIC if _listed(low) is Reach.PUBLIC else Reach.NEVER
    found = _listed(address)
    if found is Reach.PUBLIC and (int(address) >> 32) & 0xFFFFFFFF in _ISATAP and _listed(low) is not Reach.PUBLIC:
        return Reach.NEVER
    return found


def _listed(address: Address) -> Reach:
    if any(address in net for net in _INNER if net.version == address.version):
        return Reach.INNER
    if any(address in net for net in _NEVER if net.version == address.version):
        return Reach.NEVER
    return Reach.PUBLIC if isinstance(address, IPv4Address) or address in _GLOBAL_V6 else Reach.NEVER
