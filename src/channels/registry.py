"""Every adapter there is, by kind and provider: one table, no discovery."""

from collections.abc import Mapping
from types import MappingProxyType

from channels.chat import ChatInbound
from channels.contract import Adapter, Kind, Webhook
from channels.email.parse import EmailInbound
from channels.email.send import SmtpOutbound
from channels.errors import ChannelError
from channels.sms.twilio import TwilioInbound, TwilioMedia, TwilioOutbound, TwilioStatus
from channels.sms.twilio_codes import MAX_TEXT
from channels.web_form import WebFormInbound


class UnknownProvider(ChannelError):  # noqa: N818 - named as the other refusals are
    """No adapter is registered for a kind and provider."""


EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Twilio takes the answer to a message for instructions: none, since replies are sent by REST."""

_ALL = (
    Adapter(
        kind="email",
        provider="smtp",
        inbound=EmailInbound(),
        outbound=SmtpOutbound(),
        settings=frozenset(
            {"smtp_host", "smtp_port", "smtp_tls", "smtp_username", "trusted_authserv"}
        ),
        secrets=frozenset({"smtp_password"}),
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
        ),
        max_text=MAX_TEXT,
        settings=frozenset({"account_sid", "messaging_service_sid", "base_url"}),
        secrets=frozenset({"auth_token"}),
    ),
    Adapter(kind="web_form", provider="builtin", inbound=WebFormInbound(), outbound=None),
    Adapter(kind="chat", provider="builtin", inbound=ChatInbound(), outbound=None),
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
