"""HTML bodies as text: one pass, in time and memory linear to the markup.

Not by inscriptis: it lays tables and lists out with padding, by which a small hostile mail grows
to gigabytes, and takes twenty times as long.
"""

import html
import re
from collections.abc import Callable, Mapping

from channels.email.markup import UnreadableMarkup, read_markup
from channels.email.quote_marks import marks

MAX_HTML = 1_000_000
"""How many characters of an HTML body are turned into text."""

_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "dl", "table"}
)
_LINES = frozenset(
    {"div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "center", "form"}
)
_LINE = "\v"
_PARAGRAPH = "\f"
_BREAKS = dict.fromkeys(_LINES, _LINE) | dict.fromkeys(_PARAGRAPHS, _PARAGRAPH)
_OPENINGS = _BREAKS | {"br": "\n", "hr": _LINE, "li": f"{_LINE}- "}
_CLOSINGS = _BREAKS | {"td": " ", "th": " "}
_HIDDEN = re.compile(r"display\s{0,9}:\s{0,9}none", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_GAP = re.compile(r"(?: {2}|[\n\f\v])[ \n\f\v]*")
_PREFORMATTED = str.maketrans({" ": "\u00a0", "\t": "\u00a0", "\f": "\n", "\v": "\n"})
_TAG = re.compile(r"<[^<>]*>")
_NBSP = "\u00a0"


def html_to_text(markup: str, *, is_marked: bool = False) -> str:
    """Return what an HTML body says, blocks as lines, without styles, scripts and hidden parts.

    Never raises: what nests too deeply is returned without its tags. `is_marked` adds lines that
    say what is quoted, see `channels.email.quote_lines`.
    """
    markup = markup[:MAX_HTML]
    written = _Text(marks if is_marked else _no_marks)
    try:
        read_markup(markup, written)
        text = "".join(written.pieces)
    except UnreadableMarkup:
        text = html.unescape(_TAG.sub(" ", markup))
    tidy = _GAP.sub(_gap, text).replace(_NBSP, " ")
    return "\n".join(line.rstrip() for line in tidy.split("\n")).strip("\n")


def _gap(run: re.Match[str]) -> str:
    """Return what a run of blanks and breaks comes to: a space, a new line or an empty line."""
    gap = run[0]
    if _PARAGRAPH in gap or gap.count("\n") > 1:
        return "\n\n"
    return "\n" if _LINE in gap or "\n" in gap else " "


def _no_marks(_tag: str, _attributes: Mapping[str, str]) -> tuple[str, str]:
    return "", ""


class _Text:
    """Collects what is seen of a document; `_hidden` and `_preformatted` count open elements."""

    def __init__(self, marks_of: Callable[[str, Mapping[str, str]], tuple[str, str]]) -> None:
        self.pieces: list[str] = []
        self._marks_of = marks_of
        self._end_marks: list[str] = []
        self._hidden = 0
        self._preformatted = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._hidden or _is_hidden(tag, attributes):
            self._hidden += 1
            return
        self._preformatted += tag == "pre"
        start, end = self._marks_of(tag, attributes)
        self._end_marks.append(end)
        self.pieces += _OPENINGS.get(tag, ""), _on_its_line(start)

    def end(self, tag: str) -> None:
        if self._hidden:
            self._hidden -= 1
            return
        self._preformatted -= tag == "pre"
        self.pieces += _on_its_line(self._end_marks.pop()), _CLOSINGS.get(tag, "")

    def data(self, text: str) -> None:
        if not self._hidden:
            self.pieces.append(_words(text, is_kept=self._preformatted > 0))


def _on_its_line(mark: str) -> str:
    return mark and f"{_LINE}{mark}{_LINE}"


def _is_hidden(tag: str, attributes: Mapping[str, str]) -> bool:
    return tag in _SKIPPED or _HIDDEN.search(attributes.get("style", "")) is not None


def _words(text: str, *, is_kept: bool) -> str:
    """Return text with blanks collapsed, or kept as no-break spaces where it is preformatted."""
    if is_kept:
        return text.translate(_PREFORMATTED)
    return _BLANKS.sub(" ", text)
