"""By which text search configuration of PostgreSQL the words of a language are stemmed."""

from collections.abc import Mapping
from typing import Final

SIMPLE: Final = "simple"
"""Words as they are written, in lower case."""

BY_LANGUAGE: Final[Mapping[str, str]] = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""Of those that PostgreSQL brings along, by ISO 639-1."""


def of_language(language: str | None) -> str:
    """`simple` where the language is unknown, or PostgreSQL has nothing for it."""
    return BY_LANGUAGE.get(language or "", SIMPLE)
