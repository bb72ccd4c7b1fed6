"""Who is counted as one where clients are counted."""

import ipaddress


def network_of(client: str) -> str:
    """Whom an address stands for: with IPv6 everybody has a whole /64."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return client
