"""Mail that was fetched from a mailbox: there is no sender any more who could be refused."""

from channels.contract import ChannelConfig, InboundMessage, Payload
from channels.email.parse import EmailInbound
from channels.errors import Unparseable

WHOLE_SIZE, UNREADABLE = "whole_size", "unreadable"
"""What the envelope says of a mail whose payload is not the mail: its size, or the trouble."""


class FetchedInbound(EmailInbound):
    """Reads mail like any other; what could not be fetched whole is left to quarantine."""

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read the raw bytes of one mail.

        Raises:
            Unparseable: `too_large` where the payload is the mail's head alone, `unreadable` where
                the server would not give it, and all that `EmailInbound` raises.
        """
        envelope = payload.envelope
        where = f"UID {envelope.get('uid')} of folder {envelope.get('folder')!r}"
        if size := envelope.get(WHOLE_SIZE):
            raise Unparseable("too_large", f"{where} has {size} bytes; only its head was fetched")
        if trouble := envelope.get(UNREADABLE):
            raise Unparseable("unreadable", f"{where} cannot be fetched: {trouble}")
        return super().parse(payload, channel)
