"""Web forms, in any of three formats: the hottest door, so one pass and no model classes."""

import hashlib
import math
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import orjson

from channels.addresses import MAX_EMAIL, is_email, normalise_email
from channels.contract import (
    Attachment,
    ChannelConfig,
    InboundMessage,
    Payload,
    ReceiptKey,
    Sender,
)
from channels.errors import InvalidForm, Unparseable
from channels.form_fields import HONEYPOT, MAX_VALUE, OWN_TYPES, RESERVED, FormField, fields_of
from channels.multipart import Files, read_multipart
from channels.text import clean, name_or_none, one_line

MAX_MESSAGE = 100_000
MAX_LINE = 500
MAX_ATTRIBUTES = 50
MAX_SUBMISSION_ID = 200
MAX_FILES = 10
MAX_FILE_BYTES = 10 * 1024 * 1024
REPEATS_WITHIN = timedelta(minutes=10)
"""How long the same content from the same sender counts as one submission."""

MAX_ENCODED_BYTES = 1024 * 1024
"""Of a form-encoded submission: its escapes cost much more to read than to send."""

_ENCODED = "application/x-www-form-urlencoded"
_ATTRIBUTE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OWN_FIELDS = OWN_TYPES.keys() | RESERVED

Problems = list[tuple[str, str]]


class WebFormInbound:
    """The inbound half for forms.

    Settings: `fields` (see `channels.form_fields`); no secrets.
    """

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Accept: whoever can see the form may send it.

        The channel's public key in the path is all there is, and the door has found the channel
        by it; a secret inside a public page would be none.
        """

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read one submission.

        Fields: `email` and `message` (1 to 100,000 characters) required; `name`, `subject`,
        `submission_id` optional. Where the channel's `fields` are set, the others are those; else
        every other name (`[A-Za-z0-9_-]`, at most 64 characters, at most 50 of them) with a string
        (at most 2,000 characters), number or boolean is an attribute. Null counts as absent.
        Files: at most 10 of at most 10 MiB each, of any type.

        Raises:
            InvalidForm: with every field that is wrong.
            Unparseable: `not_a_form`, the body is none of the three formats.
        """
        fields, files = read_submission(payload)
        asked = fields_of(channel.settings)
        problems: Problems = []
        email = _email(fields.get("email"), problems)
        message = _message(fields.get("message"), problems)
        name = _line(fields, "name", problems)
        subject = _line(fields, "subject", problems)
        key = payload.envelope.get("idempotency-key") or _submission_id(fields, problems)
        if fields.get(HONEYPOT):
            problems.append((f"/{HONEYPOT}", "must be left empty"))
        if asked is None:
            attributes, of_contact = _attributes(fields, problems), dict[str, str]()
        else:
            attributes, of_contact = _answers(asked, fields, files, problems)
        attachments = _attachments(files, problems) if files else ()
        if problems:
            raise InvalidForm(problems)
        content = (email, subject or "", message, *(_digest_of(each) for each in attachments))
        return InboundMessage(
            kind="web_form",
            receipt=_receipt(channel, key, content),
            sender=Sender("email", email, name_or_none(name)),
            recipient=channel.address,
            text=message,
            subject=one_line(subject, MAX_LINE) or None if subject else None,
            attachments=attachments,
            attributes=attributes,
            contact_attributes=of_contact,
        )


def max_bytes(content_type: str) -> int | None:
    """Return how long a submission of this type may be, None where it has no limit of its own."""
    return MAX_ENCODED_BYTES if _media_type(content_type) == _ENCODED else None


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def read_submission(payload: Payload) -> tuple[dict[str, Any], Files]:
    """Return the fields and files of a submission as they were sent.

    Raises:
        InvalidForm: it is JSON, but no object.
        Unparseable: `not_a_form`.
    """
    media_type = _media_type(payload.content_type)
    match media_type:
        case "application/json":
            return _read_json(payload.body), {}
        case _ if media_type == _ENCODED:
            return _read_urlencoded(payload.body), {}
        case "multipart/form-data":
            return read_multipart(payload.content_type, payload.body)
        case _:
            detail = "send application/json, a form-encoded body or multipart/form-data"
            raise Unparseable("not_a_form", detail)


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
    problems.append(("/email", "is required" if _is_blank(value) else "must be a mail address"))
    return ""


def _message(value: object, problems: Problems) -> str:
    if isinstance(value, str) and len(value) <= MAX_MESSAGE and not value.isspace() and value:
        return clean(value)
    what = "is required" if _is_blank(value) else f"must be text of 1 to {MAX_MESSAGE} characters"
    problems.append(("/message", what))
    return ""


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


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


def _answers(
    asked: tuple[FormField, ...], fields: dict[str, Any], files: Files, problems: Problems
) -> tuple[dict[str, str], dict[str, str]]:
    """The attributes of the conversation and of the contact, as the form asks for them."""
    answers: dict[str, dict[str, str]] = {"conversation": {}, "contact": {}}
    for field in asked:
        text = _answer(field, fields.get(field.name), files, problems)
        if text and field.name not in OWN_TYPES:
            answers[field.of][field.name] = text
    by_name = {field.name: field for field in asked}
    for name in fields:
        if name not in by_name and name not in _OWN_FIELDS:
            problems.append((_pointer(name), "is no field of this form"))
    for name in files:
        if name not in by_name or by_name[name].type != "file":
            problems.append((_pointer(name), "takes no files"))
    return answers["conversation"], answers["contact"]


def _answer(field: FormField, value: object, files: Files, problems: Problems) -> str:
    """The text of one answer, empty where there is none or it is a file."""
    where = _pointer(field.name)
    text = "" if value is None else _scalar(value) if field.name not in OWN_TYPES else str(value)
    if field.type == "file":
        is_missing, text = field.name not in files, ""
    else:
        is_missing = text is not None and not text.strip()
    if any(pointer == where for pointer, _ in problems):
        return ""
    if is_missing:
        problems += [(where, "is required")] if field.required else []
        return ""
    if text is None:
        problems.append((where, f"must be text of at most {MAX_VALUE} characters"))
        return ""
    if field.name not in OWN_TYPES and text and (what := field.mistake(text)):
        problems.append((where, what))
    return text


def _attachments(files: Files, problems: Problems) -> tuple[Attachment, ...]:
    attachments = [attachment for those in files.values() for attachment in those]
    for name, those in files.items():
        if any(len(attachment.content) > MAX_FILE_BYTES for attachment in those):
            limit = MAX_FILE_BYTES // 1024 // 1024
            problems.append((_pointer(name), f"must be files of at most {limit} MiB each"))
    if len(attachments) > MAX_FILES:
        problems.append((_pointer(next(iter(files))), f"must be at most {MAX_FILES} files in all"))
    return tuple(attachments)


def _digest_of(attachment: Attachment) -> str:
    return hashlib.sha256(attachment.content).hexdigest()


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
