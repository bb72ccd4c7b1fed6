"""Postmark's webhooks: what became of mails that went out through its SMTP server.

Sources: postmarkapp.com/developer/webhooks: Bounce, Delivery and Spam complaint webhook;
/developer/api/bounce-api: Bounce types; /developer/user-guide/send-email-with-smtp.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from channels.contract import ChannelConfig, DeliveryReport, OutboundMessage, Payload
from channels.documents import part
from channels.email.events import DELIVERED, GIVEN_UP, NOBODY_THERE, REFUSED, Meaning, report
from channels.email.postmark import check_password
from channels.email.wrapped import read_object

DELIVERY = "delivery"
"""The name under which Postmark gives us back our own name of a delivery."""

_BOUNCES = {
    "HardBounce": NOBODY_THERE,
    "BadEmailAddress": NOBODY_THERE,
    "ManuallyDeactivated": NOBODY_THERE,
    "Unsubscribe": NOBODY_THERE,
    "SoftBounce": GIVEN_UP,
    "DnsError": GIVEN_UP,
    "Blocked": REFUSED,
    "DMARCPolicy": REFUSED,
    "SMTPApiError": REFUSED,
    "SpamNotification": REFUSED,
    "VirusNotification": REFUSED,
}
"""Bounces that end a delivery; the others are answers of machines, or tries that go on."""


def marks(message: OutboundMessage) -> Mapping[str, str]:
    """Return header fields for Postmark alone, which takes the second off before it sends.

    Without the first it would put a Message-ID of its own in place of ours, and break threads.
    """
    return {"X-PM-KeepID": "true", f"X-PM-Metadata-{DELIVERY}": str(message.delivery_id)}


class PostmarkStatus:
    """The half that hears of mails: setting `webhook_username`, secret `webhook_password`."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check the user and password of the webhook's URL, the same as for mail.

        Raises:
            InvalidSignature: they are others, or not set.
        """
        check_password(payload, channel)

    def parse_status(
        self,
        payload: Payload,
        channel: ChannelConfig,  # noqa: ARG002 - the contract's
    ) -> tuple[DeliveryReport, ...]:
        """Read one event; the mail is known by the metadata that went out with it.

        Raises:
            Unparseable: `not_json`.
        """
        event = read_object(payload.body, "the body")
        meaning = _meaning(event)
        if meaning is None:
            return ()
        made = report(
            meaning,
            message_id="",
            recipient=event.get("Recipient") or event.get("Email"),
            code="complaint" if event.get("RecordType") == "SpamComplaint" else event.get("Type"),
            detail=event.get("Details") or event.get("Description"),
            at=event.get("DeliveredAt") or event.get("BouncedAt"),
        )
        return (replace(made, delivery_id=_delivery(part(event, "Metadata").get(DELIVERY))),)


def _meaning(event: Mapping[str, Any]) -> Meaning | None:
    kind = event.get("RecordType")
    if kind == "Bounce":
        return _BOUNCES.get(str(event.get("Type")))
    return DELIVERED if kind in ("Delivery", "SpamComplaint") else None


def _delivery(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
