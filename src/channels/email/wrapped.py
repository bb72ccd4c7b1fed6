"""Mail that providers wrap for their webhooks: raw MIME, with the SMTP envelope beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import orjson

from channels.addresses import normalise_email
from channels.contract import ChannelConfig, InboundMessage, Payload
from channels.email.authentication import RESULTS
from channels.email.parse import EmailInbound
from channels.errors import Unparseable

_MAIL = EmailInbound()


def parse_wrapped(
    raw: bytes,
    channel: ChannelConfig,
    *,
    mail_from: str | None,
    recipients: Sequence[str],
    verdicts: Mapping[str, object] = MappingProxyType({}),
) -> InboundMessage:
    """Read a mail by the one parser there is. `mail_from` is None where the provider hides it.

    `verdicts` are the provider's own, by method (spf, dkim, dmarc), in the words of RFC 8601;
    those of a server that the channel's `trusted_authserv` names go before them.

    Raises:
        Unparseable: as `EmailInbound.parse`.
    """
    envelope = {} if mail_from is None else {"mail_from": mail_from}
    if recipients:
        envelope["rcpt_to"] = _ours(recipients, channel)
    message = _MAIL.parse(Payload("message/rfc822", raw, envelope), channel)
    told = {
        method: result
        for method, results in RESULTS.items()
        if isinstance(result := verdicts.get(method), str) and result in results
    }
    return replace(message, authentication={**told, **message.authentication}) if told else message


def _ours(recipients: Sequence[str], channel: ChannelConfig) -> str:
    """Return the recipient that is the channel's own, tagged or not, or else the first."""
    own = _untagged(channel.address)
    return next((each for each in recipients if _untagged(each) == own), recipients[0])


def _untagged(address: str) -> str:
    local, _, domain = normalise_email(address).rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def read_object(raw: bytes | str, what: str) -> Mapping[str, Any]:
    """Return a JSON object.

    Raises:
        Unparseable: `not_json`.
    """
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Unparseable("not_json", f"{what} is no JSON") from error
    if not isinstance(document, dict):
        raise Unparseable("not_json", f"{what} is no JSON object")
    return document


def strings(value: object) -> list[str]:
    """Return the texts of a JSON array, as far as it is one."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
