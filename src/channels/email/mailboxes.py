"""Address lists (RFC 5322 section 3.4) in the wild: one pass, no backtracking, never an error."""

import re

from channels.addresses import normalise_email
from channels.contract import Mailbox
from channels.email.charsets import decode
from channels.email.words import decode_words, unfold
from channels.text import clean, name_or_none

MAX_MAILBOXES = 500
"""How many addresses of one header are read."""

_PIECE = re.compile(
    r"""(?s)\\.|"|\(|\)|<|>|,|;|:|=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=|[^\\"()<>,;:=]+|."""
)


def parse_mailboxes(raw: bytes) -> list[Mailbox]:
    """Read a header of addresses, groups flattened, at most `MAX_MAILBOXES`."""
    reader = _Reader()
    for piece in _PIECE.findall(decode(unfold(raw))):
        reader.take(piece)
        if len(reader.found) >= MAX_MAILBOXES:
            break
    reader.finish()
    return reader.found


class _Reader:
    """The state of one pass: inside quotes, inside a comment, inside angle brackets or outside."""

    def __init__(self) -> None:
        self.found: list[Mailbox] = []
        self._is_quoted = False
        self._comment_depth = 0
        self._is_angle = False
        self._start()

    def _start(self) -> None:
        self._phrase: list[str] = []
        self._comment: list[str] = []
        self._address: list[str] = []

    def take(self, piece: str) -> None:
        if self._is_quoted:
            self._take_quoted(piece)
        elif self._comment_depth:
            self._take_comment(piece)
        else:
            self._take_plain(piece)

    def finish(self) -> None:
        self._flush()

    def _target(self) -> list[str]:
        return self._address if self._is_angle else self._phrase

    def _take_quoted(self, piece: str) -> None:
        if piece == '"':
            self._is_quoted = False
        else:
            self._target().append(piece[1:] if piece[0] == "\\" and len(piece) == 2 else piece)

    def _take_comment(self, piece: str) -> None:
        self._comment_depth += (piece == "(") - (piece == ")")
        if self._comment_depth:
            self._comment.append(piece)

    def _take_plain(self, piece: str) -> None:
        match piece:
            case '"':
                self._is_quoted = True
            case "(":
                self._comment_depth = 1
            case "<":
                self._is_angle = True
            case ">":
                self._is_angle = False
            case "," | ";":
                self._flush()
            case ":" if not self._is_angle:
                self._start()
            case _:
                self._target().append(piece)

    def _flush(self) -> None:
        self._is_angle = self._is_quoted = False
        phrase = "".join(self._phrase)
        address = "".join(self._address)
        name = phrase
        if not address:
            address = next((word.strip("<>") for word in phrase.split() if "@" in word), "")
            name = "".join(self._comment) if address else phrase
        address = clean("".join(decode_words(address).split()))
        named = name_or_none(decode_words(name).strip().strip("\"'"))
        if address or named:
            self.found.append(Mailbox(normalise_email(address)[:320], named))
        self._start()
