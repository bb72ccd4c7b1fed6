"""Which parts of a mail are its body, and which came along (after RFC 8621 section 4.1.4)."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from mimetypes import guess_type

from channels.contract import Attachment
from channels.email.charsets import decode, meta_charset
from channels.email.flowed import unflowed
from channels.email.html import html_to_text
from channels.email.mime import Part
from channels.email.quote_marks import may_be_marked
from channels.email.tnef import files_of
from channels.email.transfer import split_uuencoded
from channels.email.words import header_text
from channels.filenames import safe_filename
from channels.text import clean, one_line

_BODY_TYPES = frozenset({"text/plain", "text/html"})
_MAIL_TYPES = frozenset({"message/rfc822", "message/global", "message/delivery-status"})
_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_FOREIGN_LINE_END = re.compile(rb"\0|\r(?!\n)|(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """One stretch of the body, in either form or in both."""

    plain: str | None
    html: str | None


@dataclass(frozen=True, slots=True)
class Body:
    """A mail's content: `text` always, `html` raw and untrusted where the mail has some.

    `marked` is the text with the marks of `channels.email.quote_lines`, where HTML alone says it.
    """

    text: str
    marked: str | None
    html: str | None
    attachments: tuple[Attachment, ...]


def read_body(root: Part) -> Body:
    """Return the body and the attachments of a tree of parts."""
    attachments: list[Attachment] = []
    blocks = list(_blocks(root, None, 0, attachments))
    return Body(clean(_plain(blocks)), _marked(blocks), _html(blocks), tuple(attachments))


def _blocks(
    part: Part, parent: Part | None, position: int, attachments: list[Attachment]
) -> Iterator[Block]:
    """Yield the blocks of a part in order, and collect what is none of them."""
    if part.children:
        nested = [
            list(_blocks(child, part, index, attachments))
            for index, child in enumerate(part.children)
        ]
        if part.content_type.value == "multipart/alternative":
            yield from _alternative(nested)
        else:
            yield from _flat(nested)
    elif part.content_type.value.startswith("multipart/"):
        if part.body.strip():
            yield Block(_text(part, part.content), None)
    elif _is_body(part, parent, position):
        if part.content_type.value == "text/html":
            yield Block(None, _text(part, part.content))
        else:
            text, files = split_uuencoded(part.content)
            attachments += [_file(header_text(name), content) for name, content in files]
            yield Block(_text(part, text), None)
    else:
        attachments += _attachments(part, parent, len(attachments) + 1)


def _is_body(part: Part, parent: Part | None, position: int) -> bool:
    if part.disposition.value == "attachment":
        return False
    if part.content_type.value not in _BODY_TYPES:
        return parent is None and part.content_type.value.startswith("text/")
    is_related = parent is not None and parent.content_type.value == "multipart/related"
    return position == 0 or (not is_related and not part.filename)


def _alternative(choices: list[list[Block]]) -> Iterator[Block]:
    """Yield the plain and the rich choice as one block; a single choice as it is."""
    plain = [blocks for blocks in choices if blocks and not any(block.html for block in blocks)]
    rich = [blocks for blocks in choices if any(block.html for block in blocks)]
    if plain and rich:
        text = _plain(_flat(plain))
        yield Block(text if text.strip() else None, _html(_flat(rich)))
    else:
        yield from _flat(choices)


def _flat(choices: list[list[Block]]) -> list[Block]:
    return [block for blocks in choices for block in blocks]


def _plain(blocks: list[Block]) -> str:
    return "\n".join(
        block.plain if block.plain is not None else html_to_text(block.html or "")
        for block in blocks
    )


def _marked(blocks: list[Block]) -> str | None:
    if not any(block.plain is None and may_be_marked(block.html or "") for block in blocks):
        return None
    return clean(
        "\n".join(
            block.plain
            if block.plain is not None
            else html_to_text(block.html or "", is_marked=True)
            for block in blocks
        )
    )


def _html(blocks: list[Block]) -> str | None:
    if not any(block.html for block in blocks):
        return None
    return clean(
        "\n".join(
            block.html if block.html is not None else f"<pre>{html.escape(block.plain or '')}</pre>"
            for block in blocks
        )
    )


def _text(part: Part, content: bytes) -> str:
    parameters = part.content_type.parameters
    charset = parameters.get("charset")
    if charset is None and part.content_type.value == "text/html":
        charset = meta_charset(content)
    text = clean(decode(content, charset))
    is_flowed = parameters.get("format", "").lower() == "flowed"
    if is_flowed and part.content_type.value == "text/plain":
        return unflowed(text, is_space_deleted=parameters.get("delsp", "").lower() == "yes")
    return text


def _attachments(part: Part, parent: Part | None, number: int) -> list[Attachment]:
    """Return the part as a file, or the files of Outlook's envelope, which nothing else opens."""
    if part.content_type.value in _TNEF_TYPES:
        files = [_file(name, content) for name, content in files_of(part.content)]
        if files:
            return files
    return [_attachment(part, parent, number)]


def _file(name: str, content: bytes) -> Attachment:
    safe = safe_filename(name, "attachment")
    return Attachment(safe, guess_type(safe)[0] or "application/octet-stream", content)


def _attachment(part: Part, parent: Part | None, number: int) -> Attachment:
    content_id = one_line(part.headers.text("content-id"), 300).strip("<>") or None
    is_related = parent is not None and parent.content_type.value == "multipart/related"
    is_shown = part.disposition.value == "inline" or (
        is_related and content_id is not None and part.disposition.value != "attachment"
    )
    extension = _EXTENSIONS.get(part.content_type.value, "")
    return Attachment(
        filename=safe_filename(part.filename or "", f"attachment-{number}{extension}"),
        content_type=part.content_type.value,
        content=_content(part),
        inline=is_shown,
        content_id=content_id,
    )


def _content(part: Part) -> bytes:
    """Return a file's bytes.

    A mail inside stays as it was sent, without the blank lines that are its carrier's. Other files
    that came unencoded are lines of text, whose ends on the way were not their own.
    """
    content = part.content
    if part.content_type.value in _MAIL_TYPES:
        return content.rstrip(b"\r\n")
    if part.is_encoded or _FOREIGN_LINE_END.search(content):
        return content
    return content.replace(b"\r\n", b"\n")


_EXTENSIONS = {
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
}
