"""Amazon SNS by HTTP: whose message it is, and the subscription that comes before any.

Sources: docs.aws.amazon.com/sns/latest/dg: Verifying the signatures of Amazon SNS messages;
Parsing Amazon SNS message formats.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from channels.contract import ChannelConfig, Notice, Payload
from channels.email.wrapped import read_object
from channels.errors import InvalidSignature, Unparseable

NOTIFICATION = "Notification"

_HOST = r"https://sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/[A-Za-z0-9_-]{1,100}\.pem")
_CONFIRMATION = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[\w.~%&=:+-]{1,2000}", re.ASCII)

_HASHES: Mapping[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}
_SIGNED: Mapping[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(
        ("SubscriptionConfirmation", "UnsubscribeConfirmation"),
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
"""What is signed, by type, in this order; what the message lacks is left out."""


@dataclass(frozen=True, slots=True)
class SnsHandshake:
    """Certificates, and subscriptions that are confirmed: setting `topic_arn`."""

    def certificate_url(self, payload: Payload, channel: ChannelConfig) -> str:
        """Return the `SigningCertURL` of a message of the channel's topic.

        Raises:
            InvalidSignature: another topic, or a URL that is not Amazon's.
        """
        url = _of_topic(payload, channel).get("SigningCertURL")
        if not isinstance(url, str) or not _CERTIFICATE.fullmatch(url):
            raise InvalidSignature("SigningCertURL is not one of Amazon SNS")
        return url

    def notice(self, payload: Payload, channel: ChannelConfig) -> Notice | None:
        """Return what is to be done about a subscription: a new one is confirmed.

        Raises:
            InvalidSignature: another topic, or a `SubscribeURL` that is not Amazon's.
        """
        message = _of_topic(payload, channel)
        match message.get("Type"):
            case "SubscriptionConfirmation":
                url = message.get("SubscribeURL")
                if not isinstance(url, str) or not _CONFIRMATION.fullmatch(url):
                    raise InvalidSignature("SubscribeURL is not one of Amazon SNS")
                return Notice("subscribed", url)
            case "UnsubscribeConfirmation":
                return Notice("unsubscribed")
        return None


def verify_sns(payload: Payload, channel: ChannelConfig) -> None:
    """Check a message's signature (RSA, PKCS #1 v1.5) by the certificate in `proof`, and its topic.

    Raises:
        InvalidSignature: either is another, or the setting or the certificate is missing.
    """
    message = _of_topic(payload, channel)
    hash_ = _HASHES.get(str(message.get("SignatureVersion")))
    if hash_ is None:
        raise InvalidSignature("SignatureVersion is neither 1 nor 2")
    try:
        signature = base64.b64decode(str(message.get("Signature")), validate=True)
        key = _public_key(payload)
        key.verify(signature, _signed_text(message).encode(), padding.PKCS1v15(), hash_())
    except (WrongSignature, UnsupportedAlgorithm, ValueError) as error:
        raise InvalidSignature("the signature does not match") from error


def read_notification(payload: Payload) -> Mapping[str, Any]:
    """Return the JSON document that a verified notification carries.

    Raises:
        Unparseable: `not_json`, or `not_a_notification`.
    """
    message = read_object(payload.body, "the body")
    content = message.get("Message")
    if message.get("Type") != NOTIFICATION or not isinstance(content, str):
        raise Unparseable("not_a_notification", "SNS posted something else than a notification")
    return read_object(content, "Message")


def _of_topic(payload: Payload, channel: ChannelConfig) -> Mapping[str, Any]:
    try:
        message = read_object(payload.body, "the body")
    except Unparseable as error:
        raise InvalidSignature("the request cannot have been signed") from error
    topics = channel.settings.get("topic_arn", "").split()
    if message.get("TopicArn") not in topics:
        raise InvalidSignature("TopicArn is not one of the channel's topic_arn")
    return message


def _signed_text(message: Mapping[str, Any]) -> str:
    """Return what Amazon signs: names and values of the type's fields, each on a line.

    Raises:
        ValueError: of that type nothing is signed, or a value is no text.
    """
    lines = []
    for name in _SIGNED.get(str(message.get("Type")), ()):
        value = message.get(name)
        if isinstance(value, str):
            lines.append(f"{name}\n{value}\n")
        elif value is not None or name != "Subject":
            raise ValueError(name)
    if not lines:
        raise ValueError("Type")
    return "".join(lines)


def _public_key(payload: Payload) -> rsa.RSAPublicKey:
    certificate = x509.load_pem_x509_certificate(payload.proof.get("certificate", "").encode())
    received_at = datetime.fromtimestamp(int(payload.proof.get("received_at", "0")), UTC)
    is_valid = certificate.not_valid_before_utc <= received_at <= certificate.not_valid_after_utc
    key = certificate.public_key()
    if not is_valid or not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("certificate")
    return key
