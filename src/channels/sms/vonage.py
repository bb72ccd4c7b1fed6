"""Vonage's Messages API, version 1: SMS, MMS and WhatsApp.

Sources: developer.vonage.com/en/api/messages, /en/getting-started/concepts/webhooks (signed
webhooks), /en/messages/concepts/messages-status-callbacks and /secure-inbound-media.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import MAXYEAR, datetime
from uuid import UUID

import httpx

from channels.addresses import is_whatsapp, normalise_phone
from channels.callbacks import delivery_in
from channels.contract import (
    Attachment,
    ChannelConfig,
    DeliveryReport,
    InboundMessage,
    OutboundMessage,
    Payload,
    ReceiptKey,
    RemoteFile,
    Sender,
    Sent,
)
from channels.documents import Document, object_in, part
from channels.errors import Failure, FetchFailed, InvalidSignature, SendFailed, Unparseable
from channels.media import Storehouse, fetch
from channels.records import record
from channels.retrying import retry_after_s
from channels.sms.calling import post, refuse_files
from channels.sms.keywords import consent_in
from channels.sms.vonage_codes import FAILURES, HTTP_FAILURES, OPTED_OUT, STATES
from channels.sms.vonage_tokens import application_token, verified_claims
from channels.text import clean, name_or_none, one_line

BASE_URL = "https://api.nexmo.com"

_API_HOSTS = frozenset({".nexmo.com"})
_FILES = ("image", "audio", "video", "file", "vcard", "sticker")
_NETWORKS = {"sms": "sms", "mms": "sms", "whatsapp": "whatsapp"}
_MAX_FILES = 10
_MAX_URL = 2_000
_SHORTEST_NUMBER = 7
_FIRST_YEAR = 1970


class VonageInbound:
    """The inbound half: secret `signature_secret`, settings `api_key` and `application_id`."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        _verify(payload, channel)

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read a message; its files stay with Vonage until they are fetched.

        Raises:
            Unparseable: `not_json`, or `missing_field` for the sender, identifier or network.
        """
        document = _document(payload)
        identifier = _text(document, "message_uuid")
        author = _number(_text(document, "from"))
        network = _NETWORKS.get(_text(document, "channel"))
        if not identifier or not author or network is None:
            raise Unparseable("missing_field", "message_uuid, from or a known channel is missing")
        text = _words(document)
        return InboundMessage(
            kind="sms",
            receipt=ReceiptKey("vonage", identifier[:190]),
            sender=Sender("phone", author[:100], name_or_none(_text(document, "profile", "name"))),
            recipient=_number(_text(document, "to")) or channel.address,
            text=text,
            sent_at=_moment(_text(document, "timestamp")),
            attributes={"transport": network},
            consent=consent_in(text),
            files=_files(document),
        )


class VonageStatus:
    """The half that hears status callbacks: signed like messages, echoing our reference."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        _verify(payload, channel)

    def parse_status(
        self,
        payload: Payload,
        channel: ChannelConfig,  # noqa: ARG002 - the contract's
    ) -> tuple[DeliveryReport, ...]:
        """Read one callback; states that Vonage may yet invent say nothing.

        Raises:
            Unparseable: `not_json`, or `missing_field` for the identifier.
        """
        document = _document(payload)
        identifier = _text(document, "message_uuid")
        if not identifier:
            raise Unparseable("missing_field", "message_uuid is missing")
        state = STATES.get(_text(document, "status").lower())
        if state is None:
            return ()
        code = _code(part(document, "error")) if state == "failed" else ""
        report = DeliveryReport(
            reference=identifier[:100],
            recipient=_number(_text(document, "to"))[:100],
            state=state,
            failure=FAILURES.get(code, Failure.REJECTED) if state == "failed" else None,
            code=code,
            detail=one_line(_text(document, "error", "detail"), 200) if code else "",
            occurred_at=_moment(_text(document, "timestamp")),
            delivery_id=_ours(document) or delivery_in(payload.envelope.get("url", "")),
            unwanted=code == OPTED_OUT,
        )
        return (report,)


@record
class VonageOutbound:
    """The outbound half: settings `application_id`, `base_url`, secret `private_key`.

    `timeout` is what Vonage may take to answer, in seconds.
    """

    timeout: float = 30.0

    async def send(
        self, message: OutboundMessage, channel: ChannelConfig, http: httpx.AsyncClient
    ) -> Sent:
        """Post a message.

        Raises:
            SendFailed: see `channels.errors.Failure`.
        """
        refuse_files(message)
        try:
            headers = await _authorisation(channel)
        except ValueError as error:
            raise SendFailed(Failure.MISCONFIGURED, str(error)) from error
        url = f"{_base_url(channel)}/v1/messages"
        document = _request(message, channel)
        return _result(await post(http, url, json=document, headers=headers, timeout=self.timeout))


class VonageMedia:
    """The half that fetches files, which Vonage gives to the application alone if so set."""

    async def fetch(
        self, file: RemoteFile, channel: ChannelConfig, http: httpx.AsyncClient, max_bytes: int
    ) -> Attachment:
        try:
            headers = await _authorisation(channel)
        except ValueError as error:
            raise FetchFailed(Failure.MISCONFIGURED, str(error)) from error
        storehouse = Storehouse(_base_url(channel), api_hosts=_API_HOSTS, headers=headers)
        return await fetch(file, storehouse, http, max_bytes)


