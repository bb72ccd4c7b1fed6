"""Texts as rules compare them: without regard to case, and word by word."""

import re
from collections.abc import Sequence
from typing import Final
from unicodedata import normalize

# Bytes translate several times faster than characters.
_ASCII_WORDS: Final = bytes(
    c if c == ord("_") or chr(c).isalnum() else ord(" ") for c in range(128)
).ljust(256)

# Scripts written without spaces (Thai to Myanmar, Khmer, kana, Han): each character is a word of
# its own, so that a phrase is found wherever its characters stand together.
_UNSPACED: Final = re.compile(
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\U00020000-\U0003ffff])"
)
# Vowel signs and accents belong to the letter before them, though Python's \w leaves them out.
_WORD: Final = re.compile(
    r"[\w\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    r"\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u0900-\u0963\u0966-\u0dff"
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3]+"
)


def fold(text: str) -> str:
    """Without case and compatibility differences: NFKC and full case folding (Unicode 3.13)."""
    if text.isascii():
        return text.lower()
    return normalize("NFKC", normalize("NFKC", text).casefold())


def words_of(folded: str) -> list[str]:
    """Split a folded text into its words, in order."""
    if folded.isascii():
        return folded.encode().translate(_ASCII_WORDS).decode().split()
    return _WORD.findall(" ".join(_UNSPACED.split(folded)))


def line_of(words: Sequence[str]) -> str:
    """Set words each between single spaces: `' pay the invoice '`.

    Whole words and phrases can then be found as substrings that begin and end with a space.
    """
    return f" {' '.join(words)} "
