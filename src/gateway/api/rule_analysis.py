"""Analysing rules before they are put in force: nothing is stored, nothing moves."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gateway import references, rule_sets
from gateway.api.callers import AdminCaller, Parts
from gateway.api.problems import documented
from gateway.api.rule_models import EXAMPLE, RuleSetBody
from gateway.attributes.definitions import Definitions
from gateway.problems import invalid
from gateway.rule_sets import RuleDocument
from gateway.rulebook.staff import staff
from routing.analysis import (
    Analysis,
    Finding,
    Kind,
    Options,
    Severity,
    Staff,
    analyse,
    unlisted,
    unstaffed,
)
from routing.analysis.findings import facts_to_json
from routing.facts import ATTRIBUTE_PREFIX
from routing.problems import below

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=documented(401, 403, 422, 503))

MAX_ANALYSED = 2_000


class AnalysisRequest(BaseModel):
    """A draft, or nothing for the rules in force."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"rules": [EXAMPLE]}]}
    )

    rules: Annotated[
        RuleSetBody | None, Field(description="A draft in place of the rules in force")
    ] = None


class RuleNamed(BaseModel):
    """A rule. `pointer` leads to it in the list of rules (RFC 6901)."""

    id: str
    name: str
    pointer: str = Field(examples=["/0"])


class FindingOut(BaseModel):
    """Something about a rule, proved or shown by `witness`.

    `others` cause it, `pointers` lead to the parts concerned, `fields` are the outputs concerned.
    `witness` are facts that `POST /v1/rules/test` takes. `unstaffed` is what rules choose that
    nobody can be given now, `unlisted_value` a test for what an attribute cannot be. `question` is
    what an `unknown` left open.
    """

    kind: Kind
    severity: Severity
    rule: RuleNamed
    sentence: str
    pointers: list[str] = Field(examples=[["/0/when/all/1"]])
    others: list[RuleNamed]
    fields: list[str]
    witness: dict[str, Any] | None
    question: Kind | None


class AnalysisOut(BaseModel):
    """The findings by rule as they run, those of staff and attributes last.

    `rules_version` is 0 for a draft.

    `more_conflicts` are rules with perhaps more conflicts than are listed. `unserved_queues` are
    ids of queues that give their conversations to agents, and have none.
    """

    rules_version: int
    rules: int
    findings: list[FindingOut]
    more_conflicts: list[str]
    unserved_queues: list[str]


@router.post("/analysis")
async def analyse_rules(gateway: Parts, caller: AdminCaller, body: AnalysisRequest) -> AnalysisOut:
    """Find rules that never match, are shadowed or stopped, conflict, say the same, or lack staff.

    Pointers begin with the rule's index in the draft, or in `GET /v1/rules`.
    """
    async with gateway.database.transaction() as session:
        current = await rule_sets.published(session, caller.workspace_id)
        there = await references.present(session, caller.workspace_id)
        serving = await staff(session, caller.workspace_id)
    version, documents = current.version, current.rules
    if body.rules is not None:
        version, documents = 0, _completed(body.rules)
    if len(documents) > MAX_ANALYSED:
        problem = f"an analysis takes {MAX_ANALYSED} rules at most"
        raise invalid("there are too many rules", [("/rules", problem)])
    rules = rule_sets.parse_all(documents, there.names)
    found = await asyncio.to_thread(analyse, rules, there.queues, there.default_queue)
    options = _options(gateway.configuration.workspace(caller.workspace_id).attributes)
    more = (*unstaffed(rules, there.queues, serving), *unlisted(rules, options))
    found = replace(found, findings=found.findings + more)
    return _shown(version, documents, found, serving)


def _options(definitions: Definitions) -> Options:
    return {
        ATTRIBUTE_PREFIX + each.name: each.options
        for each in definitions.values()
        if each.type == "choice"
    }


def _completed(bodies: list[RuleDocument]) -> list[RuleDocument]:
    return [{"id": f"rule-{index}", "order": index, **body} for index, body in enumerate(bodies)]


def _shown(
    version: int, documents: list[RuleDocument], found: Analysis, serving: Staff
) -> AnalysisOut:
    named = {
        rule["id"]: RuleNamed(id=rule["id"], name=rule["name"], pointer=below("", index))
        for index, rule in enumerate(documents)
    }
    return AnalysisOut(
        rules_version=version,
        rules=len(documents),
        findings=[_finding(each, named) for each in found.findings],
        more_conflicts=list(found.more_conflicts),
        unserved_queues=[queue for queue, agents in serving.items() if not agents],
    )


def _finding(found: Finding, named: dict[str, RuleNamed]) -> FindingOut:
    rule = named[found.rule.id]
    return FindingOut(
        kind=found.kind,
        severity=found.severity,
        rule=rule,
        sentence=found.sentence,
        pointers=[rule.pointer + pointer for pointer in found.pointers],
        others=[named[other.id] for other in found.others],
        fields=list(found.fields),
        witness=None if found.witness is None else facts_to_json(found.witness),
        question=found.question,
    )
