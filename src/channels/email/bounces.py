"""Bounces: mail that says that mail of ours did not arrive, in whichever form servers say so."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from channels.addresses import is_email
from channels.contract import DeliveryReport
from channels.email.delivery_status import Action, RecipientStatus, read_delivery_status
from channels.email.failure_words import is_delay, is_failure_notice, is_failure_subject
from channels.email.headers import Headers
from channels.email.mailboxes import parse_mailboxes
from channels.email.mime import Part
from channels.email.notices import embedded_fields, own_words, read_notice
from channels.email.origin import Origin
from channels.email.returned import original_message_id, parts, returned_head
from channels.email.status_codes import (
    failure_of,
    has_reply,
    inferred_code,
    is_general,
    stated_code,
)
from channels.errors import Failure


def read_bounce(
    root: Part, text: str, origin: Origin, occurred_at: datetime | None
) -> tuple[DeliveryReport, ...]:
    """Return what a mail says about mail of ours that was not delivered, else nothing.

    Reports of success (RFC 3464 `delivered`, `relayed`) count as well. `text` is the mail's own
    text. Never raises; time is linear in the size.
    """
    statuses = _statuses(root, text, origin)
    reference = original_message_id(root, text) if statuses else ""
    return tuple(_report(status, reference, occurred_at) for status in statuses)


def _report(
    status: RecipientStatus, reference: str, occurred_at: datetime | None
) -> DeliveryReport:
    return DeliveryReport(
        reference=reference,
        recipient=status.address,
        state=_STATES[status.action],
        failure=_failure(status),
        code=status.status,
        detail=status.detail,
        occurred_at=occurred_at,
    )


_STATES: dict[Action, Literal["sent", "delivered", "failed"]] = {
    "failed": "failed",
    "delayed": "sent",
    "delivered": "delivered",
    "relayed": "sent",
}


def _failure(status: RecipientStatus) -> Failure | None:
    match status.action:
        case "failed":
            return failure_of(status.status)
        case "delayed":
            return Failure.UNAVAILABLE
        case _:
            return None


def _statuses(root: Part, text: str, origin: Origin) -> list[RecipientStatus]:
    is_machine = _is_machine(origin)
    structured = [status for part in parts(root) for status in _structured(part)]
    if structured and (is_machine or _is_report(root)):
        return _completed(structured, root, text)
    if not is_machine and not origin.is_unread:
        return []
    return _unstructured(root, text, origin)


def _is_machine(origin: Origin) -> bool:
    return bool(
        origin.has_null_sender
        or "x-failed-recipients" in origin.names
        or origin.says("auto-submitted")
        or origin.is_daemon
    )


def _is_report(root: Part) -> bool:
    """Whether the mail is a report on a delivery (RFC 6522)."""
    return root.content_type.value == "multipart/report" and root.content_type.parameters.get(
        "report-type", "delivery-status"
    ).lower() in {"delivery-status", ""}


def _structured(part: Part) -> list[RecipientStatus]:
    is_status = part.content_type.value in {
        "message/delivery-status",
        "message/global-delivery-status",
    }
    return read_delivery_status(part.content) if is_status else []


def _completed(structured: list[RecipientStatus], root: Part, text: str) -> list[RecipientStatus]:
    """Return the statuses, each address once; what they leave open is taken from the words."""
    if any(not status.address or not _is_telling(status) for status in structured):
        is_delayed = all(status.action == "delayed" for status in structured)
        worded = _worded(root, text, is_delayed=is_delayed)
        if not any(status.address for status in structured):
            structured = [replace(structured[0], address=each.address) for each in worded] or (
                structured[:1]
            )
        said = {each.address: each for each in worded if _is_telling(each)}
        structured = [
            each if _is_telling(each) else _more_telling(each, said.get(each.address))
            for each in structured
        ]
    once = {status.address: status for status in reversed(structured)}
    return [once.pop(status.address) for status in structured if status.address in once]


def _is_telling(status: RecipientStatus) -> bool:
    return status.action in {"delivered", "relayed"} or not is_general(status.status)


def _more_telling(status: RecipientStatus, said: RecipientStatus | None) -> RecipientStatus:
    if said is None:
        return status
    return replace(status, status=said.status, detail=status.detail or said.detail)


def _unstructured(root: Part, text: str, origin: Origin) -> list[RecipientStatus]:
    """Return what a notice without a machine-readable part says, if it is one at all."""
    notice = own_words(text)
    subject = root.headers.text("subject")[:1_000]
    is_certain = _is_certain(root, origin)
    if not _is_notice(origin, subject, notice, returned_head(root, text), is_certain=is_certain):
        return []
    fields = embedded_fields(text)
    is_delayed = is_delay(subject, notice)
    statuses = read_delivery_status(fields.encode()) if fields else []
    statuses = statuses or _worded(root, text, is_delayed=is_delayed)
    if statuses or not is_certain:
        return _completed(statuses, root, text)
    code = stated_code(notice) or inferred_code(notice, is_delayed=is_delayed)
    return [RecipientStatus("", "delayed" if is_delayed else "failed", code)]


def _is_certain(root: Part, origin: Origin) -> bool:
    return origin.is_daemon or "x-failed-recipients" in origin.names or _is_report(root)


def _is_notice(
    origin: Origin, subject: str, notice: str, returned: Headers, *, is_certain: bool
) -> bool:
    """Whether words tell of a failed delivery: the more of them, the less sure the sender is."""
    is_subject, is_text = is_failure_subject(subject), is_failure_notice(notice)
    if not is_certain:
        is_about_mail = bool(stated_code(notice) or returned.fields)
        return is_subject and is_text and is_about_mail
    return is_subject or "x-failed-recipients" in origin.names or (is_text and has_reply(notice))


def _worded(root: Part, text: str, *, is_delayed: bool) -> list[RecipientStatus]:
    headers = root.headers
    others = {
        each.address
        for name in ("from", "to", "sender", "reply-to", "delivered-to", "return-path")
        for each in parse_mailboxes(headers.raw(name))
    }
    named = tuple(
        each.address
        for each in parse_mailboxes(headers.raw("x-failed-recipients"))
        if is_email(each.address)
    )
    notice = own_words(text)
    found = read_notice(notice, others=others, named=named, is_delayed=is_delayed)
    if found:
        return found
    mailboxes = parse_mailboxes(returned_head(root, text).raw("to"))
    addressed = tuple(each.address for each in mailboxes if each.address)
    if len(addressed) != 1 or not is_email(addressed[0]):
        return []
    return read_notice(notice, others=set(), named=addressed, is_delayed=is_delayed)
