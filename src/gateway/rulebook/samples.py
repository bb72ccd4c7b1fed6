"""Messages that need not exist: what rules are tried on, as admins write it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.api.texts import Name, Text, Value, storable
from gateway.languages import add_language
from routing.engine import Decision, RuleSet
from routing.facts import ATTRIBUTE_PREFIX, Facts, FactValue, FieldType, field_named
from routing.operators import MAX_NUMBER
from routing.priority import Priority
from routing.problems import InvalidRule, Problem, below

Kind = Literal["email", "sms", "web_form", "chat"]


class InvalidFacts(InvalidRule):
    """Facts cannot be what they are said to be; `problems` names each, by pointer."""

    what = "the facts have mistakes"


class SampleMessage(BaseModel):
    """A message as it could arrive; it opens a conversation, now, unless `facts` say otherwise."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    text: Annotated[Text, Field(max_length=100_000)]
    subject: Value | None = None
    sender: Value | None = None
    recipient: Value | None = None
    language: Value | None = None
    is_automatic: bool = False
    attachment_count: Annotated[int, Field(ge=0, le=1_000)] = 0
    tags: list[Value] = []
    attributes: dict[Name, Value] = {}


class Sample(BaseModel):
    """A sample message, single facts, or both: facts go before what the message says."""

    model_config = ConfigDict(extra="forbid")

    message: SampleMessage | None = None
    facts: Annotated[
        dict[str, Any],
        Field(description="By field name; durations in seconds, instants with offset"),
    ] = {}

    @property
    def says_something(self) -> bool:
        return self.message is not None or bool(self.facts)


def facts_of(sample: Sample) -> dict[str, FactValue | None]:
    """What rules are told of a sample.

    Raises:
        InvalidFacts: with every fact that cannot be; pointers begin with `/facts`.
    """
    known: dict[str, FactValue | None] = _of_message(sample.message) if sample.message else {}
    problems = []
    for name, value in sample.facts.items():
        try:
            typed = typed_fact(name, value)
            Facts({name: typed})
        except (TypeError, ValueError) as error:
            problems.append(Problem(below("/facts", name), str(error)))
        else:
            known[name] = typed
    if problems:
        raise InvalidFacts(problems)
    return known


def decide(rules: RuleSet, facts: dict[str, FactValue | None], *, in_full: bool = True) -> Decision:
    """Decide as for a message that has just arrived: the previous queue is where it stays.

    May load the model of languages, which takes seconds: not for the event loop.
    """
    add_language(facts, rules)
    previous = facts.get("previous_queue")
    fallback = previous if isinstance(previous, str) else None
    return rules.decide(Facts(facts), fallback_queue=fallback, in_full=in_full)


def _of_message(message: SampleMessage) -> dict[str, FactValue | None]:
    facts: dict[str, FactValue | None] = {
        "kind": message.kind,
        "text": message.text,
        "subject": message.subject,
        "sender": message.sender,
        "recipient": message.recipient,
        "language": message.language,
        "is_automatic": message.is_automatic,
        "attachment_count": message.attachment_count,
        "tags": frozenset(message.tags),
        "received_at": datetime.now(UTC),
        "is_new": True,
        "is_reopened": False,
        "message_count": 1,
    }
    return facts | {ATTRIBUTE_PREFIX + name: text for name, text in message.attributes.items()}


def typed_fact(name: str, value: Any) -> Any:
    """A fact from JSON; what has no such type is left for `Facts` to refuse.

    Raises:
        ValueError: it cannot be stored, or is no value of its type.
    """
    field = field_named(storable(name))
    match field.type if field else None, value:
        case FieldType.SET, list():
            return frozenset(storable(str(item)) for item in value)
        case FieldType.DATETIME, str():
            return datetime.fromisoformat(value)
        case FieldType.PRIORITY, str():
            return Priority(value)
        case FieldType.NUMBER | FieldType.DURATION, int() if abs(value) > MAX_NUMBER:
            raise ValueError(f"must be a number of at most {MAX_NUMBER}")
        case _, str():
            return storable(value)
        case _:
            return value
