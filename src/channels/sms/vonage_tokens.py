"""JSON Web Tokens (RFC 7519) as Vonage uses them: HS256 on its webhooks, RS256 on our calls."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

LIFETIME_S = 900


def verified_claims(token: str, secret: str) -> Mapping[str, Any]:
    """Return the claims of a token that `secret` has signed with HS256.

    Raises:
        ValueError: it is no such token.
    """
    signed, _, signature = token.rpartition(".")
    head, _, claims = signed.partition(".")
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(_decoded(signature), expected):
        raise ValueError("another signature")
    if _document(head).get("alg") != "HS256":
        raise ValueError("another algorithm")
    return _document(claims)


def application_token(application_id: str, private_key: str) -> str:
    """Return a token of the application, signed with RS256, for the next quarter of an hour.

    Raises:
        ValueError: the key is no RSA key in PEM.
    """
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("not a plain private key") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")  # noqa: TRY004 - callers care for one error alone
    now = int(time.time())
    claims = {
        "application_id": application_id,
        "iat": now,
        "exp": now + LIFETIME_S,
        "jti": str(uuid4()),
    }
    signed = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    signature = key.sign(signed.encode(), PKCS1v15(), hashes.SHA256())
    return f"{signed}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))


def _document(part: str) -> dict[str, Any]:
    document = orjson.loads(_decoded(part))
    if not isinstance(document, dict):
        raise ValueError("no object")  # noqa: TRY004 - callers care for one error alone
    return document


def _encoded(document: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(document)).rstrip(b"=").decode()
