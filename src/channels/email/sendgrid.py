"""Twilio SendGrid: Inbound Parse with "POST the raw, full MIME message", signed.

Sources: twilio.com/docs/sendgrid/for-developers/parsing-email: Setting up the Inbound Parse
Webhook; Securing your Inbound Parse Webhooks; tracking-events: Event Webhook security features.
"""

import base64
import re
from datetime import timedelta

from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import load_der_public_key

from channels.authenticity import check_age
from channels.contract import ChannelConfig, InboundMessage, Payload
from channels.email.wrapped import parse_wrapped, read_object, strings
from channels.errors import InvalidSignature, Unparseable
from channels.form_data import FormData, read_form
from channels.text import clean

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
HEADERS = (SIGNATURE, TIMESTAMP)

_DKIM = re.compile(r":\s*([a-z]{1,20})")

LONGEST_REPETITION = timedelta(days=4)
"""SendGrid repeats a post through three days."""


class SendGridInbound:
    """The inbound half: setting `verification_key` (a public key: base64 of its DER)."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check the signature of timestamp and body: ECDSA on P-256 with SHA-256, in base64.

        Raises:
            InvalidSignature: it is another, too old, or the key is not set.
        """
        check_signature(payload, channel.settings.get("verification_key", ""))

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read the mail of the field `email`.

        Raises:
            Unparseable: `not_a_form`, `not_json`, `no_raw_mail`, or as any mail.
        """
        form = read_form(payload)
        raw = form.raw("email")
        if raw is None:
            detail = "there is no email field: switch on 'POST the raw, full MIME message'"
            raise Unparseable("no_raw_mail", detail)
        mail_from, recipients = _envelope(form)
        return parse_wrapped(
            raw, channel, mail_from=mail_from, recipients=recipients, verdicts=_verdicts(form)
        )


def _verdicts(form: FormData) -> dict[str, str]:
    """Return `SPF`, and of `dkim` (`{@example.com : pass}`, one or more) one that passes."""
    signatures = _DKIM.findall((form.text("dkim") or "")[:2_000].lower())
    verdicts = {"spf": (form.text("SPF") or "").strip().lower()}
    if signatures:
        verdicts["dkim"] = "pass" if "pass" in signatures else signatures[0]
    return verdicts


def check_signature(payload: Payload, encoded_key: str) -> None:
    """Check what SendGrid signs alike in all that it posts; the key is base64 of its DER.

    Raises:
        InvalidSignature: see `SendGridInbound.verify`.
    """
    timestamp = payload.envelope.get(TIMESTAMP, "")
    digest = Hash(SHA256())
    digest.update(timestamp.encode())
    digest.update(payload.body)
    key = _key(encoded_key)
    try:
        signature = base64.b64decode(payload.envelope.get(SIGNATURE, ""), validate=True)
        key.verify(signature, digest.finalize(), ec.ECDSA(Prehashed(SHA256())))
    except (WrongSignature, ValueError) as error:
        raise InvalidSignature(f"{SIGNATURE} does not match") from error
    check_age(timestamp, payload, LONGEST_REPETITION)


def _key(encoded: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode("".join(encoded.split()), validate=True))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidSignature("the channel has no verification key, or it is none") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidSignature("the channel's verification key is of another algorithm")
    return key


def _envelope(form: FormData) -> tuple[str | None, list[str]]:
    envelope = read_object(form.raw("envelope") or b"{}", "envelope")
    mail_from = envelope.get("from")
    recipients = [clean(each) for each in strings(envelope.get("to"))]
    return clean(mail_from) if isinstance(mail_from, str) else None, recipients
