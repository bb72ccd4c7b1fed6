"""Twilio Programmable Messaging: SMS and WhatsApp.

Sources: twilio.com/docs/usage/security, /docs/messaging/guides/webhook-request,
/docs/messaging/api/message-resource and /docs/api/errors.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import httpx
from twilio.request_validator import RequestValidator

from channels.addresses import is_whatsapp, normalise_phone, whatsapp
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
from channels.documents import object_in
from channels.errors import Failure, FetchFailed, InvalidSignature, SendFailed, Unparseable
from channels.media import Storehouse, fetch
from channels.retrying import retry_after_s
from channels.sms.calling import post, refuse_files
from channels.sms.keywords import Consent, consent_in
from channels.sms.twilio_codes import (
    FAILURES,
    HTTP_FAILURES,
    OPT_OUT_TYPES,
    OPTED_OUT,
    STATES,
)
from channels.text import clean, name_or_none, one_line

BASE_URL = "https://api.twilio.com"

_STORES = frozenset({".twiliocdn.com", "s3-external-1.amazonaws.com"})
_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 500
_MAX_MEDIA = 10
_MAX_URL = 2_000


class TwilioInbound:
    """The inbound half: setting `account_sid`, secret `auth_token`."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        _verify(payload, channel)

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read a message; its media stay with Twilio until they are fetched.

        Raises:
            Unparseable: `not_a_form`, or `missing_field` for the sender or the identifier.
        """
        form = _read_form(payload)
        sid = form.first("MessageSid") or form.first("SmsSid")
        author = normalise_phone(form.first("From"))
        if not sid or not author:
            raise Unparseable("missing_field", "MessageSid or From is missing")
        account = form.first("AccountSid")
        return InboundMessage(
            kind="sms",
            receipt=ReceiptKey("twilio", f"{account[:100]}:{sid[:190]}"),
            sender=Sender("phone", author[:100], name_or_none(form.first("ProfileName"))),
            recipient=normalise_phone(form.first("To")) or channel.address,
            text=form.first("Body"),
            attributes=_attributes(form),
            consent=_consent(form),
            files=_files(form),
        )


class TwilioStatus:
    """The half that hears status callbacks: signed like messages.

    Source: twilio.com/docs/messaging/guides/track-outbound-message-status. Callbacks may come in
    any order, repeatedly, and before the answer that names the message: hence our own identifier
    in the query of the URL, which is signed too.
    """

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        _verify(payload, channel)

    def parse_status(
        self,
        payload: Payload,
        channel: ChannelConfig,  # noqa: ARG002 - the contract's
    ) -> tuple[DeliveryReport, ...]:
        """Read one callback; states that Twilio may yet invent say nothing.

        Raises:
            Unparseable: `not_a_form`, or `missing_field` for the identifier.
        """
        form = _read_form(payload)
        sid = form.first("MessageSid") or form.first("SmsSid")
        state = STATES.get((form.first("MessageStatus") or form.first("SmsStatus")).lower())
        if not sid:
            raise Unparseable("missing_field", "MessageSid is missing")
        if state is None:
            return ()
        code = form.first("ErrorCode")[:20]
        report = DeliveryReport(
            reference=sid[:100],
            recipient=normalise_phone(form.first("To"))[:100],
            state=state,
            failure=_status_failure(code) if state == "failed" else None,
            code=code if state == "failed" else "",
            detail=one_line(form.first("ErrorMessage"), 200) if state == "failed" else "",
            delivery_id=delivery_in(payload.envelope.get("url", "")),
            unwanted=code == str(OPTED_OUT),
        )
        return (report,)


@dataclass(frozen=True, slots=True)
class TwilioOutbound:
    """The outbound half: settings `account_sid`, `messaging_service_sid`, `base_url`.

    `timeout` is what Twilio may take to answer, in seconds.
    """

    timeout: float = 30.0

    async def send(
        self, message: OutboundMessage, channel: ChannelConfig, http: httpx.AsyncClient
    ) -> Sent:
        """Create a Message resource.

        Raises:
            SendFailed: see `channels.errors.Failure`.
        """
        account = channel.settings.get("account_sid")
        token = channel.secrets.get("auth_token")
        if not account or not token:
            raise SendFailed(Failure.MISCONFIGURED, "account_sid or auth_token is not set")
        refuse_files(message)
        base_url = channel.settings.get("base_url") or BASE_URL
        url = f"{base_url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        form = _request(message, channel)
        auth = (account, token)
        return _result(await post(http, url, data=form, auth=auth, timeout=self.timeout))


def _verify(payload: Payload, channel: ChannelConfig) -> None:
    """Check `x-twilio-signature` over the public URL and the form, and whose account it is.

    Raises:
        InvalidSignature: the signature or the account is another, or the token is not set.
    """
    token = channel.secrets.get("auth_token")
    account = channel.settings.get("account_sid")
    if not token or not account:
        raise InvalidSignature("the channel has no account_sid or no auth_token")
    try:
        form = _Form(payload.body.decode("latin-1"), errors="replace")
        is_signed = RequestValidator(token).validate(
            payload.envelope.get("url", ""),
            form,
            payload.envelope.get("x-twilio-signature", ""),
        )
    except ValueError as error:
        raise InvalidSignature("the request cannot have been signed") from error
    if not is_signed:
        raise InvalidSignature("x-twilio-signature does not match")
    if form.first("AccountSid") != account:
        raise InvalidSignature("AccountSid is not the channel's")


class TwilioMedia:
    """The half that fetches media: the API asks for our credentials and redirects to a store.

    Sources: twilio.com/docs/messaging/api/media-resource, and its support's page on protecting
    media with HTTP basic authentication, which names the stores.
    """

    async def fetch(
        self, file: RemoteFile, channel: ChannelConfig, http: httpx.AsyncClient, max_bytes: int
    ) -> Attachment:
        account = channel.settings.get("account_sid")
        token = channel.secrets.get("auth_token")
        if not account or not token:
            raise FetchFailed(Failure.MISCONFIGURED, "account_sid or auth_token is not set")
        basic = b64encode(f"{account}:{token}".encode()).decode()
        storehouse = Storehouse(
            api=channel.settings.get("base_url") or BASE_URL,
            hosts=_STORES,
            headers={"authorization": f"Basic {basic}"},
        )
        return await fetch(file, storehouse, http, max_bytes)


class _Form(dict[str, list[str]]):
    """A form's values by name; `getlist` is how Twilio's validator asks for repeated ones."""

    def __init__(self, body: str, errors: str) -> None:
        super().__init__()
        for name, value in parse_qsl(
            body, keep_blank_values=True, errors=errors, max_num_fields=_MAX_FIELDS
        ):
            self.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        return self[name]

    def first(self, name: str) -> str:
        return clean(self[name][0]).strip() if name in self else ""


def _read_form(payload: Payload) -> _Form:
    if payload.content_type.partition(";")[0].strip().lower() != _FORM:
        raise Unparseable("not_a_form", f"the content type is not {_FORM}")
    try:
        return _Form(payload.body.decode("utf-8"), errors="strict")
    except ValueError as error:
        raise Unparseable("not_a_form", "the body is not a form in UTF-8") from error


def _consent(form: _Form) -> Consent | None:
    """What Advanced Opt-Out says of its own keywords; else what Twilio's usual ones mean."""
    said = form.first("OptOutType").upper()
    if said:
        return OPT_OUT_TYPES.get(said)
    return consent_in(form.first("Body"))


