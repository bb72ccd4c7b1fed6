"""What a form asks for: its fields as an admin sets them, and what may be said in each.

The setting `fields` is a JSON array of objects: `name`, `type` (`text`, `email`, `textarea`,
`select`, `file`), `label` (a text, or one per language: `{"en": ..., "it": ...}`), `required`,
`options` (of a select) and `of` (`conversation` or `contact`: whose attribute the value is).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, get_args

import orjson

from channels.addresses import is_email, normalise_email
from channels.errors import ChannelError
from channels.records import record
from channels.text import clean

FieldType = Literal["text", "email", "textarea", "select", "file"]
Owner = Literal["conversation", "contact"]

MAX_FIELDS = 40
MAX_OPTIONS = 100
MAX_LABEL = 300
MAX_VALUE = 2_000
OWN_TYPES: Mapping[str, FieldType] = {
    "name": "text",
    "email": "email",
    "subject": "text",
    "message": "textarea",
}
"""What every form may ask for; `email` and `message` are always asked for."""

HONEYPOT = "website_url"
"""A field that people do not see: what fills it in is a machine."""

RESERVED = frozenset(
    {
        HONEYPOT,
        "submission_id",
        "_stamp",
        "_challenge",
        "_language",
        "cf-turnstile-response",
        "h-captcha-response",
        "g-recaptcha-response",
    }
)
"""Names that the form uses for itself."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_KEYS = frozenset({"name", "type", "label", "required", "options", "of"})

Mistakes = list[tuple[str, str]]


class InvalidFields(ChannelError):  # noqa: N818 - named as the other refusals are
    """The setting is no description of fields; `mistakes` pairs JSON pointers with reasons."""

    def __init__(self, mistakes: Mistakes) -> None:
        super().__init__("; ".join(f"{where}: {what}" for where, what in mistakes))
        self.mistakes = mistakes


@record
class FormField:
    """One question. `labels` is by language; `""` is the one for all others."""

    name: str
    type: FieldType
    labels: Mapping[str, str]
    required: bool = False
    options: tuple[str, ...] = ()
    of: Owner = "conversation"

    def label(self, language: str) -> str:
        """Return the label in a language, else the one that there is, else the name."""
        fallback = next(iter(self.labels.values()), self.name)
        return self.labels.get(language) or self.labels.get("") or fallback

    def mistake(self, value: str) -> str | None:
        """Say what is wrong with an answer, None where nothing is."""
        if self.type == "email" and not is_email(normalise_email(value)):
            return "must be a mail address"
        if self.type == "select" and value not in self.options:
            return "must be one of the options"
        if len(value) > MAX_VALUE:
            return f"must be text of at most {MAX_VALUE} characters"
        return None


PLAIN = tuple(
    FormField(name, type_, {}, required=name in {"email", "message"})
    for name, type_ in OWN_TYPES.items()
)
"""The fields of a form for which nothing is set."""


def fields_of(settings: Mapping[str, str]) -> tuple[FormField, ...] | None:
    """Return the fields that are set for a form; None where it takes whatever comes."""
    text = settings.get("fields")
    return read_fields(text) if text else None


@lru_cache(maxsize=512)
def read_fields(text: str) -> tuple[FormField, ...]:
    """Read the setting.

    Raises:
        InvalidFields: with every mistake.
    """
    try:
        entries = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidFields([("", f"must be a JSON array: {error.msg}")]) from error
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_FIELDS:
        raise InvalidFields([("", f"must be a JSON array of 1 to {MAX_FIELDS} fields")])
    mistakes: Mistakes = []
    fields = [_field(entry, f"/{number}", mistakes) for number, entry in enumerate(entries)]
    mistakes += _repeated(fields)
    if mistakes:
        raise InvalidFields(mistakes)
    present = {field.name for field in fields}
    return (*fields, *(field for field in PLAIN if field.required and field.name not in present))


def _field(entry: object, at: str, mistakes: Mistakes) -> FormField:
    if not isinstance(entry, dict):
        mistakes.append((at, "must be an object"))
        entry = {}
    mistakes += [(f"{at}/{key}", "unknown") for key in entry if key not in _KEYS]
    name = entry.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in RESERVED:
        what = "must begin with a letter and hold A-Z a-z 0-9 _ - (at most 64), and not be reserved"
        mistakes.append((f"{at}/name", what))
        name = ""
    return FormField(
        name=name,
        type=_type(entry, name, at, mistakes),
        labels=_labels(entry.get("label", {}), f"{at}/label", mistakes),
        required=_required(entry, name, at, mistakes),
        options=_options(entry, f"{at}/options", mistakes),
        of=_one_of(entry, "of", "conversation", get_args(Owner), at, mistakes),
    )


def _type(entry: Mapping[str, Any], name: str, at: str, mistakes: Mistakes) -> FieldType:
    own = OWN_TYPES.get(name)
    type_: FieldType = _one_of(entry, "type", own or "text", get_args(FieldType), at, mistakes)
    if own is not None and type_ != own:
        mistakes.append((f"{at}/type", f"must be {own} for {name}"))
    return type_


def _one_of(
    entry: Mapping[str, Any],
    key: str,
    usual: str,
    allowed: tuple[str, ...],
    at: str,
    mistakes: Mistakes,
) -> Any:
    value = entry.get(key, usual)
    if value not in allowed:
        mistakes.append((f"{at}/{key}", f"must be one of {', '.join(allowed)}"))
        return usual
    return value


def _required(entry: Mapping[str, Any], name: str, at: str, mistakes: Mistakes) -> bool:
    value = entry.get("required", name in {"email", "message"})
    if not isinstance(value, bool) or (name in {"email", "message"} and not value):
        mistakes.append((f"{at}/required", "must be true or false, and true for email and message"))
    return value is True


def _labels(value: object, at: str, mistakes: Mistakes) -> dict[str, str]:
    labels = {"": value} if isinstance(value, str) else value
    if isinstance(labels, dict) and all(
        isinstance(text, str) and 0 < len(text.strip()) <= MAX_LABEL for text in labels.values()
    ):
        return {language: clean(text) for language, text in labels.items()}
    what = f"must be text of 1 to {MAX_LABEL} characters, or an object of one per language"
    mistakes.append((at, what))
    return {}


def _options(entry: Mapping[str, Any], at: str, mistakes: Mistakes) -> tuple[str, ...]:
    options = entry.get("options", [])
    is_select = entry.get("type") == "select"
    if (
        isinstance(options, list)
        and all(isinstance(one, str) and 0 < len(one) <= MAX_LABEL for one in options)
        and (0 < len(options) <= MAX_OPTIONS if is_select else not options)
    ):
        return tuple(map(clean, options))
    mistakes.append((at, f"must be 1 to {MAX_OPTIONS} texts, for a select alone"))
    return ()


def _repeated(fields: list[FormField]) -> Mistakes:
    names = [field.name for field in fields]
    return [
        (f"/{number}/name", "is the name of a field before it")
        for number, name in enumerate(names)
        if name and name in names[:number]
    ]
