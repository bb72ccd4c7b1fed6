"""Every adapter there is, by kind and provider: one table, no discovery."""

from collections.abc import Mapping
from types import MappingProxyType

from channels.chat import ChatInbound
from channels.contract import Adapter, Kind, Webhook
from channels.email import imap_server
from channels.email.compose import SENDER_NAME
from channels.email.fetched import FetchedInbound
from channels.email.mailgun import MailgunInbound
from channels.email.mailgun_events import MailgunStatus
from channels.email.parse import EmailInbound
from channels.email.postmark import PostmarkInbound
from channels.email.postmark_events import PostmarkStatus
from channels.email.postmark_events import marks as postmark_marks
from channels.email.send import SmtpOutbound
from channels.email.sendgrid import HEADERS as SENDGRID_HEADERS
from channels.email.sendgrid import SendGridInbound
from channels.email.sendgrid_events import SendGridStatus
from channels.email.ses import SesInbound
from channels.email.ses_events import SesStatus
from channels.email.signing import PRIVATE_KEY, SELECTOR
from channels.email.sns import SnsHandshake
from channels.errors import ChannelError
from channels.sms import twilio_codes, vonage_codes
from channels.sms.twilio import TwilioInbound, TwilioMedia, TwilioOutbound, TwilioStatus
from channels.sms.vonage import VonageInbound, VonageMedia, VonageOutbound, VonageStatus
from channels.web_form import WebFormInbound


class UnknownProvider(ChannelError):  # noqa: N818 - named as the other refusals are
    """No adapter is registered for a kind and provider."""


EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Twilio takes the answer to a message for instructions: none, since replies are sent by REST."""

OK = b"{}"
JSON = "application/json"
MAIL_SETTINGS = frozenset(
    {
        "smtp_host",
        "smtp_port",
        "smtp_tls",
        "smtp_username",
        "trusted_authserv",
        SENDER_NAME,
        SELECTOR,
    }
)
MAIL_SECRETS = frozenset({"smtp_password", PRIVATE_KEY})

_ALL = (
    Adapter(
        kind="email",
        provider="smtp",
        inbound=EmailInbound(),
        outbound=SmtpOutbound(),
        carries_files=True,
        settings=MAIL_SETTINGS,
        secrets=MAIL_SECRETS,
    ),
    Adapter(
        kind="email",
        provider="imap",
        inbound=FetchedInbound(),
        outbound=SmtpOutbound(),
        polled=True,
        carries_files=True,
        settings=MAIL_SETTINGS | imap_server.SETTINGS,
        secrets=MAIL_SECRETS | imap_server.SECRETS,
    ),
    Adapter(
        kind="email",
        provider="mailgun",
        inbound=MailgunInbound(),
        outbound=SmtpOutbound(),
        status=MailgunStatus(),
        webhook=Webhook(answer=OK, status_answer=OK, media_type=JSON, ending="mime"),
        carries_files=True,
        settings=MAIL_SETTINGS,
        secrets=MAIL_SECRETS | {"signing_key"},
    ),
    Adapter(
        kind="email",
        provider="sendgrid",
        inbound=SendGridInbound(),
        outbound=SmtpOutbound(),
        status=SendGridStatus(),
        webhook=Webhook(headers=SENDGRID_HEADERS, answer=OK, status_answer=OK, media_type=JSON),
        carries_files=True,
        settings=MAIL_SETTINGS | {"verification_key", "event_key"},
        secrets=MAIL_SECRETS,
    ),
    Adapter(
        kind="email",
        provider="postmark",
        inbound=PostmarkInbound(),
        outbound=SmtpOutbound(marks=postmark_marks),
        status=PostmarkStatus(),
        webhook=Webhook(answer=OK, status_answer=OK, media_type=JSON, has_login=True),
        carries_files=True,
        settings=MAIL_SETTINGS | {"webhook_username"},
        secrets=MAIL_SECRETS | {"webhook_password"},
    ),
    Adapter(
        kind="email",
        provider="ses",
        inbound=SesInbound(),
        outbound=SmtpOutbound(),
        status=SesStatus(),
        webhook=Webhook(answer=OK, status_answer=OK, media_type=JSON),
        handshake=SnsHandshake(),
        carries_files=True,
        settings=MAIL_SETTINGS | {"topic_arn"},
        secrets=MAIL_SECRETS,
    ),
    Adapter(
        kind="sms",
        provider="twilio",
        inbound=TwilioInbound(),
        outbound=TwilioOutbound(),
        status=TwilioStatus(),
        media=TwilioMedia(),
        webhook=Webhook(
            headers=("x-twilio-signature",),
            answer=EMPTY_TWIML,
            media_type="text/xml; charset=utf-8",
            max_bytes=128 * 1024,
        ),
        max_text=twilio_codes.MAX_TEXT,
        settings=frozenset({"account_sid", "messaging_service_sid", "base_url"}),
        secrets=frozenset({"auth_token"}),
    ),
    Adapter(
        kind="sms",
        provider="vonage",
        inbound=VonageInbound(),
        outbound=VonageOutbound(),
        status=VonageStatus(),
        media=VonageMedia(),
        webhook=Webhook(),
        max_text=vonage_codes.MAX_TEXT,
        settings=frozenset({"api_key", "application_id", "base_url"}),
        secrets=frozenset({"private_key", "signature_secret"}),
    ),
    Adapter(
        kind="web_form",
        provider="builtin",
        inbound=WebFormInbound(),
        outbound=None,
        settings=frozenset({"fields", "min_seconds", "submissions_per_minute", "challenge_url"}),
        secrets=frozenset({"challenge_secret"}),
    ),
    Adapter(
        kind="chat",
        provider="builtin",
        inbound=ChatInbound(),
        outbound=None,
        settings=frozenset({"online"}),
        secrets=frozenset({"identity_secret"}),
    ),
)

ADAPTERS: Mapping[tuple[str, str], Adapter] = MappingProxyType(
    {(adapter.kind, adapter.provider): adapter for adapter in _ALL}
)


def adapter_for(kind: Kind | str, provider: str) -> Adapter:
    """Return the adapter of a provider.

    Raises:
        UnknownProvider: there is none; the message lists those of the kind.
    """
    try:
        return ADAPTERS[kind, provider]
    except KeyError:
        known = sorted(name for each, name in ADAPTERS if each == kind) or ["none"]
        raise UnknownProvider(
            f"no provider {provider!r} for {kind!r} channels; known: {', '.join(known)}"
        ) from None
