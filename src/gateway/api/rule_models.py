"""Rules as clients write them: their JSON Schema, and what a rule editor must know."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from gateway.rule_sets import MAX_RULES, CaseDocument, RuleDocument
from routing.facts import FAMILIES, FIELDS, FieldType, Reference, Stage
from routing.facts import Field as FactField
from routing.operators import operators_of
from routing.outcomes import SINGLE, STAGES
from routing.priority import Priority

EXAMPLE: RuleDocument = {
    "id": "refunds",
    "name": "Refunds go first",
    "order": 10,
    "stage": "classify",
    "when": {
        "all": [
            {"field": "kind", "op": "one_of", "value": ["email", "web_form"]},
            {"field": "text", "op": "contains_any", "value": ["refund", "money back"]},
            {"not": {"field": "is_automatic", "op": "is", "value": True}},
        ]
    },
    "then": {"add_tags": ["refund"], "priority": "high"},
    "stop": False,
}

_CONDITION = {
    "type": "object",
    "description": "A test `{field, op, value}` (`is_missing` takes no value), or a group: "
    '`{"all": [...]}`, `{"any": [...]}`, `{"not": ...}`. `{"all": []}` always holds. '
    "A test of an unknown value never holds, nor does its negation.",
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Rule",
    "description": "If `when` holds, then `then`. Rules run by `order`, then by `id`; for each "
    "outcome the first that matches wins, tags add up; `stop` hides the rest of the stage. "
    "GET /v1/rules/fields lists fields, operators and outcomes.",
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            "description": "Made where it is left out",
        },
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "order": {"type": "integer", "description": "Last where it is left out"},
        "stage": {"type": "string", "enum": [str(stage) for stage in Stage]},
        "when": _CONDITION,
        "then": {
            "type": "object",
            "description": "By stage: "
            + "; ".join(f"{stage} sets {', '.join(STAGES[stage].outcomes)}" for stage in Stage)
            + ". queue, sla, acknowledge and assignee are ids of a queue, an SLA policy, a macro "
            "and an agent; preferred_skills are objects such as "
            '`{"skill": "italian", "relax_after": 600}`, in seconds',
        },
        "stop": {"type": "boolean", "default": False},
    },
    "required": ["name", "stage", "when", "then"],
    "examples": [EXAMPLE],
}

RuleBody = Annotated[RuleDocument, WithJsonSchema(SCHEMA)]
RuleSetBody = Annotated[list[RuleBody], Field(max_length=MAX_RULES)]

CASE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Case",
    "description": "What rules must make of a `message`, of `facts` (by field name), or of both: "
    "`expect` names outcomes and the level, or some of them; of tags and skills, these and perhaps "
    "more.",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "message": {"type": "object"},
        "facts": {"type": "object"},
        "expect": {"type": "object", "minProperties": 1},
    },
    "required": ["name", "expect"],
    "examples": [
        {
            "name": "Refunds are urgent",
            "message": {"kind": "email", "text": "A refund, please"},
            "expect": {"priority": "high", "tags": ["refund"]},
        }
    ],
}

CaseBody = Annotated[CaseDocument, WithJsonSchema(CASE_SCHEMA)]


class FieldOut(BaseModel):
    """A field of facts. `refers_to` says whose ids it holds, `choices` are all its values.

    What is `of_message` the rules of stage `clock` cannot ask for.
    """

    name: str = Field(examples=["text"])
    type: FieldType
    meaning: str
    known_from: Stage
    of_message: bool
    operators: list[str] = Field(examples=[["equals", "contains_any", "is_missing"]])
    choices: list[str]
    refers_to: Reference | None


class OutcomeOut(BaseModel):
    """What a rule may set: of type `list` where rules add up, `refers_to` where it is an id."""

    name: str = Field(examples=["queue"])
    type: FieldType | Literal["list"]
    refers_to: Reference | None


class Vocabulary(BaseModel):
    """Everything that a rule can be made of. `outcomes` are what the rules of a stage may set."""

    fields: list[FieldOut]
    outcomes: dict[Stage, list[OutcomeOut]]
    priorities: list[str]


def vocabulary() -> Vocabulary:
    return Vocabulary(
        fields=[_field_shown(field) for field in (*FIELDS.values(), *FAMILIES)],
        outcomes={
            stage: [_outcome_shown(name) for name in terms.outcomes]
            for stage, terms in STAGES.items()
        },
        priorities=[str(priority) for priority in sorted(Priority)],
    )


def _outcome_shown(name: str) -> OutcomeOut:
    if name not in SINGLE:
        return OutcomeOut(name=name, type="list", refers_to=None)
    field = SINGLE[name]
    return OutcomeOut(name=name, type=field.type, refers_to=field.refers_to)


def _field_shown(field: FactField) -> FieldOut:
    return FieldOut(
        name=field.name,
        type=field.type,
        meaning=field.meaning,
        known_from=field.known_from,
        of_message=field.of_message,
        operators=[str(op) for op in operators_of(field)],
        choices=list(field.choices),
        refers_to=field.refers_to,
    )
