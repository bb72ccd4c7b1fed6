"""Postmark: the inbound webhook with "Include raw email content in JSON payload".

Sources: postmarkapp.com/developer/webhooks: Webhooks overview; Inbound webhook.
"""

import base64

from channels.authenticity import is_same
from channels.contract import ChannelConfig, InboundMessage, Payload
from channels.email.wrapped import parse_wrapped, read_object
from channels.errors import InvalidSignature, Unparseable
from channels.text import clean


class PostmarkInbound:
    """The inbound half: setting `webhook_username`, secret `webhook_password`."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check the user and password of the webhook's URL (RFC 7617): Postmark signs nothing.

        Raises:
            InvalidSignature: they are others, or not set.
        """
        check_password(payload, channel)

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read the mail of the field `RawEmail`.

        Raises:
            Unparseable: `not_json`, `no_raw_mail`, or as any mail.
        """
        document = read_object(payload.body, "the body")
        raw = document.get("RawEmail")
        if not isinstance(raw, str):
            detail = "there is no RawEmail: switch on 'Include raw email content in JSON payload'"
            raise Unparseable("no_raw_mail", detail)
        recipient = document.get("OriginalRecipient")
        return parse_wrapped(
            raw.encode(),
            channel,
            mail_from=None,
            recipients=[clean(recipient)] if isinstance(recipient, str) else [],
        )


def check_password(payload: Payload, channel: ChannelConfig) -> None:
    """Check the login of whatever Postmark posts.

    Raises:
        InvalidSignature: see `PostmarkInbound.verify`.
    """
    username = channel.settings.get("webhook_username")
    password = channel.secrets.get("webhook_password")
    if not username or not password:
        raise InvalidSignature("the channel has no webhook_username or no webhook_password")
    expected = base64.b64encode(f"{username}:{password}".encode()).decode()
    scheme, _, given = payload.proof.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or not is_same(given.strip(), expected):
        raise InvalidSignature("the user or the password of the URL does not match")