def _attributes(form: _Form) -> dict[str, str]:
    return {"transport": "whatsapp" if is_whatsapp(form.first("From")) else "sms"}


def _files(form: _Form) -> tuple[RemoteFile, ...]:
    count = form.first("NumMedia")
    if not (count.isascii() and count.isdigit()):
        return ()
    return tuple(
        RemoteFile(url, one_line(form.first(f"MediaContentType{index}"), 200).lower())
        for index in range(min(int(count[:3]), _MAX_MEDIA))
        if (url := form.first(f"MediaUrl{index}")[:_MAX_URL])
    )


def _request(message: OutboundMessage, channel: ChannelConfig) -> Mapping[str, str]:
    """Return the form of the request; who is on WhatsApp is written to from there."""
    sender = whatsapp(channel.address) if is_whatsapp(message.recipient) else channel.address
    form = {"To": message.recipient, "Body": clean(message.text)}
    if message.status_url:
        form["StatusCallback"] = message.status_url
    service = channel.settings.get("messaging_service_sid")
    return form | ({"MessagingServiceSid": service} if service else {"From": sender})


def _result(response: httpx.Response) -> Sent:
    answer = object_in(response.content)
    if response.status_code in {200, 201}:
        return Sent(one_line(str(answer.get("sid") or ""), 100) or None)
    code = answer.get("code")
    detail = one_line(str(answer.get("message") or f"HTTP {response.status_code}"), 200)
    raise SendFailed(
        _failure(response.status_code, code if isinstance(code, int) else 0),
        detail,
        code=str(code or response.status_code)[:20],
        retry_after=retry_after_s(response.headers.get("retry-after", "")),
        unwanted=code == OPTED_OUT,
    )


def _failure(status: int, code: int) -> Failure:
    if code in FAILURES:
        return FAILURES[code]
    if status >= 500:
        return Failure.UNAVAILABLE
    return HTTP_FAILURES.get(status, Failure.REJECTED)


def _status_failure(code: str) -> Failure:
    is_number = code.isascii() and code.isdigit()
    return FAILURES.get(int(code), Failure.REJECTED) if is_number else Failure.REJECTED
