"""Mail as four providers post it, signed as their documentation says."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from tests.channels.builders import CHANNEL_ID

from channels.contract import ChannelConfig, Payload

NOW = 1_795_000_000
"""When the payloads of these tests are received, in seconds since the epoch."""

ADDRESS = "support@example.org"
RAW = (
    "From: Ada <ada@example.com>\r\n"
    "To: support@example.org\r\n"
    "Subject: =?utf-8?Q?Dov=27=C3=A8_il_mio_pacco=3F?=\r\n"
    "Message-ID: <one@example.com>\r\n"
    "Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "Where is my parcel? 100 % + & = \u00e8\r\n"
).encode()

SIGNING_KEY = "a-key-that-nobody-may-see"
PASSWORD = "a-password-that-nobody-may-see"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
SUBSCRIBE_URL = (
    f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336"
)

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "xYzZY"


def channel_of(provider: str, **settings: str) -> ChannelConfig:
    given, secrets = CREDENTIALS[provider]()
    return ChannelConfig(CHANNEL_ID, "email", provider, ADDRESS, given | settings, secrets)


CREDENTIALS: Mapping[str, Any] = {
    "mailgun": lambda: ({}, {"signing_key": SIGNING_KEY}),
    "sendgrid": lambda: ({"verification_key": sendgrid_key()}, {}),
    "postmark": lambda: ({"webhook_username": "desk"}, {"webhook_password": PASSWORD}),
    "ses": lambda: ({"topic_arn": TOPIC}, {}),
}


def proof(**more: str) -> dict[str, str]:
    return {"received_at": str(NOW), **more}


def multipart(fields: Mapping[str, str | bytes]) -> bytes:
    parts = b""
    for name, value in fields.items():
        content = value.encode() if isinstance(value, str) else value
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts += head.encode() + content + b"\r\n"
    return parts + f"--{BOUNDARY}--\r\n".encode()


# Mailgun


def mailgun_proof(
    at: int | str = NOW, token: str = "t" * 50, key: str = SIGNING_KEY
) -> dict[str, str]:
    digest = hmac.new(key.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": str(at), "token": token, "signature": digest}


def mailgun(
    raw: bytes | None = RAW, *, at: int = NOW, is_multipart: bool = False, **changes: Any
) -> Payload:
    """Return a route's post; an empty change takes its field away, except the sender."""
    fields: dict[str, str | bytes] = {
        "recipient": "support+tag@example.org",
        "sender": "bounce-ada@example.com",
        "from": "Ada <ada@example.com>",
        "subject": "Dov'\u00e8 il mio pacco?",
        **mailgun_proof(at),
        **changes,
    }
    if raw is not None:
        fields["body-mime"] = raw
    fields = {name: value for name, value in fields.items() if value or name == "sender"}
    if is_multipart:
        return Payload(
            f"multipart/form-data; boundary={BOUNDARY}", multipart(fields), proof=proof()
        )
    return Payload(FORM, urlencode(fields).encode(), proof=proof())


# SendGrid


