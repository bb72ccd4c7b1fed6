"""Past messages, and signs of clocks, as rules can be told of them again.

A decision keeps the facts that it was taken on, but no texts. These are read from the message, as
long as there is one; what cannot be had, or may be another by now, is named.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from routing.engine import RuleSet
from routing.facts import (
    ATTRIBUTE_PREFIX,
    FIELDS,
    SIGN,
    FactValue,
    FieldType,
    days_counted,
    field_named,
)
from routing.priority import Priority

RECALLED: Final = """
SELECT d.conversation_id, d.id, d.message_id, d.facts, d.outcome, d.decided_at, m.subject,
       coalesce(m.new_text, m.text) AS text, i.address AS sender, m.attributes,
       c.attributes AS contact_attributes, v.attributes AS conversation_attributes,
       i.id IS NOT NULL AS has_message
  FROM decision d
  LEFT JOIN message m ON (m.workspace_id, m.id) = (d.workspace_id, d.message_id)
  LEFT JOIN identity i ON (i.workspace_id, i.id) = (m.workspace_id, m.identity_id)
  LEFT JOIN contact c ON (c.workspace_id, c.id) = (i.workspace_id, i.contact_id)
  LEFT JOIN conversation v ON (v.workspace_id, v.id) = (d.workspace_id, d.conversation_id)
"""
"""Decisions with what is left of their messages; an erased message has lost its sender."""

BARE: Final = """
SELECT d.conversation_id, d.id, d.message_id, d.facts, d.outcome, d.decided_at
  FROM decision d
"""
"""Decisions alone: enough for rules that ask for no text."""


class Lacking(StrEnum):
    """Why a decision cannot be taken again exactly."""

    TEXT = "the message is erased"
    RECIPIENT = "the address it was sent to is not kept"
    ATTRIBUTES = "attributes may be others by now"
    HISTORY = "what the contact had before was not asked for then"


@dataclass(frozen=True, slots=True)
class Recalled:
    """The facts of a past message, and why they may not be what they were."""

    facts: dict[str, FactValue | None]
    lacking: frozenset[Lacking]


NOTHING: Final[frozenset[Lacking]] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What rules want to know of past messages.

    `texts` are in the message alone; `kept` are facts that the decision may keep (None: all of
    them), of which `history` had to be asked for then.
    """

    texts: frozenset[str]
    history: frozenset[str]
    kept: frozenset[str] | None = None

    @classmethod
    def by(cls, rules: RuleSet) -> "Wanted":
        """No more than `decide` depends on; a language is found in a text."""
        private = {
            name for name in rules.fields if (field := field_named(name)) and field.is_private
        }
        texts = private | {"text"} if "language" in rules.fields else private
        history = rules.history | {ALWAYS_TOLD} if rules.history else rules.history
        kept = rules.asked | history | {"previous_queue", "queue", SIGN}
        return cls(frozenset(texts), history, kept)


ALWAYS_TOLD: Final = "history.is_first"
"""Kept with every decision that any part of the history was asked for."""


def recall(row: Mapping[str, Any], wanted: Wanted) -> Recalled:
    """The facts of a row of `RECALLED`, or of `BARE` where no text is wanted."""
    facts = kept_facts(row["facts"], wanted.kept)
    asks_history = wanted.history and SIGN not in facts
    lacking = _lacking_history(facts, wanted.history) if asks_history else NOTHING
    if not wanted.texts:
        return Recalled(facts, lacking)
    if SIGN in facts:
        return Recalled(facts, frozenset(_lacking(wanted.texts - {"recipient"}, {}, {})))
    if not row["has_message"]:
        return Recalled(facts, lacking | {Lacking.TEXT})
    said = _document(row["attributes"])
    known = _document(row["conversation_attributes"]) | _document(row["contact_attributes"])
    for name, value in (said | known).items():
        facts[ATTRIBUTE_PREFIX + name] = value
    facts["subject"], facts["text"], facts["sender"] = row["subject"], row["text"], row["sender"]
    return Recalled(facts, lacking.union(_lacking(wanted.texts, said, known)))


def kept_facts(
    document: str | bytes | Mapping[str, Any], names: Collection[str] | None = None
) -> dict[str, FactValue | None]:
    """`decision.facts`, typed; a field that rules no longer know is left out."""
    stored = _document(document)
    if names is None:
        names = {name for name in stored if field_named(name)}
    facts = {name: value for name, value in stored.items() if name in names}
    for name in _READERS.keys() & facts.keys():
        facts[name] = _READERS[name](facts[name])
    return facts


_TYPED: Final[Mapping[FieldType, Callable[[Any], FactValue]]] = {
    FieldType.SET: frozenset,
    FieldType.DATETIME: datetime.fromisoformat,
    FieldType.PRIORITY: Priority,
}
_READERS: Final = {
    name: _TYPED[field.type] for name, field in FIELDS.items() if field.type in _TYPED
}
"""Facts that JSON has no type for."""


def _lacking_history(facts: Mapping[str, object], asked: Iterable[str]) -> frozenset[Lacking]:
    """Counts are kept where they were asked for; the rest is, once anything was."""
    counts = {name for name in asked if days_counted(name)}
    is_known = facts.keys() >= counts | {ALWAYS_TOLD}
    return NOTHING if is_known else frozenset({Lacking.HISTORY})


def _lacking(
    asked: frozenset[str], said: Mapping[str, str], known: Mapping[str, str]
) -> Iterable[Lacking]:
    """What was known of the contact or the conversation went before what the message says."""
    if "recipient" in asked:
        yield Lacking.RECIPIENT
    attributes = {
        name.removeprefix(ATTRIBUTE_PREFIX) for name in asked if name.startswith(ATTRIBUTE_PREFIX)
    }
    if any(name not in said or known.get(name, said[name]) != said[name] for name in attributes):
        yield Lacking.ATTRIBUTES


def _document(stored: str | bytes | Mapping[str, Any] | None) -> dict[str, Any]:
    if isinstance(stored, str | bytes):
        found: dict[str, Any] = orjson.loads(stored)
        return found
    return dict(stored or {})
