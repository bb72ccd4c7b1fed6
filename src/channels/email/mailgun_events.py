"""Mailgun's webhooks: what became of a mail that went out through its SMTP server.

Source: documentation.mailgun.com, user manual: Webhook payloads; Event structure.
"""

from channels.contract import ChannelConfig, DeliveryReport, Payload
from channels.documents import part
from channels.email.events import DELAYED, DELIVERED, NOBODY_THERE, REFUSED, SENT, Meaning, report
from channels.email.mailgun import check_signature
from channels.email.wrapped import read_object
from channels.errors import InvalidSignature, Unparseable

_MEANINGS = {
    ("accepted", ""): SENT,
    ("delivered", ""): DELIVERED,
    ("complained", ""): DELIVERED,
    ("failed", "temporary"): DELAYED,
    ("failed", "permanent"): REFUSED,
    ("rejected", ""): REFUSED,
}
_NOBODY = frozenset({"bounce", "suppress-bounce", "suppress-complaint", "suppress-unsubscribe"})


class MailgunStatus:
    """The half that hears of mails: secret `signing_key`."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check the signature that the document carries.

        Raises:
            InvalidSignature: it is another, too old, or the key is not set.
        """
        try:
            signature = part(read_object(payload.body, "the body"), "signature")
        except Unparseable as error:
            raise InvalidSignature("the request cannot have been signed") from error
        timestamp, token, digest = (
            str(signature.get(name, "")) for name in ("timestamp", "token", "signature")
        )
        check_signature(timestamp, token, digest, payload, channel)

    def parse_status(
        self,
        payload: Payload,
        channel: ChannelConfig,  # noqa: ARG002 - the contract's
    ) -> tuple[DeliveryReport, ...]:
        """Read one event.

        Raises:
            Unparseable: `not_json`.
        """
        event = part(read_object(payload.body, "the body"), "event-data")
        status = part(event, "delivery-status")
        reason = str(event.get("reason", ""))
        meaning = _meaning(str(event.get("event")), str(event.get("severity", "")), reason)
        if meaning is None:
            return ()
        is_complaint = event.get("event") == "complained"
        return (
            report(
                meaning,
                message_id=part(event, "message", "headers").get("message-id"),
                recipient=event.get("recipient"),
                code="complaint" if is_complaint else status.get("code"),
                detail=status.get("message") or status.get("description") or reason,
                at=event.get("timestamp"),
            ),
        )


def _meaning(event: str, severity: str, reason: str) -> Meaning | None:
    meaning = _MEANINGS.get((event, severity if event == "failed" else ""))
    return NOBODY_THERE if meaning is REFUSED and reason in _NOBODY else meaning
