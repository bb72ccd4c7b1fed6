"""A multinomial naive Bayes over words and pairs of words, for the types of messages. Pure.

Words are kept as numbers of buckets that many share, and only if two messages have them: a model
holds nothing that somebody wrote.
"""

import gzip
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import orjson

BUCKETS: Final = 2**18
LOOKED_AT: Final = 3_000
"""Characters of a message."""
SMOOTHING: Final = 0.1
FEWEST: Final = 2
"""Messages that have to share a word."""
_WORD: Final = re.compile(r"[^\W\d_]{2,30}")

Example = tuple[str, str]
"""What somebody wrote, and the type that it has."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Logarithms of a type: its share, that of each known bucket, that of the other buckets."""

    share: float
    known: Mapping[int, float]
    unknown: float

    def of(self, buckets: Iterable[int]) -> float:
        return self.share + sum(self.known.get(bucket, self.unknown) for bucket in buckets)


@dataclass(frozen=True, slots=True)
class TypeModel:
    """Version `version` of a workspace's model."""

    version: int
    types: Mapping[str, Weights]
    vocabulary: frozenset[int]

    def suggest(self, text: str) -> str | None:
        """The most likely type; None where no word of the text is known."""
        known = buckets_of(text) & self.vocabulary
        if not known:
            return None
        return max(sorted(self.types), key=lambda name: self.types[name].of(known))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages a type has, and how many of them have each bucket."""

    cases: Mapping[str, int]
    words: Mapping[str, Mapping[int, int]]


def count(examples: Sequence[Example]) -> Counts:
    """Learn: what is counted is all that there is to it."""
    words: dict[str, Counter[int]] = {}
    for text, name in examples:
        words.setdefault(name, Counter()).update(buckets_of(text))
    shared = sum(words.values(), Counter[int]())
    kept = {
        name: {bucket: n for bucket, n in sorted(counts.items()) if shared[bucket] >= FEWEST}
        for name, counts in words.items()
    }
    return Counts(Counter(name for _, name in examples), kept)


def model_of(counts: Counts, version: int) -> TypeModel:
    vocabulary = frozenset(bucket for words in counts.words.values() for bucket in words)
    cases = sum(counts.cases.values())
    types = {
        name: _weights(words, counts.cases[name] / cases, len(vocabulary))
        for name, words in counts.words.items()
    }
    return TypeModel(version, types, vocabulary)


def _weights(words: Mapping[int, int], share: float, vocabulary: int) -> Weights:
    total = math.log(sum(words.values()) + SMOOTHING * vocabulary or 1)
    known = {bucket: math.log(n + SMOOTHING) - total for bucket, n in words.items()}
    return Weights(math.log(share), known, math.log(SMOOTHING) - total)


def packed(counts: Counts) -> bytes:
    words = {name: list(each.items()) for name, each in counts.words.items()}
    return gzip.compress(orjson.dumps({"cases": dict(counts.cases), "words": words}), mtime=0)


def unpacked(stored: bytes) -> Counts:
    read = orjson.loads(gzip.decompress(stored))
    return Counts(read["cases"], {name: dict(each) for name, each in read["words"].items()})


def buckets_of(text: str) -> frozenset[int]:
    words = _WORD.findall(text[:LOOKED_AT].casefold())
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return frozenset(zlib.crc32(each.encode()) % BUCKETS for each in (*words, *pairs))
