"""How much mail one peer or one sender may hand in, counted in this process's memory."""

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from channels.addresses import normalise_email
from gateway.networks import network_of

PEER_SENDS_TOO_MUCH = "450 4.7.1 Too much mail from your address, please try again later"
SENDER_SENDS_TOO_MUCH = "450 4.7.1 Too much mail from this sender, please try again later"


class SmtpLimits:
    """Mails per minute; None is no limit.

    The null sender (RFC 5321 section 4.5.5) counts for its peer alone: all servers share it.
    """

    def __init__(self, peer: int | None, sender: int | None) -> None:
        self._peer = RateLimitItemPerMinute(peer) if peer else None
        self._sender = RateLimitItemPerMinute(sender) if sender else None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def refusal(self, peer: str, sender: str) -> str | None:
        """Count a mail; the answer (RFC 5321 section 4.2) if it is one too many."""
        if self._peer and not await self._limiter.hit(self._peer, "peer", network_of(peer)):
            return PEER_SENDS_TOO_MUCH
        address = normalise_email(sender.strip("<>"))
        if self._sender and address and not await self._limiter.hit(self._sender, "from", address):
            return SENDER_SENDS_TOO_MUCH
        return None
