"""The lines by which mail programs introduce quoted or forwarded mail."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from channels.email.quote_languages import (
    ABOVE,
    FORWARDS,
    LABELS,
    OPENERS,
    ORIGINALS,
    VERBS,
    Label,
)
from channels.email.quote_lines import MAX_LINE, Line

_DASHES = "-\u2010\u2011\u2012\u2013\u2014_=*~"
_RULE_FIRST = _DASHES + "#"
_WRAP = _DASHES + "#>" + " \t"
_NOTES = ("Inactive hide details for ", "Hide details for ")
_REPLY_LINES = 6
_REPLY_CHARACTERS = 500
_BLOCK_LINES = 12
_BLOCK_GAP = 3
_LABEL_CHARACTERS = 24

_WORD = re.compile(r"[^\W\d_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_CJK_VERBS = tuple(verb for verb in VERBS if _CJK.search(verb))
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d(?!\d)|\d{1,2}[:.h]\d\d(?!\d)|\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?!\d))"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.h]\d\d(?!\d)")
_BRACKETS = re.compile(r'<[^<>]*>?|\([^()]*\)|"[^"]*"|\[[^\[\]]*\]')
_OPENER = re.compile(
    "(?:" + "|".join(sorted(map(re.escape, OPENERS), key=len, reverse=True)) + r")\b"
    r"(?=[^\d@<>]{0,24}\d)"
)
_INLINE_OPENER = re.compile(r"(?:^|[\s\-.!?])(?=" + _OPENER.pattern + ")")
_GMAIL_DATE = re.compile(r"\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d \S")
_DATE_FIRST = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2} ")
_ENDING = re.compile(r"[\d)](?: ?(?:uhr|h|am|pm|a\.m\.|p\.m\.))?$", re.IGNORECASE)
_GENDER = re.compile(r"^\s{0,2}(?:\([^()]{1,4}\)|/\w{1,2}\b|\u5730?)")
_INLINE_LABEL = re.compile(r"(?<=\s)[*_]?([^\W\d_][^\s:\uff1a]{1,14}) ?[:\uff1a]")
_SMALL = frozenset(
    {"via", "von", "van", "der", "den", "de", "da", "di", "del", "la", "le", "om", "het", "heeft"}
    | {"volgende", "folgendes", "f\u00f8lgende"}
)
"""Words without a capital that stand among names."""


@dataclass(frozen=True, slots=True)
class Header:
    """Lines `start` to `end` (not included) that introduce what follows.

    `before` is new text that shares the first of them. `is_reply` is the kind that stands above
    quoted lines: "On ... wrote:"; the others are heads and rules.
    """

    start: int
    end: int
    is_reply: bool
    before: str = ""


def find_headers(lines: Sequence[Line]) -> dict[int, Header]:
    """Return all headers by their first line, in time linear to the number of lines."""
    labels = [_label(line.bare) for line in lines]
    found: dict[int, Header] = {}
    for index, line in enumerate(lines):
        if not line.bare or len(line.bare) > MAX_LINE:
            continue
        header = _marked(lines, index) or _rule(line, index) or _block(lines, labels, index)
        header = header or _reply(lines, index)
        if header:
            found.setdefault(header.start, header)
    return found


def _marked(lines: Sequence[Line], index: int) -> Header | None:
    """Return what the markup says is an introduction."""
    if not lines[index].is_header or (index and lines[index - 1].is_header):
        return None
    end = index
    while end < len(lines) and lines[end].is_header:
        end += 1
    says = [line for line in lines[index:end] if not line.is_blank]
    return Header(index, end, is_reply=not any(_rule(line, 0) for line in says[:1]))


def _rule(line: Line, index: int) -> Header | None:
    """Recognise "-----Original Message-----", its like, and "reply above this line"."""
    bare = line.bare
    if bare.startswith(_NOTES):
        return Header(index, index + 1, is_reply=False)
    if len(bare) > 160 or (bare[0] not in _RULE_FIRST and bare[-1] not in ":\uff1a"):
        return None
    phrase = bare.strip(_WRAP).rstrip(":\uff1a ").casefold()
    is_ruled = bare[0] in _RULE_FIRST and bare[:2] != "- "
    is_rule = phrase in FORWARDS or (is_ruled and phrase in ORIGINALS)
    if is_rule or (is_ruled and any(each in phrase for each in ABOVE)):
        return Header(index, index + 1, is_reply=False)
    return None


def _label(bare: str) -> Label | None:
    """Return which line of a mail's head this is, if it looks like one."""
    if ":" not in bare and "\uff1a" not in bare:
        return None
    head, colon, _ = bare[: _LABEL_CHARACTERS + 6].replace("\uff1a", ":").partition(":")
    return LABELS.get(head.strip(_WRAP).casefold()) if colon else None


