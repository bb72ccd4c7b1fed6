"""Amazon SES: what became of mails that went out through its SMTP server, told through SNS.

Sources: docs.aws.amazon.com/ses/latest/dg: Amazon SNS notification contents for Amazon SES;
Contents of event data that Amazon SES publishes to Amazon SNS.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from channels.contract import ChannelConfig, DeliveryReport, Payload
from channels.documents import part
from channels.email.events import (
    DELAYED,
    DELIVERED,
    GIVEN_UP,
    NOBODY_THERE,
    REFUSED,
    SENT,
    TOO_LARGE,
    Meaning,
    report,
)
from channels.email.sns import read_notification, verify_sns
from channels.errors import Unparseable

_BOUNCES = {
    ("Permanent", "ContentRejected"): REFUSED,
    ("Permanent", "AttachmentRejected"): REFUSED,
    ("Transient", "MailboxFull"): GIVEN_UP,
    ("Transient", "MessageTooLarge"): TOO_LARGE,
    ("Transient", "ContentRejected"): REFUSED,
    ("Transient", "AttachmentRejected"): REFUSED,
}
"""A transient bounce of another kind may be nothing but an automatic answer: it ends nothing."""

_RECIPIENTS: Mapping[str, tuple[str, str, Meaning]] = {
    "Complaint": ("complaint", "complainedRecipients", DELIVERED),
    "Delivery": ("delivery", "recipients", DELIVERED),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients", DELAYED),
}
"""By event: the object that tells of it, its list of recipients, and what is said of each."""


class SesStatus:
    """The half that hears of mails: setting `topic_arn`, which may name a topic for them too."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check that Amazon SNS signed it for one of the channel's topics.

        Raises:
            InvalidSignature: it did not.
        """
        verify_sns(payload, channel)

    def parse_status(
        self,
        payload: Payload,
        channel: ChannelConfig,  # noqa: ARG002 - the contract's
    ) -> tuple[DeliveryReport, ...]:
        """Read one notification, with a report for every recipient that it names.

        The mail is known by the Message-ID that we gave it: SES must be told to include the
        original headers. What SES says in plain words, as on a new topic, tells of no mail.

        Raises:
            Unparseable: `not_a_notification`, or `received_mail`, which belongs to the other door.
        """
        try:
            event = read_notification(payload)
        except Unparseable as error:
            if error.code == "not_json":
                return ()
            raise
        return tuple(_reports(event, part(event, "mail")))


def _reports(event: Mapping[str, Any], mail: Mapping[str, Any]) -> Iterator[DeliveryReport]:
    kind = str(event.get("eventType") or event.get("notificationType"))
    if kind == "Received":
        detail = "this topic brings mail: subscribe it to the channel's door without /status"
        raise Unparseable("received_mail", detail)
    ours = _message_id(mail)
    if kind == "Bounce":
        yield from _bounces(part(event, "bounce"), ours)
    elif kind in ("Send", "Reject"):
        meaning = SENT if kind == "Send" else REFUSED
        for recipient in _list(mail.get("destination")):
            yield report(meaning, message_id=ours, recipient=recipient, at=mail.get("timestamp"))
    elif kind in _RECIPIENTS:
        name, recipients, meaning = _RECIPIENTS[kind]
        told = part(event, name)
        for each in _list(told.get(recipients)):
            yield report(
                meaning,
                message_id=ours,
                recipient=each.get("emailAddress") if isinstance(each, dict) else each,
                code="complaint" if kind == "Complaint" else "",
                detail=told.get("smtpResponse") or told.get("complaintFeedbackType"),
                at=told.get("timestamp"),
            )


def _bounces(bounce: Mapping[str, Any], ours: object) -> Iterator[DeliveryReport]:
    kind = str(bounce.get("bounceType")), str(bounce.get("bounceSubType"))
    meaning = _BOUNCES.get(kind, NOBODY_THERE if kind[0] == "Permanent" else None)
    for each in _list(bounce.get("bouncedRecipients")):
        if meaning is not None and isinstance(each, dict):
            yield report(
                meaning,
                message_id=ours,
                recipient=each.get("emailAddress"),
                code=each.get("status") or kind[1],
                detail=each.get("diagnosticCode") or " ".join(kind),
                at=bounce.get("timestamp"),
            )


def _message_id(mail: Mapping[str, Any]) -> object:
    """Return the Message-ID that we gave; SES sends another in its place."""
    for header in _list(mail.get("headers")):
        if isinstance(header, dict) and str(header.get("name")).lower() == "message-id":
            return header.get("value")
    return part(mail, "commonHeaders").get("messageId")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
