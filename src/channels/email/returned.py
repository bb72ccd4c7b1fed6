"""The mail of ours that a report returns, whole or as its head alone."""

import re
from collections.abc import Iterator

from channels.email.headers import Headers, split_head
from channels.email.identifiers import parse_identifiers, parse_message_id
from channels.email.mime import Part
from channels.email.notices import MAX_NOTICE, returned_text

_TYPES = frozenset(
    {"message/rfc822", "message/global", "message/rfc822-headers", "text/rfc822-headers"}
)
_MAX_HEAD = 65_536
_HEAD = re.compile(r"^[\w-]{2,60}:[ \t][\s\S]*", re.MULTILINE)
_STATED_ID = re.compile(
    r"^[ \t>]*message-id[ \t]*:[ \t]*\n?[ \t>]*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE
)


def parts(part: Part) -> Iterator[Part]:
    """Yield a part and all below it, in order."""
    yield part
    for child in part.children:
        yield from parts(child)


def returned_head(root: Part, text: str) -> Headers:
    """Return the head of the mail that came back, as a part or below the words of `text`."""
    for part in parts(root):
        if part is not root and part.content_type.value in _TYPES:
            return split_head(part.content.lstrip()[:_MAX_HEAD])[0]
    rest = _HEAD.search(returned_text(text))
    return split_head(rest[0].encode())[0] if rest else Headers()


def original_message_id(root: Part, text: str) -> str:
    """Return the Message-ID of the mail that a report is about, as far as it can be known."""
    stated = _STATED_ID.search(text[:MAX_NOTICE])
    candidates = (
        parse_message_id(returned_head(root, text).raw("message-id")),
        parse_message_id(root.headers.raw("x-original-message-id")),
        parse_message_id(stated[1].encode()) if stated else None,
        *parse_identifiers(root.headers.raw("in-reply-to"))[:1],
        *parse_identifiers(root.headers.raw("references"))[-1:],
    )
    return next((candidate for candidate in candidates if candidate), "")
