"""Mailgun: mail by a route's `forward()` to a URL that ends in `mime`.

Sources: documentation.mailgun.com, user manual: Receiving messages via HTTP; Securing webhooks.
"""

import hashlib
import hmac
from datetime import timedelta

from channels.authenticity import check_age, is_same
from channels.contract import ChannelConfig, InboundMessage, Payload
from channels.email.wrapped import parse_wrapped
from channels.errors import InvalidSignature, Unparseable
from channels.form_data import read_form

LONGEST_REPETITION = timedelta(hours=9)
"""Mailgun repeats a post through eight hours; an older signature is somebody else's copy of it."""


class MailgunInbound:
    """The inbound half: secret `signing_key` (the HTTP webhook signing key)."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check `signature`: HMAC-SHA256 of timestamp and token, in hexadecimal digits.

        The mail itself is not signed: see docs/decisions/0020.

        Raises:
            InvalidSignature: it is another, too old, or the key is not set.
        """
        try:
            form = read_form(payload)
        except Unparseable as error:
            raise InvalidSignature("the request cannot have been signed") from error
        timestamp, token, signature = (
            form.short(name) for name in ("timestamp", "token", "signature")
        )
        check_signature(timestamp, token, signature, payload, channel)

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read the mail of the field `body-mime`.

        Raises:
            Unparseable: `not_a_form`, `no_raw_mail`, or as any mail.
        """
        form = read_form(payload)
        raw = form.raw("body-mime")
        if raw is None:
            detail = "there is no body-mime: let the URL of the route's forward() end in /mime"
            raise Unparseable("no_raw_mail", detail)
        recipient = form.text("recipient")
        return parse_wrapped(
            raw,
            channel,
            mail_from=form.text("sender"),
            recipients=[recipient] if recipient else [],
        )


def check_signature(
    timestamp: str, token: str, signature: str, payload: Payload, channel: ChannelConfig
) -> None:
    """Check the three values that Mailgun puts into everything it posts.

    Raises:
        InvalidSignature: see `MailgunInbound.verify`.
    """
    key = channel.secrets.get("signing_key")
    if not key:
        raise InvalidSignature("the channel has no signing_key")
    expected = hmac.new(key.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    if not is_same(signature, expected):
        raise InvalidSignature("the signature does not match")
    check_age(timestamp, payload, LONGEST_REPETITION)
