"""A mail's text as lines that know whether they are quoted."""

import re
from dataclasses import dataclass
from itertools import pairwise

QUOTE_START = "\ufdd0"
QUOTE_END = "\ufdd1"
HISTORY_START = "\ufdd2"
HISTORY_END = "\ufdd3"
HEADER_START = "\ufdd4"
HEADER_END = "\ufdd5"
SIGNATURE_START = "\ufdd6"
SIGNATURE_END = "\ufdd7"
REST_START = "\ufdd8"
"""Lines that consist of one of these (noncharacters, never text) delimit what the markup of an HTML
mail says about the lines between; what follows REST_START is history to the end."""

MAX_LINE = 500
"""Longer lines introduce nothing; they are not looked into."""

MAX_LINES = 10_000
"""What follows is one last line, quoted or new as its beginning is, and not looked into."""

_STARTS = (QUOTE_START, HISTORY_START, HEADER_START, SIGNATURE_START, REST_START)
_ENDS = {QUOTE_END: 0, HISTORY_END: 1, HEADER_END: 2, SIGNATURE_END: 3}
_PREFIX = re.compile(r"[ \t]{0,4}[>\uff1e](?:[ \t]{0,3}[>\uff1e|])*[ \t]?")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202c\u1427"))
_MARKS = dict.fromkeys(map(ord, (*_STARTS, *_ENDS)))
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u3000": " "})


@dataclass(slots=True)
class Line:
    """One line. `bare` is what it says: without quote marks, bounded, with ordinary blanks.

    `is_cited` is quoted by markup that stands for quoting of one's own choice as well.
    """

    text: str
    bare: str
    is_quoted: bool = False
    is_cited: bool = False
    is_history: bool = False
    is_header: bool = False
    is_signature: bool = False
    is_rest: bool = False

    @property
    def is_blank(self) -> bool:
        return not self.bare


def read_lines(text: str) -> list[Line]:
    """Read plain text, quoted by `>`, or text with the marks above."""
    lines: list[Line] = []
    depths = [0, 0, 0, 0, 0]
    first, rest = _divided(text)
    for raw in first:
        if raw in _STARTS:
            depths[_STARTS.index(raw)] += 1
        elif raw in _ENDS:
            depths[_ENDS[raw]] = max(0, depths[_ENDS[raw]] - 1)
        else:
            lines.append(_line(raw, depths))
    _mend_wrapped(lines)
    if rest:
        lines.append(_line(rest, depths))
    return lines


def _divided(text: str) -> tuple[list[str], str]:
    lines = text.split("\n", MAX_LINES)
    return lines[:MAX_LINES], "\n".join(lines[MAX_LINES:]).translate(_MARKS).strip("\n")


def _line(raw: str, depths: list[int]) -> Line:
    prefix = _PREFIX.match(raw)
    bare = raw[prefix.end() if prefix else 0 :][: MAX_LINE + 1]
    if not bare.isascii():
        bare = bare.translate(_SPACES).translate(_INVISIBLE)
    cited, history, header, signature, rest = (depth > 0 for depth in depths)
    return Line(
        raw,
        bare.strip(),
        is_quoted=prefix is not None or cited,
        is_cited=cited,
        is_history=history,
        is_header=header,
        is_signature=signature,
        is_rest=rest,
    )


def _mend_wrapped(lines: list[Line]) -> None:
    """Undo quoting that is none: the `>` of an address or link that was wrapped over two lines."""
    for before, line in pairwise(lines):
        if not line.is_quoted or line.is_cited or before.is_quoted or len(line.bare) > 40:
            continue
        if line.bare.endswith((":", "\uff1a")) and "@" in before.bare:
            line.is_quoted = False
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if not line.is_quoted and before.is_quoted and after.is_quoted:
            line.is_quoted = _continues_link(before.bare, line.bare)


def _continues_link(before: str, line: str) -> bool:
    """Tell whether a line between quoted ones is a link, or the end of one, that lost its `>`."""
    if " " in line.strip(" <>"):
        return False
    opened = before.count("(") > before.count(")") or before.count("<") > before.count(">")
    return (opened and line.endswith((")", ">"))) or "://" in line
