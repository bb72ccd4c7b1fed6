"""Complaints: a mailbox provider tells that a reader calls our mail unwanted (RFC 5965)."""

from datetime import datetime

from channels.contract import DeliveryReport
from channels.email.headers import Headers, split_head
from channels.email.identifiers import parse_message_id
from channels.email.mailboxes import parse_mailboxes
from channels.email.mime import Part
from channels.email.returned import returned_head
from channels.text import one_line

_MAX_HEAD = 65_536
_NO_COMPLAINT = frozenset({"not-spam"})
_HOTMAIL_READER = "x-hmxmroriginalrecipient"


def read_complaint(root: Part, occurred_at: datetime | None) -> tuple[DeliveryReport, ...]:
    """Return who complained of which mail of ours, else nothing. Never raises.

    Besides feedback reports, those of Hotmail (the mail alone, with a field that names its reader)
    and of Apple Mail (`X-Apple-Unsubscribe`) are known. The mail itself was delivered.
    """
    returned = returned_head(root, "")
    for part in root.children:
        if part.content_type.value == "message/feedback-report":
            fields = split_head(part.content.lstrip()[:_MAX_HEAD])[0]
            return _of_report(fields, returned, occurred_at)
    if _HOTMAIL_READER in returned:
        return (_report("abuse", returned.raw(_HOTMAIL_READER), returned, occurred_at),)
    if "x-apple-unsubscribe" in root.headers:
        return (_report("opt-out", root.headers.raw("from"), returned, occurred_at),)
    return ()


def _of_report(
    fields: Headers, returned: Headers, occurred_at: datetime | None
) -> tuple[DeliveryReport, ...]:
    kind = fields.parametrised("feedback-type").value or "other"
    if kind in _NO_COMPLAINT:
        return ()
    names = ("original-rcpt-to", "removal-recipient")
    told = (fields.raw(name) for name in names if name in fields)
    reader = next(told, b"") or returned.raw("to")
    return (_report(kind, reader, returned, occurred_at, one_line(fields.text("user-agent"), 200)),)


def _report(
    kind: str, reader: bytes, returned: Headers, occurred_at: datetime | None, detail: str = ""
) -> DeliveryReport:
    named = parse_mailboxes(reader)
    return DeliveryReport(
        reference=parse_message_id(returned.raw("message-id")) or "",
        recipient=named[0].address if named else "",
        state="delivered",
        code=one_line(kind, 40),
        detail=detail,
        occurred_at=occurred_at,
    )
