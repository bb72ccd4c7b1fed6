"""SendGrid's signed Event Webhook: what became of mails that went out through its SMTP server.

Source: twilio.com/docs/sendgrid/for-developers/tracking-events: Event Webhook Reference.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from channels.contract import ChannelConfig, DeliveryReport, Payload
from channels.email.events import (
    DELAYED,
    DELIVERED,
    NOBODY_THERE,
    REFUSED,
    SENT,
    report,
)
from channels.email.sendgrid import check_signature
from channels.errors import Unparseable

_MEANINGS = {
    "processed": SENT,
    "deferred": DELAYED,
    "delivered": DELIVERED,
    "spamreport": DELIVERED,
    "bounce": NOBODY_THERE,
    "blocked": REFUSED,
    "dropped": REFUSED,
}


class SendGridStatus:
    """The half that hears of mails: setting `event_key`, the public key of the Event Webhook."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check the signature, which is made as that of mail, with another key.

        Raises:
            InvalidSignature: it is another, too old, or the key is not set.
        """
        check_signature(payload, channel.settings.get("event_key", ""))

    def parse_status(
        self,
        payload: Payload,
        channel: ChannelConfig,  # noqa: ARG002 - the contract's
    ) -> tuple[DeliveryReport, ...]:
        """Read a list of events.

        Raises:
            Unparseable: `not_json`.
        """
        try:
            events = orjson.loads(payload.body)
        except orjson.JSONDecodeError as error:
            raise Unparseable("not_json", "the body is no JSON") from error
        if not isinstance(events, list):
            raise Unparseable("not_json", "the body is no JSON array")
        found = (_report(event) for event in events if isinstance(event, dict))
        return tuple(each for each in found if each is not None)


def _report(event: Mapping[str, Any]) -> DeliveryReport | None:
    kind = str(event.get("event"))
    is_blocked = kind == "bounce" and event.get("type") == "blocked"
    meaning = _MEANINGS.get("blocked" if is_blocked else kind)
    if meaning is None:
        return None
    return report(
        meaning,
        message_id=event.get("smtp-id"),
        recipient=event.get("email"),
        code="complaint" if kind == "spamreport" else event.get("status"),
        detail=event.get("reason") or event.get("response"),
        at=event.get("timestamp"),
    )