def _block(lines: Sequence[Line], labels: Sequence[Label | None], start: int) -> Header | None:
    """Recognise the head of a quoted mail: "From: ...", "Sent: ...", "To: ..." on lines or in one.

    Two labels are not enough: people write "From: Milan", "To: Rome" themselves. A head has a
    subject, a time of sending or an address besides.
    """
    if labels[start] in {None, "other", "copy"}:
        return None
    seen: set[Label] = set()
    last, index = start, start
    while index < min(len(lines), start + _BLOCK_LINES) and index - last <= _BLOCK_GAP:
        label = labels[index]
        if label and lines[index].is_quoted == lines[start].is_quoted:
            seen.add(label)
            last = index
        index += 1
    if len(seen) < 2:
        seen |= _labels_within(lines[start].bare)
    text = " ".join(line.bare for line in lines[start : last + 1])
    return Header(start, last + 1, is_reply=False) if _is_head(seen, text) else None


def _labels_within(bare: str) -> set[Label]:
    words = (found[1].strip(_WRAP).casefold() for found in _INLINE_LABEL.finditer(bare))
    return {LABELS[word] for word in words if word in LABELS}


def _is_head(seen: set[Label], text: str) -> bool:
    has_time = not seen.isdisjoint({"sent", "date"})
    is_pair = len(seen & {"sender", "to"}) + has_time > 1
    is_strong = len(seen) > 2 and not seen.isdisjoint({"subject", "sent"})
    return is_pair and (is_strong or "@" in text or ("sent" in seen and "sender" in seen))


def _reply(lines: Sequence[Line], end: int) -> Header | None:
    """Recognise "On ... wrote:", wrapped over several lines or not, by the line that ends it."""
    if not _closes(lines, end):
        return None
    complete, is_above_quote = None, _is_above_quote(lines, end)
    for start, text in _endings(lines, end):
        if not _is_introduction(text, is_above_quote=is_above_quote):
            continue
        if _OPENER.match(text.lstrip(_WRAP)):
            return Header(start, end + 1, is_reply=True)
        complete = start if complete is None else complete
        if _DATE.search(text):
            break
    if complete is None:
        return None
    return _without_opener(lines, complete, end, is_above_quote=is_above_quote)


def _endings(lines: Sequence[Line], end: int) -> Iterator[tuple[int, str]]:
    """Yield ever more lines that end at `end` as one text, with the first of them."""
    text = ""
    for start in range(end, max(-1, end - _REPLY_LINES), -1):
        text = f"{lines[start].bare} {text}".strip()
        if not _joins(lines, start, end) or len(text) > _REPLY_CHARACTERS:
            return
        yield start, text


def _closes(lines: Sequence[Line], index: int) -> bool:
    bare = lines[index].bare
    if bare[-1] in ":\uff1a":
        return True
    if bare[-1] in _DASHES:
        return _has_verb(bare)
    if _GMAIL_DATE.match(bare):
        return True
    return bare[-1] == ">" and _DATE_FIRST.match(bare) is not None and _is_above_quote(lines, index)


def _is_above_quote(lines: Sequence[Line], index: int) -> bool:
    following = (line for line in lines[index + 1 : index + 4] if not line.is_blank)
    line = next(following, None)
    if line is None or lines[index].is_quoted:
        return False
    return line.is_quoted or line.is_history or line.bare.startswith("|")


