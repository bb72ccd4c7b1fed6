"""Our own name of a delivery in the URL that a provider posts its fate to."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

DELIVERY = "delivery"


def delivery_in(url: str) -> UUID | None:
    """Return the delivery that a callback's URL names, if it names one."""
    try:
        named = parse_qs(urlsplit(url).query, max_num_fields=20).get(DELIVERY, [""])
        return UUID(named[0])
    except ValueError:
        return None
