"""The language that a text is written in, for rules that ask for it.

py3langid by a naive Bayes over byte sequences (Lui and Baldwin, 2012), narrowed to languages that
customers are likely to write; where it is not sure, the language is unknown.
"""

from functools import cache
from typing import Any, Final

from routing.engine import RuleSet
from routing.facts import SIGN, FactValue

LANGUAGES: Final = (
    *("ar", "bg", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hr", "hu", "it", "ja"),
    *("ko", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "tr", "uk", "zh"),
)
CONFIDENCE: Final = 0.8
LOOKED_AT: Final = 300
"""Characters: more of them cost time and change little."""


def detect(text: str) -> str | None:
    """The ISO 639-1 code of a text's language, or None where there is too little to tell.

    Costs about 0.1 ms, and three seconds and 130 MB once, for the model: `load` does that before.
    """
    language, confidence = _identifier().classify(text[:LOOKED_AT])
    return str(language) if confidence >= CONFIDENCE else None


def add_language(facts: dict[str, FactValue | None], rules: RuleSet) -> None:
    """Find out the language of a message, if its rules ask for it and nobody has said."""
    if SIGN in facts:
        return
    if "language" in rules.fields and facts.get("language") is None:
        facts["language"] = detect(str(facts.get("text") or ""))


def load() -> None:
    """Read the model, once in a process; takes seconds."""
    _identifier()


@cache
def _identifier() -> Any:
    from py3langid import langid

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
