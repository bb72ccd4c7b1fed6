"""Text as it may be stored: valid Unicode without NUL, lines ending in a single line feed."""

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]+")
_BLANKS = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return `text` with NUL and lone surrogates as U+FFFD and every line end as a line feed.

    PostgreSQL takes neither of the two in a text column; text without them comes back as it is.
    """
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    if _is_storable(text):
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def _is_storable(text: str) -> bool:
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def one_line(text: str, limit: int) -> str:
    """Return `text` cleaned, its control characters and runs of blanks as one space, cut."""
    if not text.isprintable() or "  " in text:
        text = _BLANKS.sub(" ", _CONTROL.sub(" ", clean(text)))
    return text.strip()[:limit]


def name_or_none(text: str | None) -> str | None:
    """Return what somebody calls themselves, as one line of at most 200 characters, if anything."""
    return one_line(text, 200) or None if text else None
