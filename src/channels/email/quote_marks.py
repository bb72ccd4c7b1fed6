"""What the markup of an HTML mail says about quotations: elements to the marks of `quote_lines`."""

import re
from collections.abc import Mapping
from typing import Final

from channels.email.quote_lines import (
    HEADER_END,
    HEADER_START,
    HISTORY_END,
    HISTORY_START,
    QUOTE_END,
    QUOTE_START,
    REST_START,
    SIGNATURE_END,
    SIGNATURE_START,
)

_PREFIX = re.compile(r"^(?:x_|ecx|3d)+")
"""What mail programs put before the classes of a mail that they quote or convert."""

_QUOTE: Final = (QUOTE_START, QUOTE_END)
_HISTORY: Final = (HISTORY_START, HISTORY_END)
_HEADER: Final = (HEADER_START, HEADER_END)
_SIGNATURE: Final = (SIGNATURE_START, SIGNATURE_END)
_REST: Final = (REST_START, "")

_NAMES: Final = {
    "olk_src_body_section": _HISTORY,
    "yahoo_quoted": _HISTORY,
    "ymail_quoted": _HISTORY,
    "protonmail_quote": _HISTORY,
    "tutanota_quote": _HISTORY,
    "zmail_extra": _HISTORY,
    "skiff-mail-quote": _HISTORY,
    "isreplycontent": _HISTORY,
    "ntes-mailmaster-quote": _HISTORY,
    "mail-quote-collapse": _HISTORY,
    "mailquote": _HISTORY,
    "messagereplysection": _HISTORY,
    "bloop_original_html": _HISTORY,
    "mail-editor-reference-message-container": _REST,
    "ms-outlook-mobile-reference-message": _REST,
    "divrplyfwdmsg": _REST,
    "appendonsend": _REST,
    "stopspelling": _REST,
    "zwchr": _REST,
    "moz-cite-prefix": _HEADER,
    "gmail_attr": _HEADER,
    "reply-intro": _HEADER,
    "outlookmessageheader": _HEADER,
    "bloop_markdown_reply": _HEADER,
    "gmail_signature": _SIGNATURE,
    "gmail_signature_prefix": _SIGNATURE,
    "moz-signature": _SIGNATURE,
    "signature": _SIGNATURE,
    "applemailsignature": _SIGNATURE,
    "ms-outlook-mobile-signature": _SIGNATURE,
    "ms-outlook-mobile-body-separator-line": _SIGNATURE,
    "protonmail_signature_block": _SIGNATURE,
    "ymail_android_signature": _SIGNATURE,
    "yahoo-signature": _SIGNATURE,
    "bloop_sign": _SIGNATURE,
    "messagesignaturesection": _SIGNATURE,
    "linebreakatbeginningofsignature": _SIGNATURE,
}
"""Classes, ids and names (lower case) that mail programs give to what they add themselves."""


def may_be_marked(markup: str) -> bool:
    """Tell, at little cost, whether there can be an element that `marks` knows."""
    lowered = markup.lower()
    return any(name in lowered for name in ("<blockquote", "data-signatureblock", *_NAMES))


def marks(tag: str, attributes: Mapping[str, str]) -> tuple[str, str]:
    """Return the marks before and after an element's text, empty where there is none."""
    for value in (attributes.get("class"), attributes.get("id"), attributes.get("name")):
        for name in (value or "").lower().split()[:10]:
            found = _NAMES.get(_PREFIX.sub("", name))
            if found:
                return found
    if attributes.get("data-signatureblock") == "true":
        return _SIGNATURE
    if tag == "blockquote":
        return _HISTORY if attributes.get("type", "").lower() == "cite" else _QUOTE
    return "", ""
