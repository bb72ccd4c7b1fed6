"""Web forms as JSON or form-encoded: the hottest door, so one pass and no model classes."""

import hashlib
import math
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import orjson

from channels.addresses import MAX_EMAIL, is_email, normalise_email
from channels.contract import ChannelConfig, InboundMessage, Payload, ReceiptKey, Sender
from channels.errors import InvalidForm, Unparseable
from channels.text import clean, name_or_none, one_line

MAX_MESSAGE = 100_000
MAX_LINE = 500
MAX_ATTRIBUTES = 50
MAX_VALUE = 2_000
MAX_SUBMISSION_ID = 200
REPEATS_WITHIN = timedelta(minutes=10)
"""How long the same content from the same sender counts as one submission."""

_ATTRIBUTE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OWN_FIELDS = frozenset({"email", "message", "name", "subject", "submission_id"})

Problems = list[tuple[str, str]]


class WebFormInbound:
    """The inbound half for forms: neither settings nor secrets."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Accept: whoever can see the form may send it.

        The channel's public key in the path is all there is, and the door has found the channel
        by it; a secret inside a public page would be none.
        """

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read one submission.

        Fields: `email` and `message` (1 to 100,000 characters) required; `name`, `subject`,
        `submission_id` optional; every other name (`[A-Za-z0-9_-]`, at most 64 characters, at
        most 50 of them) with a string (at most 2,000 characters), number or boolean is an
        attribute. Null counts as absent.

        Raises:
            InvalidForm: with every field that is wrong.
            Unparseable: `not_a_form`, the body is neither of the two formats.
        """
        fields = _read(payload)
        problems: Problems = []
        email = _email(fields.get("email"), problems)
        message = _message(fields.get("message"), problems)
        name = _line(fields, "name", problems)
        subject = _line(fields, "subject", problems)
        key = payload.envelope.get("idempotency-key") or _submission_id(fields, problems)
        attributes = _attributes(fields, problems)
        if problems:
            raise InvalidForm(problems)
        return InboundMessage(
            kind="web_form",
            receipt=_receipt(channel, key, (email, subject or "", message)),
            sender=Sender("email", email, name_or_none(name)),
            recipient=channel.address,
            text=message,
            subject=one_line(subject, MAX_LINE) or None if subject else None,
            attributes=attributes,
        )


def _read(payload: Payload) -> dict[str, Any]:
    media_type = payload.content_type.partition(";")[0].strip().lower()
    match media_type:
        case "application/json":
            return _read_json(payload.body)
        case "application/x-www-form-urlencoded":
            return _read_urlencoded(payload.body)
        case _:
            raise Unparseable("not_a_form", "send application/json or a form-encoded body")


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unparseable("not_a_form", f"the body is not JSON: {error.msg}") from error
    if not isinstance(fields, dict):
        raise InvalidForm([("", "must be an object")])
    return fields


def _read_urlencoded(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=1_000
        )
    except ValueError as error:
        raise Unparseable("not_a_form", "the body is not form-encoded UTF-8") from error
    return dict(pairs)


def _email(value: object, problems: Problems) -> str:
    if isinstance(value, str) and len(value) <= MAX_EMAIL:
        address = normalise_email(value)
        if is_email(address):
            return address
    problems.append(("/email", "is required" if value is None else "must be a mail address"))
    return ""


def _message(value: object, problems: Problems) -> str:
    if isinstance(value, str) and len(value) <= MAX_MESSAGE and not value.isspace() and value:
        return clean(value)
    what = "is required" if value is None else f"must be text of 1 to {MAX_MESSAGE} characters"
    problems.append(("/message", what))
    return ""


def _line(fields: dict[str, Any], field: str, problems: Problems) -> str | None:
    value = fields.get(field)
    if value is None or (isinstance(value, str) and len(value) <= MAX_LINE):
        return clean(value) if value else None
    problems.append((f"/{field}", f"must be text of at most {MAX_LINE} characters"))
    return None


def _submission_id(fields: dict[str, Any], problems: Problems) -> str | None:
    value = fields.get("submission_id")
    if value is None or (isinstance(value, str) and 0 < len(value) <= MAX_SUBMISSION_ID):
        return value
    problems.append(("/submission_id", f"must be text of 1 to {MAX_SUBMISSION_ID} characters"))
    return None


def _attributes(fields: dict[str, Any], problems: Problems) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, value in fields.items():
        if name in _OWN_FIELDS or value is None:
            continue
        if not _ATTRIBUTE.fullmatch(name):
            problems.append((_pointer(name), "must be named with A-Z a-z 0-9 _ - (at most 64)"))
        elif (text := _scalar(value)) is None:
            what = f"must be a number, a boolean or text of at most {MAX_VALUE} characters"
            problems.append((_pointer(name), what))
        else:
            attributes[name] = text
    if len(attributes) > MAX_ATTRIBUTES:
        problems.append(("", f"must have at most {MAX_ATTRIBUTES} further fields"))
    return attributes


def _scalar(value: object) -> str | None:
    match value:
        case str():
            return clean(value) if len(value) <= MAX_VALUE else None
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case _:
            return None


def _pointer(name: str) -> str:
    return "/" + clean(name[:100]).replace("~", "~0").replace("/", "~1")


def _receipt(channel: ChannelConfig, key: str | None, content: tuple[str, ...]) -> ReceiptKey:
    """Return the sender's own key, else a digest that lasts as long as a double click may."""
    if key:
        sound = key if len(key) <= MAX_SUBMISSION_ID and key.isprintable() else _digest((key,))
        return ReceiptKey("form", f"{channel.id}:{sound}")
    return ReceiptKey("form_digest", f"{channel.id}:{_digest(content)}", REPEATS_WITHIN)


def _digest(content: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(content).encode("utf-8", "replace")).hexdigest()
