"""What becomes of mails, as four providers' event webhooks tell it."""

from collections.abc import Mapping
from typing import Any

import orjson
from tests.channels.email.webhook_payloads import (
    JSON,
    NOW,
    basic,
    mailgun_proof,
    posted_by_sns,
    proof,
    sendgrid_signed,
    sns,
)

from channels.contract import Payload

OURS = "answer-1@example.org"
"""The Message-ID of a mail that we sent."""

WHEN = "2026-11-18T11:06:40.000Z"
DELIVERY = "01890000-0000-7000-8000-000000000002"


def mailgun_event(*, at: int = NOW, reference: str = OURS, **event: Any) -> Payload:
    document = {
        "signature": mailgun_proof(at),
        "event-data": {
            "id": "CPgfbmQMTCKtHW6uIWtuVe",
            "timestamp": NOW + 0.5,
            "log-level": "info",
            "event": "delivered",
            "recipient": "ada@example.com",
            "message": {"headers": {"to": "ada@example.com", "message-id": reference}},
            "delivery-status": {"code": 250, "message": "OK"},
            **event,
        },
    }
    return Payload(JSON, orjson.dumps(document), proof=proof())


def sendgrid_events(*events: Mapping[str, Any], at: int = NOW, reference: str = OURS) -> Payload:
    given = {
        "email": "ada@example.com",
        "timestamp": NOW,
        "smtp-id": f"<{reference}>",
        "event": "delivered",
        "sg_event_id": "sg_event_id",
        "sg_message_id": "sg_message_id",
    }
    body = orjson.dumps([{**given, **event} for event in events])
    return sendgrid_signed(body, JSON, at=at)


def postmark_event(*, delivery: str = DELIVERY, **event: Any) -> Payload:
    document = {
        "RecordType": "Delivery",
        "ServerID": 23,
        "MessageStream": "outbound",
        "MessageID": "00000000-0000-0000-0000-000000000000",
        "Recipient": "ada@example.com",
        "DeliveredAt": WHEN,
        "Details": "OK",
        "Metadata": {"delivery": delivery},
        **event,
    }
    return Payload(JSON, orjson.dumps(document), proof=proof(authorization=basic()))


def postmark_bounce(kind: str, **event: Any) -> Payload:
    told = {"Email": "Ada@example.com", "BouncedAt": "2026-11-18T12:06:40.1234567+01:00"}
    return postmark_event(
        RecordType="Bounce", Type=kind, Recipient=None, DeliveredAt=None, **told, **event
    )


def ses_event(kind: str, told: Mapping[str, Any], *, reference: str = OURS, **mail: Any) -> Payload:
    name = kind[0].lower() + kind[1:]
    document = {
        "notificationType": kind,
        name: {"timestamp": WHEN, **told},
        "mail": {
            "timestamp": WHEN,
            "messageId": "0102018-ses",
            "destination": ["ada@example.com"],
            "headers": [
                {"name": "From", "value": "support@example.org"},
                {"name": "Message-ID", "value": f"<{reference}>"},
            ],
            **mail,
        },
    }
    return posted_by_sns(sns(orjson.dumps(document).decode()))


def ses_bounce(kind: str, sub_type: str, *, reference: str = OURS, **recipient: str) -> Payload:
    bounced = [{"emailAddress": "ada@example.com", **recipient}]
    told = {"bounceType": kind, "bounceSubType": sub_type, "bouncedRecipients": bounced}
    return ses_event("Bounce", told, reference=reference)
