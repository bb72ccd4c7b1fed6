"""How many segments a text message takes: what providers bill, and what carriers cut it into.

Sources: 3GPP TS 23.038 section 6.2.1 (the default alphabet and its extension table), TS 23.040
section 9.2.3.24.1 (the header that joins segments takes 6 of 140 octets).
"""

from dataclasses import dataclass
from typing import Literal

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
"""Characters that take an escape before them: two septets that stay in one segment."""


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` are septets of GSM-7, or 16-bit units of UCS-2."""

    encoding: Literal["gsm-7", "ucs-2"]
    units: int
    number: int


def segments(text: str) -> Segments:
    """Count a text that is sent without transliteration; an empty one still takes a segment."""
    if all(character in BASIC or character in EXTENSION for character in text):
        sizes = [2 if character in EXTENSION else 1 for character in text]
        return Segments("gsm-7", sum(sizes), _number(sizes, alone=160, joined=153))
    sizes = [2 if character > "\uffff" else 1 for character in text]
    return Segments("ucs-2", sum(sizes), _number(sizes, alone=70, joined=67))


def _number(sizes: list[int], *, alone: int, joined: int) -> int:
    """A character of two units is never cut: the segment before it then stays short."""
    if sum(sizes) <= alone:
        return 1
    number, used = 1, 0
    for size in sizes:
        if used + size > joined:
            number, used = number + 1, 0
        used += size
    return number
