"""What is known when rules are asked: the one table of fields, and the facts."""

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from routing.clocks import Metric, Sign
from routing.priority import Priority

FactValue = str | frozenset[str] | int | float | bool | datetime | Priority

ATTRIBUTE_PREFIX: Final = "attribute."
HISTORY_PREFIX: Final = "history."
SIGN: Final = "sign"
"""The fact that makes a decision one about a clock."""


class Stage(StrEnum):
    """The stages of a decision, in the order in which they run.

    A message is decided by the first three, a sign of an SLA clock by the last alone.
    """

    CLASSIFY = "classify"
    ROUTE = "route"
    RESPOND = "respond"
    CLOCK = "clock"

    @property
    def rank(self) -> int:
        """Its place in that order."""
        return _RANKS[self]


_RANKS: Final = {stage: n for n, stage in enumerate(Stage)}


class Reference(StrEnum):
    """A kind of things that rules name by id."""

    QUEUE = "queue"
    SLA_POLICY = "sla_policy"
    MACRO = "macro"
    AGENT = "agent"


Existing = Mapping[Reference, Collection[str]]
"""The ids that there are, by kind; of a kind that is missing there is nothing."""


class FieldType(StrEnum):
    """The type of a field; it alone fixes the operators and the values that they take."""

    ENUM = "enum"
    ID = "id"
    TEXT = "text"
    SET = "set"
    NUMBER = "number"
    DURATION = "duration"
    DATETIME = "datetime"
    DATE = "date"
    BOOL = "bool"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that rules may test; an attribute, which is a text, as a test reads it.

    `known_from` is the first stage that can see it; what is `of_message` only the stages of a
    message can. `choices` (if any) are all its values, `shape` (if any) is what a value must look
    like, `refers_to` says whose ids it holds.
    """

    name: str
    type: FieldType
    meaning: str
    known_from: Stage = Stage.CLASSIFY
    choices: tuple[str, ...] = ()
    shape: re.Pattern[str] | None = None
    refers_to: Reference | None = None
    of_message: bool = False

    def mistake_in(self, stage: Stage) -> str | None:
        """Why the rules of a stage cannot ask for it, if they cannot."""
        if stage.rank < self.known_from.rank:
            return f"{self.name} is known only from stage {self.known_from} on"
        is_of_message = self.of_message or self.name.startswith(HISTORY_PREFIX)
        if stage is Stage.CLOCK and is_of_message:
            return f"{self.name} is known of a message, and no message has come in stage {stage}"
        return None

    @property
    def is_private(self) -> bool:
        """Whether its values may be personal data or message text, which no decision may hold."""
        return self.type is FieldType.TEXT or self.is_attribute

    @property
    def is_attribute(self) -> bool:
        return self.name.startswith(ATTRIBUTE_PREFIX)

    @property
    def key(self) -> str:
        """The name; of an attribute that is not read as a text, after the type."""
        is_read = self.is_attribute and self.type is not FieldType.TEXT
        return f"{self.type}:{self.name}" if is_read else self.name


_LANGUAGE_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_TABLE: Final = (
    Field(
        "kind",
        FieldType.ENUM,
        "the kind of channel it came by",
        choices=("email", "sms", "web_form", "chat"),
    ),
    Field("channel", FieldType.ID, "the channel it came by"),
    Field("recipient", FieldType.TEXT, "the address it was sent to", of_message=True),
    Field("sender", FieldType.TEXT, "the address it was sent from", of_message=True),
    Field(
        "subject",
        FieldType.TEXT,
        "its subject; unknown where the channel has none",
        of_message=True,
    ),
    Field(
        "text",
        FieldType.TEXT,
        "what it says, of a mail what is new in it: without quoted history and signature",
        of_message=True,
    ),
    Field(
        "language",
        FieldType.ID,
        "the language it is written in, as a BCP 47 tag such as 'it' or 'pt-BR'",
        shape=_LANGUAGE_TAG,
    ),
    Field(
        "suggested_type",
        FieldType.ID,
        "the type that is learnt from earlier conversations; unknown where nothing is learnt",
        of_message=True,
    ),
    Field("tags", FieldType.SET, "the conversation's tags, those of earlier stages included"),
    Field("type", FieldType.ID, "the type that classify gave it", known_from=Stage.ROUTE),
    Field(
        "priority",
        FieldType.PRIORITY,
        "the conversation's priority after classify",
        known_from=Stage.ROUTE,
    ),
    Field("is_new", FieldType.BOOL, "whether it opens a conversation", of_message=True),
    Field(
        "is_reopened", FieldType.BOOL, "whether it reopens a closed conversation", of_message=True
    ),
    Field("is_automatic", FieldType.BOOL, "whether a machine wrote it (RFC 3834)", of_message=True),
    Field(
        "automatic_kind",
        FieldType.ENUM,
        "which sort of machine wrote it; unknown where a person did",
        choices=("auto_reply", "bounce", "complaint", "receipt", "list", "other"),
        of_message=True,
    ),
    Field(
        "spf",
        FieldType.ENUM,
        "what a trusted mail server says of the sending server (RFC 7208)",
        choices=("pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"),
        of_message=True,
    ),
    Field(
        "dkim",
        FieldType.ENUM,
        "what it says of the mail's signature (RFC 6376)",
        choices=("pass", "fail", "neutral", "none", "policy", "temperror", "permerror"),
        of_message=True,
    ),
    Field(
        "dmarc",
        FieldType.ENUM,
        "what it says of the author's domain (RFC 7489)",
        choices=("pass", "fail", "none", "bestguesspass", "temperror", "permerror"),
        of_message=True,
    ),
    Field(
        "previous_queue",
        FieldType.ID,
        "the queue that the conversation was in last; unknown when new",
        refers_to=Reference.QUEUE,
        of_message=True,
    ),
    Field(
        "previous_agent",
        FieldType.ID,
        "who had the conversation last; unknown when nobody",
        refers_to=Reference.AGENT,
    ),
    Field("message_count", FieldType.NUMBER, "messages in the conversation, a new one included"),
    Field("attachment_count", FieldType.NUMBER, "files attached to this message", of_message=True),
    Field("received_at", FieldType.DATETIME, "when it arrived", of_message=True),
    Field(
        "is_open",
        FieldType.BOOL,
        "whether the team works just then; unknown without a calendar",
    ),
    Field("waiting", FieldType.DURATION, "how long the customer has waited, in seconds"),
    Field(
        "sla_state",
        FieldType.ENUM,
        "whether an SLA clock of the conversation is overdue; unknown where none runs",
        choices=("on_time", "overdue"),
    ),
    Field("history.is_first", FieldType.BOOL, "whether the contact has no other conversation"),
    Field("history.open", FieldType.NUMBER, "the contact's other conversations that are open"),
    Field(
        "history.last_queue",
        FieldType.ID,
        "the queue of the contact's last other conversation; unknown where there is none",
        refers_to=Reference.QUEUE,
    ),
    Field(
        "history.last_agent",
        FieldType.ID,
        "who has that conversation or had it last; unknown when nobody",
        refers_to=Reference.AGENT,
    ),
    Field("history.last_solved", FieldType.BOOL, "whether that conversation is solved or closed"),
    Field(
        "history.last_ago",
        FieldType.DURATION,
        "how long ago something was last said in it, in seconds",
    ),
    Field(
        "queue",
        FieldType.ID,
        "the queue that route chose for it, or that it is in when a clock tells",
        known_from=Stage.RESPOND,
        refers_to=Reference.QUEUE,
    ),
    Field("level", FieldType.NUMBER, "the level of that queue", known_from=Stage.RESPOND),
    Field(
        "sla",
        FieldType.ID,
        "the SLA policy that holds for it; unknown where none does",
        known_from=Stage.RESPOND,
        refers_to=Reference.SLA_POLICY,
    ),
    Field(
        SIGN,
        FieldType.ENUM,
        "what an SLA clock of the conversation tells",
        known_from=Stage.CLOCK,
        choices=tuple(Sign),
    ),
    Field(
        "metric",
        FieldType.ENUM,
        "what that clock measures",
        known_from=Stage.CLOCK,
        choices=tuple(Metric),
    ),
    Field(
        "overdue",
        FieldType.DURATION,
        "for how long it has been due, in seconds of any hour; unknown when it only warns",
        known_from=Stage.CLOCK,
    ),
)

FIELDS: Final[Mapping[str, Field]] = MappingProxyType({field.name: field for field in _TABLE})
"""Every field but those of a family."""

ATTRIBUTE: Final = Field(
    f"{ATTRIBUTE_PREFIX}<name>", FieldType.TEXT, "an attribute of the contact or the form"
)
CONVERSATIONS: Final = Field(
    f"{HISTORY_PREFIX}conversations_<days>d",
    FieldType.NUMBER,
    "the contact's other conversations that were opened in the last 1 to 366 days",
)
FAMILIES: Final = (ATTRIBUTE, CONVERSATIONS)
"""Fields of many names."""

_CONVERSATIONS: Final = re.compile(r"history\.conversations_([1-9][0-9]{0,2})d")
_MOST_DAYS: Final = 366


def days_counted(name: str) -> int | None:
    """The days of a `history.conversations_<days>d`; None of any other field."""
    found = _CONVERSATIONS.fullmatch(name)
    return int(found[1]) if found and int(found[1]) <= _MOST_DAYS else None


def field_named(name: str) -> Field | None:
    """Return the field of that name, or None; any `attribute.<name>` is a text."""
    if name.startswith(ATTRIBUTE_PREFIX) and len(name) > len(ATTRIBUTE_PREFIX):
        return replace(ATTRIBUTE, name=name)
    if name not in FIELDS and days_counted(name):
        return replace(CONVERSATIONS, name=name)
    return FIELDS.get(name)


_CLASSES: Final[Mapping[FieldType, tuple[type, ...]]] = {
    FieldType.ENUM: (str,),
    FieldType.ID: (str,),
    FieldType.TEXT: (str,),
    FieldType.SET: (frozenset,),
    FieldType.NUMBER: (int, float),
    FieldType.DURATION: (int, float),
    FieldType.DATETIME: (datetime,),
    FieldType.DATE: (date,),
    FieldType.BOOL: (bool,),
    FieldType.PRIORITY: (Priority,),
}


class Facts(Mapping[str, FactValue]):
    """What is known about one message, frozen: field name to value. What is missing is unknown.

    Ids are strings, durations seconds, instants aware, sets frozen. A None counts as unknown.

    Raises:
        ValueError: there is no such field, or the value is none that it can have.
        TypeError: the value has not the type of its field.

    """

    __slots__ = ("known",)

    known: Mapping[str, FactValue]

    def __init__(self, values: Mapping[str, FactValue | None]) -> None:
        known = {name: value for name, value in values.items() if value is not None}
        for name, value in known.items():
            if type(value) not in (_SOUND.get(name) or _sound(name)):
                _check(name, value)
        self.known = MappingProxyType(known)

    def __getitem__(self, name: str) -> FactValue:
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


_SOUND: Final[Mapping[str, tuple[type, ...]]] = {
    field.name: tuple(set(_CLASSES[field.type]) - {float, datetime})
    for field in _TABLE
    if not field.choices
}
"""The classes whose every value a field may have: most facts need no closer look."""


def _sound(name: str) -> tuple[type, ...]:
    is_attribute = name.startswith(ATTRIBUTE_PREFIX) and len(name) > len(ATTRIBUTE_PREFIX)
    return (str,) if is_attribute else ()


def _check(name: str, value: FactValue) -> None:
    field = FIELDS.get(name) or field_named(name)
    if field is None:
        raise ValueError(f"no field is called {name!r}")
    classes = _CLASSES[field.type]
    if not isinstance(value, classes) or (isinstance(value, bool) and bool not in classes):
        raise TypeError(f"{name} is a {field.type}, which {type(value).__name__} cannot be")
    if field.choices and value not in field.choices:
        raise ValueError(f"{name} is one of {', '.join(field.choices)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number")
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime")