def _verify(payload: Payload, channel: ChannelConfig) -> None:
    """Check the token in `authorization`: who signed it, for which body, account and application.

    Its age is not asked (docs/decisions/0020): the body is signed, so that a copy is a repetition.

    Raises:
        InvalidSignature: it is not Vonage's, or the secret is not set.
    """
    secret = channel.secrets.get("signature_secret")
    if not secret:
        raise InvalidSignature("the channel has no signature_secret")
    scheme, _, token = payload.proof.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidSignature("authorization has no bearer token")
    try:
        claims = verified_claims(token.strip(), secret)
    except ValueError as error:
        raise InvalidSignature("the token in authorization is not Vonage's") from error
    digest = hashlib.sha256(payload.body).hexdigest()
    if not hmac.compare_digest(str(claims.get("payload_hash")).encode(), digest.encode()):
        raise InvalidSignature("payload_hash is not that of the body")
    for name in ("api_key", "application_id"):
        ours = channel.settings.get(name)
        if ours and claims.get(name, ours) != ours:
            raise InvalidSignature(f"{name} is not the channel's")


async def _authorisation(channel: ChannelConfig) -> Mapping[str, str]:
    """Raises ValueError, fit for an operator: the application or its key is missing or broken."""
    application = channel.settings.get("application_id")
    key = channel.secrets.get("private_key")
    if not application or not key:
        raise ValueError("application_id or private_key is not set")
    try:
        # In a thread: checking a private key takes longer than others on the loop should wait.
        token = await asyncio.to_thread(application_token, application, key)
    except ValueError:
        raise ValueError("private_key is no RSA key in PEM") from None
    return {"authorization": f"Bearer {token}"}


def _base_url(channel: ChannelConfig) -> str:
    return (channel.settings.get("base_url") or BASE_URL).rstrip("/")


def _request(message: OutboundMessage, channel: ChannelConfig) -> Document:
    document = {
        "channel": "whatsapp" if is_whatsapp(message.recipient) else "sms",
        "message_type": "text",
        "to": _bare(message.recipient),
        "from": _bare(channel.address),
        "text": clean(message.text),
        "client_ref": str(message.delivery_id),
    }
    if message.status_url:
        document |= {"webhook_url": message.status_url, "webhook_version": "v1"}
    return document


def _result(response: httpx.Response) -> Sent:
    answer = object_in(response.content)
    if response.is_success:
        return Sent(one_line(_text(answer, "message_uuid"), 100) or None)
    code, status = _code(answer), response.status_code
    detail = _text(answer, "detail") or _text(answer, "title") or f"HTTP {status}"
    fallback = Failure.UNAVAILABLE if status >= 500 else Failure.REJECTED
    raise SendFailed(
        FAILURES.get(code) or HTTP_FAILURES.get(status, fallback),
        one_line(detail, 200),
        code=code or str(status),
        retry_after=retry_after_s(response.headers.get("retry-after", "")),
        unwanted=code == OPTED_OUT,
    )


def _code(problem: Document) -> str:
    """What a problem document is about: the fragment of its `type`, or a number as its title."""
    fragment = _text(problem, "type").partition("#")[2]
    title = problem.get("title")
    return one_line(fragment or (str(title) if isinstance(title, int) else ""), 40)


def _document(payload: Payload) -> Document:
    document = object_in(payload.body)
    if not document:
        raise Unparseable("not_json", "the body is no JSON object")
    return document


def _text(document: Document, *path: str) -> str:
    value = part(document, *path[:-1]).get(path[-1])
    return clean(value).strip() if isinstance(value, str) else ""


def _words(document: Document) -> str:
    """What the customer wrote, tapped, or put below a picture."""
    found = [
        _text(document, "text"),
        *(_text(document, name, "caption") for name in _FILES),
        _text(document, "reply", "title"),
        _text(document, "button", "text"),
        *(_text(document, "location", name) for name in ("name", "address")),
    ]
    return "\n".join(filter(None, found))


def _files(document: Document) -> tuple[RemoteFile, ...]:
    """Of WhatsApp under the type's name, of MMS with several files in a list."""
    content = document.get("content")
    parts = [part(document, name) for name in _FILES]
    parts += [each for each in (content if isinstance(content, list) else []) if _is_object(each)]
    files = [
        RemoteFile(url[:_MAX_URL], filename=name_or_none(_text(each, "name")))
        for each in parts
        if (url := _text(each, "url"))
    ]
    return tuple(files[:_MAX_FILES])


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _number(value: str) -> str:
    """E.164 with its plus sign, which Vonage leaves out; short codes and names stay."""
    is_long = value.isascii() and value.isdigit() and len(value) >= _SHORTEST_NUMBER
    return normalise_phone(f"+{value}" if is_long else value)


def _bare(address: str) -> str:
    return normalise_phone(address).removeprefix("+")


def _ours(document: Document) -> UUID | None:
    try:
        return UUID(_text(document, "client_ref"))
    except ValueError:
        return None


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo and _FIRST_YEAR <= moment.year < MAXYEAR else None