def _joins(lines: Sequence[Line], start: int, end: int) -> bool:
    """Tell whether a line can be the beginning or middle of an introduction that ends at `end`."""
    line = lines[start]
    if len(line.bare) > MAX_LINE or line.is_quoted != lines[end].is_quoted:
        return False
    if start == end:
        return True
    if line.is_blank:
        return lines[start + 1].bare.startswith("<")
    words = _WORD.findall(line.bare[-20:])
    is_sentence = line.bare[-1] == "." and bool(words) and len(words[-1]) > 4
    return line.bare[-1] not in "!?:" and not is_sentence


def _has_verb(text: str) -> bool:
    return _last_verb(text) is not None


def _last_verb(text: str) -> tuple[int, int] | None:
    """Return where the last word for "wrote" begins and ends."""
    found = None
    for word in _WORD.finditer(text):
        if word[0].casefold() in VERBS:
            found = word.span()
    if not text.isascii():
        for verb in _CJK_VERBS:
            position = text.rfind(verb)
            if position >= 0 and (found is None or position > found[0]):
                found = position, position + len(verb)
    return found


def _is_introduction(text: str, *, is_above_quote: bool) -> bool:
    """Tell whether a text says who wrote and when, in the order of any language.

    Directly above a quotation a colon with an address is enough; elsewhere there must be a word for
    "wrote", and with it an address or a time of day.
    """
    core = text.rstrip(_DASHES + " ").rstrip(":\uff1a ")
    if is_above_quote and text[-1] in ":\uff1a" and "@" in text:
        return True
    verb = _last_verb(core)
    if verb is None:
        return _is_date_and_address(text, core)
    if not (is_above_quote or "@" in text or _TIME.search(text) or text[:2] == "--"):
        return False
    before, after = core[: verb[0]], core[verb[1] :]
    after = _GENDER.sub("", after, count=1)
    rest = _BRACKETS.sub(" ", after).strip(_WRAP + ",")
    date = _DATE.search(before)
    if text[:2] == "--" and text[-2:] == "--" and not rest:
        return True
    if not rest or _are_names(rest):
        is_dated = date is not None and (date.start() <= 45 or _OPENER.match(text.lstrip(_WRAP)))
        return bool(is_dated) or (not rest and ("@" in before or is_above_quote))
    return "@" in before and _DATE.search(after) is not None and _ENDING.search(core) is not None


def _is_date_and_address(text: str, core: str) -> bool:
    """Tell whether this is a date, a name and an address alone, as Gmail writes in some languages.

    Only with both year and time, since no word tells it from other text.
    """
    if _GMAIL_DATE.match(core):
        return True
    if core[-1:] not in (">", ")") or "@" not in core:
        return False
    if text[-1] not in ":\uff1a":
        return _DATE_FIRST.match(core) is not None
    is_address_last = "@" in core[core.rfind("<") :] or "@" in core[core.rfind("(") :]
    return is_address_last and _is_timed(core)


def _is_timed(text: str) -> bool:
    return _YEAR.search(text) is not None and _TIME.search(text) is not None


def _are_names(rest: str) -> bool:
    words = _WORD.findall(rest)
    return len(words) <= 6 and all(not word[0].islower() or word in _SMALL for word in words)


def _without_opener(lines: Sequence[Line], start: int, end: int, *, is_above_quote: bool) -> Header:
    """Return an introduction that begins with a name, a date, or in the middle of a line."""
    text = " ".join(line.bare for line in lines[start : end + 1])
    shared = [found.end() for found in _INLINE_OPENER.finditer(lines[start].bare)]
    for position in reversed(shared):
        said = text[position:]
        if "@" in text[:position]:
            continue
        if _is_introduction(said, is_above_quote=is_above_quote):
            before = lines[start].bare[:position].rstrip(_WRAP)
            return Header(start, end + 1, is_reply=True, before=before)
    if not _DATE.search(text) or text[0] in "<>":
        start = _start_above(lines, start)
    return Header(start, end + 1, is_reply=True)


def _start_above(lines: Sequence[Line], start: int) -> int:
    """Return where the date stands that belongs to a name further down, or `start`."""
    for index in range(start - 1, max(-1, start - 3), -1):
        if lines[index].is_blank or not _joins(lines, index, start):
            break
        if _DATE.search(lines[index].bare):
            return index
    return start
