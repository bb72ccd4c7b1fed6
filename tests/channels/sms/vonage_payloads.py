"""Vonage's webhooks as its documentation describes them, signed as its documentation says."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.channels.builders import CHANNEL_ID

from channels.contract import ChannelConfig, Payload

API_KEY = "abcd1234"
APPLICATION = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
SECRET = "a-signature-secret-that-nobody-may-see"
MESSAGE_ID = "bbbbbbbb-bbbb-cccc-dddd-0123456789ab"
JSON_TYPE = "application/json"


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@cache
def private_pem() -> str:
    """The application's key, as the dashboard gives it."""
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def vonage_channel(address: str = "+447700900001", **settings: str) -> ChannelConfig:
    return ChannelConfig(
        CHANNEL_ID,
        "sms",
        "vonage",
        address,
        {"api_key": API_KEY, "application_id": APPLICATION, **settings},
        {"signature_secret": SECRET, "private_key": private_pem()},
    )


def message(**changes: Any) -> dict[str, Any]:
    """Return an incoming text; None takes a field away."""
    document = {
        "channel": "sms",
        "message_uuid": MESSAGE_ID,
        "to": "447700900001",
        "from": "393331234567",
        "timestamp": "2026-11-02T10:00:00.000Z",
        "message_type": "text",
        "text": "Dov'è il mio pacco? 📦",
        "sms": {"num_messages": "1", "keyword": "DOV'È"},
        "usage": {"price": "0.0333", "currency": "EUR"},
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def status(**changes: Any) -> dict[str, Any]:
    """Return a status callback; None takes a field away."""
    document = {
        "message_uuid": MESSAGE_ID,
        "to": "393331234567",
        "from": "447700900001",
        "timestamp": "2026-11-02T10:00:05Z",
        "status": "delivered",
        "channel": "sms",
        "client_ref": None,
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def failed(code: str, detail: str = "It was refused") -> dict[str, Any]:
    return {
        "status": "rejected",
        "error": {
            "type": f"https://developer.vonage.com/api-errors/messages#{code}",
            "title": int(code) if code.isdecimal() else code,
            "detail": detail,
            "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
        },
    }


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def token(body: bytes, secret: str = SECRET, alg: str = "HS256", **claims: str) -> str:
    """Return the token that Vonage sends: its claims, and the digest of the body."""
    head = orjson.dumps({"typ": "JWT", "alg": alg})
    said = {
        "iat": 1_762_077_600,
        "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": API_KEY,
        "application_id": APPLICATION,
        **claims,
    }
    signed = f"{encoded(head)}.{encoded(orjson.dumps(said))}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{encoded(digest)}"


def delivered(document: Any, url: str = "", **claims: str) -> Payload:
    body = orjson.dumps(document)
    proof = {"authorization": f"Bearer {token(body, **claims)}"}
    return Payload(JSON_TYPE, body, {"url": url}, proof)
