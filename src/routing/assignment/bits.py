"""Sets of agents as whole numbers, of which bit n stands for agent n.

To find who of 500 could take something is then a few operations on 64 bytes.
"""

from collections.abc import Iterable, Iterator

Bits = int


def members(bits: Bits) -> Iterator[int]:
    """The numbers in a set, from the lowest."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def union(sets: Iterable[Bits]) -> Bits:
    whole = 0
    for each in sets:
        whole |= each
    return whole
