"""The new text of a mail, told apart from quoted history and signature.

Where in doubt text stays: a quotation left in is a nuisance, new text cut off is a loss.
"""

from dataclasses import dataclass, field, replace

from channels.email.quote_headers import Header, find_headers
from channels.email.quote_lines import Line, read_lines
from channels.email.signatures import without_signature


def new_text(text: str, marked: str | None = None) -> str | None:
    """Return what the sender of a mail now writes, or None where that is the whole text.

    `marked` is the same text with the marks of `channels.email.quote_lines`, where it comes from
    HTML that says what is quoted. What remains are lines of `text` in their order (or the beginning
    of one, where a quotation begins in it), and never nothing. Takes time linear to the text.
    """
    lines = read_lines(text if marked is None else marked)
    stretches = _Reading(lines).stretches()
    kept = _without_quoted_tail(_signed_off(stretches))
    if not any(each.is_new for each in kept):
        kept = _without_quoted_tail(stretches)
    new = _joined(kept)
    return new if new and new.split() != text.split() else None


@dataclass(slots=True)
class _Stretch:
    """Consecutive lines that are kept: new ones, or a quotation that the sender chose.

    `is_apart` says that history was left out before it.
    """

    is_quoted: bool
    is_apart: bool
    lines: list[Line] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return not self.is_quoted and any(not line.is_blank for line in self.lines)


class _Reading:
    """One pass over the lines, which leaves out the history."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self._headers = find_headers(lines)
        self._kept: list[_Stretch] = []
        self._has_new = False
        self._has_history = False
        self._is_apart = False
        self._index = 0

    def stretches(self) -> list[_Stretch]:
        goes_on = True
        while goes_on and self._index < len(self._lines):
            line = self._lines[self._index]
            header = self._headers.get(self._index)
            if line.is_rest:
                goes_on = self._keep_all_unless_new()
            elif line.is_history:
                self._leave_history()
            elif line.is_quoted:
                self._pass_quotation()
            elif header is None:
                self._keep(self._index + 1)
            else:
                goes_on = self._pass_header(header)
        return self._kept

    def _keep(self, end: int, *, is_quoted: bool = False) -> None:
        if not self._kept or self._kept[-1].is_quoted != is_quoted or self._is_apart:
            self._kept.append(_Stretch(is_quoted, self._is_apart))
            self._is_apart = False
        lines = self._lines[self._index : end]
        self._kept[-1].lines += lines
        self._has_new |= not is_quoted and any(not line.is_blank for line in lines)
        self._index = end

    def _leave_history(self, end: int | None = None) -> None:
        """Pass over lines; what follows them is a stretch of its own."""
        self._is_apart = True
        self._index = self._index + 1 if end is None else end

    def _pass_quotation(self) -> None:
        """Leave a quotation out where it was introduced, above or inside."""
        end = self._end_of_quotation()
        if self._has_history or self._is_introduced(end):
            self._leave_history(end)
        else:
            self._keep(end, is_quoted=True)

    def _is_introduced(self, end: int) -> bool:
        first = range(self._index, min(self._index + 6, end))
        return any(index in self._headers for index in first)

    def _end_of_quotation(self) -> int:
        end = index = self._index
        while index < len(self._lines):
            line = self._lines[index]
            if line.is_quoted and not line.is_history:
                end = index + 1
            elif not line.is_blank:
                break
            index += 1
        return end

    def _pass_header(self, header: Header) -> bool:
        """Pass over an introduction and tell whether new text may follow.

        Above quoted lines it always may: answers stand below or between. At the very top there is
        nothing that it could end: a forwarded mail is then the text itself.
        """
        if header.before:
            before = Line(header.before, header.before)
            self._kept.append(_Stretch(is_quoted=False, is_apart=False, lines=[before]))
            self._has_new = True
        end = self._end_of_headers(header)
        if self._is_quoted_after(end):
            self._has_history = True
        elif self._has_new or not header.is_reply:
            return self._keep_all_unless_new()
        self._leave_history(end)
        return True

    def _keep_all_unless_new(self) -> bool:
        """End the reading; a mail that says nothing new above its history is that history."""
        if not self._has_new:
            self._keep(len(self._lines))
        return False

    def _end_of_headers(self, header: Header) -> int:
        """Return where an introduction ends together with those that follow it at once."""
        end = header.end
        while (following := self._next_said(end)) is not None and following in self._headers:
            if self._lines[following].is_quoted:
                break
            end = self._headers[following].end
        return end

    def _is_quoted_after(self, index: int) -> bool:
        said = self._next_said(index)
        return said is not None and (self._lines[said].is_quoted or self._lines[said].is_history)

    def _next_said(self, index: int) -> int | None:
        while index < len(self._lines):
            if not self._lines[index].is_blank:
                return index
            index += 1
        return None


def _signed_off(stretches: list[_Stretch]) -> list[_Stretch]:
    """Return the stretches without signatures, which end the mail or stand above history."""
    signed = list(stretches)
    for index, each in enumerate(stretches):
        is_end = index + 1 == len(stretches) or stretches[index + 1].is_apart
        if is_end and not each.is_quoted:
            signed[index] = replace(each, lines=without_signature(each.lines))
    return signed


def _without_quoted_tail(stretches: list[_Stretch]) -> list[_Stretch]:
    """Return the stretches without quotations at the end, which nothing new answers."""
    end = len(stretches)
    has_new = any(each.is_new for each in stretches)
    while has_new and end and not stretches[end - 1].is_new and not _is_chosen(stretches, end - 1):
        end -= 1
    return stretches[:end]


def _is_chosen(stretches: list[_Stretch], index: int) -> bool:
    """Tell whether a quotation is the sender's own choice: set off in HTML, or led up to."""
    if not stretches[index].is_quoted:
        return False
    if any(line.is_cited for line in stretches[index].lines):
        return True
    above = (line.bare for line in reversed(stretches[index - 1].lines) if not line.is_blank)
    return index > 0 and next(above, "").endswith((":", "\uff1a"))


def _joined(stretches: list[_Stretch]) -> str:
    pieces: list[str] = []
    for stretch in stretches:
        if all(line.is_blank for line in stretch.lines):
            continue
        text = "\n".join(line.text for line in stretch.lines)
        if stretch.is_apart and pieces:
            pieces[-1] = pieces[-1].rstrip() + "\n"
            text = text.lstrip("\n")
        pieces.append(text)
    return "\n".join(pieces).strip()
