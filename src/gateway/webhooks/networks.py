"""Where webhooks may go: public addresses, and the networks that the operator has opened.

An admin of a workspace chooses the URL, and must not reach through the gateway what stands around
it (server-side request forgery).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_UNICAST = IPv6Network("2000::/3")
"""All that has been given out of IPv6; beside it lie local, multicast and reserved addresses."""

_TRANSLATED = IPv6Network("64:ff9b::/96")
_DOCUMENTATION = IPv6Network("3fff::/20")  # RFC 9637, unknown to older Pythons


def is_public(address: Address) -> bool:
    """Whether the address is one of the internet's hosts, also behind what IPv6 wraps IPv4 in."""
    if isinstance(address, IPv6Address):
        wrapped = _wrapped(address)
        return _is_public_v6(address) if wrapped is None else is_public(wrapped)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_public_v6(address: IPv6Address) -> bool:
    return address in _UNICAST and address.is_global and address not in _DOCUMENTATION


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that is meant by an IPv4-mapped, 6to4 or NAT64 (RFC 6052) one."""
    if address in _TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be called: public addresses by https, those of `opened` also by http."""

    opened: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read networks in CIDR notation, separated by commas.

        Raises:
            ValueError: one of them is none.
        """
        return cls(tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))

    def mistake_in(self, url: str) -> str | None:
        """Why a URL can never be called; None if that depends on where its name leads."""
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            return "must be a URL"
        if parsed.scheme not in {"https", "http"} or not parsed.host:
            return "must be an absolute https URL"
        if parsed.port is not None and not 1 <= parsed.port <= 65_535:
            return "must have a port from 1 to 65535"
        if parsed.userinfo:
            return "must hold no user and password: calls are signed"
        if parsed.scheme == "http" and not self.opened:
            return "must begin with https"
        if _is_address(parsed.host) and not self.allows(parsed.scheme, [parsed.host]):
            return "must lead to a public address"
        return None

    def allows(self, scheme: str, addresses: Iterable[str]) -> bool:
        """Whether a host may be called that has these addresses: each of them must be allowed."""
        found = [self._is_allowed(scheme, text) for text in addresses]
        return bool(found) and all(found)

    def _is_allowed(self, scheme: str, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if self._is_opened(address):
            return True
        return scheme == "https" and is_public(address)

    def _is_opened(self, address: Address) -> bool:
        wrapped = _wrapped(address) if isinstance(address, IPv6Address) else None
        return any((wrapped or address) in network for network in self.opened)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
