"""A macro as it is used: read once, written for one customer in their language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.database.schema import Macro
from gateway.macros.template import Template, read_template
from gateway.macros.variables import KNOWN


@dataclass(frozen=True, slots=True)
class Written:
    """What a macro says to one customer. `missing` are variables that nothing stands for."""

    language: str
    text: str = field(repr=False)
    html: str | None = field(repr=False)
    missing: frozenset[str]


@dataclass(frozen=True, slots=True)
class Words:
    """A macro's text in one language, and the same as HTML, if it has that."""

    text: Template
    html: Template | None


@dataclass(frozen=True, slots=True)
class MacroTexts:
    """A macro's texts by language; that of `language` is for everybody else."""

    language: str
    words: Mapping[str, Words]

    @classmethod
    def of(cls, row: Macro) -> "MacroTexts":
        return cls(row.language, {language: _words(each) for language, each in row.texts.items()})

    @property
    def names(self) -> frozenset[str]:
        """The variables that it has."""
        templates = [each for words in self.words.values() for each in (words.text, words.html)]
        return frozenset().union(*(template.names for template in templates if template))

    def write(self, values: Mapping[str, str | None], language: str | None) -> Written:
        """Write it in `language` (BCP 47), or the nearest that there is."""
        chosen = self.nearest(language)
        words = self.words[chosen]
        text = words.text.render(values)
        html = words.html.render(values) if words.html else None
        missing = text.missing | (html.missing if html else frozenset())
        return Written(chosen, text.text, html.text if html else None, missing)

    def nearest(self, language: str | None) -> str:
        """The language itself, the one that it is a variety of, or the macro's own."""
        tag = language or ""
        for wanted in (tag, tag.partition("-")[0]):
            if wanted in self.words:
                return wanted
        return self.language


def _words(stored: Mapping[str, str | None]) -> Words:
    html = stored.get("html")
    return Words(
        read_template(stored["text"] or "", KNOWN),
        read_template(html, KNOWN, is_html=True) if html else None,
    )