@cache
def sendgrid_private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sendgrid_key() -> str:
    public = sendgrid_private_key().public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def sendgrid_signed(body: bytes, content_type: str, *, at: int = NOW) -> Payload:
    signature = sendgrid_private_key().sign(str(at).encode() + body, ec.ECDSA(SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": str(at),
    }
    return Payload(content_type, body, headers, proof())


def sendgrid(raw: bytes | None = RAW, *, at: int = NOW, **changes: str) -> Payload:
    """Return a post of Inbound Parse; an empty change takes its field away."""
    envelope = {"to": ["other@example.org", ADDRESS], "from": "bounce-ada@example.com"}
    fields: dict[str, str | bytes] = {
        "dkim": "{@example.com : pass}",
        "to": ADDRESS,
        "from": "Ada <ada@example.com>",
        "sender_ip": "192.0.2.1",
        "envelope": orjson.dumps(envelope),
        "charsets": '{"to":"UTF-8"}',
        "SPF": "pass",
        **changes,
    }
    if raw is not None:
        fields["email"] = raw
    body = multipart({name: value for name, value in fields.items() if value})
    return sendgrid_signed(body, f"multipart/form-data; boundary={BOUNDARY}", at=at)


# Postmark


def basic(username: str = "desk", password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def postmark(raw: bytes | None = RAW, **changes: Any) -> Payload:
    """Return a post of the inbound webhook."""
    document = {
        "FromName": "Ada",
        "From": "ada@example.com",
        "To": ADDRESS,
        "OriginalRecipient": "support+tag@example.org",
        "Subject": "Dov'\u00e8 il mio pacco?",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "TextBody": "Where is my parcel?",
        "Headers": [],
        "Attachments": [],
        **changes,
    }
    if raw is not None:
        document["RawEmail"] = raw.decode()
    return Payload(JSON, orjson.dumps(document), proof=proof(authorization=basic()))


# Amazon SES, through SNS


@cache
def amazon_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@cache
def amazon_certificate(begin: int = NOW - 86_400) -> str:
    """Return a certificate (PEM) of Amazon's key, sound for thirty days."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    not_before = datetime.fromtimestamp(begin, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(amazon_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_before + timedelta(days=30))
        .sign(amazon_key(), SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()


def sns(message: str, *, version: str = "2", **changes: Any) -> dict[str, Any]:
    """Return a signed message of SNS; a change that is None takes its field away."""
    document = {
        "Type": "Notification",
        "MessageId": str(uuid4()),
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Receipt Notification",
        "Message": message,
        "Timestamp": "2026-11-18T11:06:40.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        **changes,
    }
    document = {name: value for name, value in document.items() if value is not None}
    return document | {"Signature": sns_signature(document)}


def sns_signature(document: Mapping[str, Any]) -> str:
    is_notification = document["Type"] == "Notification"
    names = "Message MessageId Subject Timestamp TopicArn Type"
    if not is_notification:
        names = "Message MessageId SubscribeURL Timestamp Token TopicArn Type"
    text = "".join(f"{name}\n{document[name]}\n" for name in names.split() if name in document)
    algorithm = SHA1() if document["SignatureVersion"] == "1" else SHA256()  # noqa: S303
    signature = amazon_key().sign(text.encode(), padding.PKCS1v15(), algorithm)
    return base64.b64encode(signature).decode()


def posted_by_sns(document: Mapping[str, Any]) -> Payload:
    told = proof(certificate=amazon_certificate())
    return Payload("text/plain; charset=UTF-8", orjson.dumps(document), proof=told)


def subscription(kind: str = "SubscriptionConfirmation", **changes: Any) -> dict[str, Any]:
    text = "You have chosen to subscribe to the topic."
    given = {"Subject": None, "Token": "2336", "SubscribeURL": SUBSCRIBE_URL, **changes}
    return sns(text, Type=kind, **given)


def ses_notification(content: str | None, encoding: str | None, **changes: Any) -> str:
    """Return what SES publishes of a mail that it has received."""
    action = {"type": "SNS", "topicArn": TOPIC} if content is not None else S3_ACTION
    document = {
        "notificationType": "Received",
        "receipt": {
            "timestamp": "2026-11-18T11:06:40.000Z",
            "recipients": ["other@example.org", ADDRESS],
            "spfVerdict": {"status": "PASS"},
            "dkimVerdict": {"status": "PASS"},
            "action": action if encoding is None else {**action, "encoding": encoding},
        },
        "mail": {"source": "bounce-ada@example.com", "messageId": "d6iitobk75ur44p8kdnnp7g2n800"},
        "content": content,
        **changes,
    }
    return orjson.dumps({k: v for k, v in document.items() if v is not None}).decode()


S3_ACTION = {"type": "S3", "topicArn": TOPIC, "bucketName": "mails", "objectKey": "in/d6iitobk"}


def ses(raw: bytes = RAW, encoding: str | None = "BASE64", *, version: str = "2") -> Payload:
    is_base64 = encoding == "BASE64"
    content = base64.b64encode(raw).decode() if is_base64 else raw.decode()
    return posted_by_sns(sns(ses_notification(content, encoding), version=version))
