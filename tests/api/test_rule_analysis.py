from typing import Any

from tests.api.team import Team
from tests.api.test_rules import URGENT, to_specialists


async def test_rules_in_force_are_analysed(team: Team) -> None:
    await team.ask("PUT", "/v1/rules", [URGENT, to_specialists(team), to_specialists(team)])
    told = await team.ask("POST", "/v1/rules/analysis", {})
    assert (told["rules_version"], told["rules"], told["more_conflicts"]) == (1, 3, [])
    kinds = [(each["kind"], each["severity"]) for each in told["findings"]]
    assert kinds == [("shadowed", "error"), ("duplicate_condition", "notice")]
    finding = told["findings"][0]
    assert finding["pointers"] == ["/2/when", "/2/then"]
    assert [other["pointer"] for other in finding["others"]] == ["/1"]
    assert finding["fields"] == ["queue"]


async def test_a_witness_can_be_tried(team: Team) -> None:
    draft = [URGENT, {**URGENT, "name": "Cheap", "then": {"priority": "low"}}]
    told = await team.ask("POST", "/v1/rules/analysis", {"rules": draft})
    assert told["rules_version"] == 0
    [finding] = [each for each in told["findings"] if each["kind"] == "shadowed"]
    trial = {"facts": finding["witness"], "rules": draft}
    tried = await team.ask("POST", "/v1/rules/test", trial)
    assert (tried["priority"], tried["tags"]) == ("urgent", ["refund"])
    assert await team.get("/v1/rules") == []


async def test_what_nobody_can_be_given_is_told(team: Team) -> None:
    general, special = (str(team.queues[name]) for name in ("General", "Specialists"))
    to_them = to_specialists(team)
    skilled = {**to_them, "name": "Tax", "then": {"queue": general, "skills": ["tax", "italian"]}}
    drafted = {"rules": [to_them, skilled]}
    await team.ask("PATCH", f"/v1/queues/{special}", {"mode": "offer"})
    assert await missing(team, drafted) == ([("/0/then/queue", "Specialists")], [special])
    await team.ask("PUT", f"/v1/queues/{special}/members/{team.agent_id}", {})
    assert await missing(team, drafted) == ([], [])
    await team.ask("PATCH", f"/v1/queues/{general}", {"mode": "direct"})
    await team.ask("PUT", f"/v1/queues/{general}/members/{team.agent_id}", {})
    assert await missing(team, drafted) == ([("/1/then/skills", "italian")], [])
    await team.ask("PATCH", f"/v1/agents/{team.agent_id}", {"skills": {"tax": 1}})
    assert await missing(team, drafted) == ([("/1/then/skills", "italian")], [])
    skills = {"skills": {"tax": 1, "italian": 1}}
    await team.ask("PATCH", f"/v1/agents/{team.agent_id}", skills)
    assert await missing(team, drafted) == ([], [])
    skilled["then"] = {"skills": ["tax"]}
    assert await missing(team, drafted) == ([], [])
    skilled["then"] = {"skills": ["french"]}
    assert await missing(team, drafted) == ([("/1/then/skills", "french")], [])


async def missing(team: Team, drafted: dict[str, Any]) -> tuple[list[tuple[str, str]], list[str]]:
    """Where staff is lacking, with the last name that the sentence quotes; queues without any."""
    told = await team.ask("POST", "/v1/rules/analysis", drafted)
    found = [each for each in told["findings"] if each["kind"] == "unstaffed"]
    assert all(each["severity"] == "notice" for each in found)
    pairs = [(each["pointers"][0], each["sentence"].split('"')[-2]) for each in found]
    return pairs, told["unserved_queues"]


async def test_what_an_attribute_cannot_be_is_told(team: Team) -> None:
    choice = {"name": "tier", "subject": "contact", "type": "choice", "options": ["gold", "tin"]}
    await team.ask("POST", "/v1/attributes", choice)
    tests = [
        {"field": "attribute.tier", "op": "equals", "value": "Gold"},
        {"not": {"field": "attribute.tier", "op": "one_of", "value": ["tin", "silver", "lead"]}},
        {"field": "attribute.tier", "op": "prefix", "value": "silv"},
        {"field": "attribute.other", "op": "equals", "value": "silver"},
    ]
    rule = {**URGENT, "when": {"any": tests}}
    told = await team.ask("POST", "/v1/rules/analysis", {"rules": [rule]})
    [found] = [each for each in told["findings"] if each["kind"] == "unlisted_value"]
    assert (found["severity"], found["pointers"]) == ("notice", ["/0/when/any/1/not/value"])
    assert found["sentence"].endswith('with "silver" and "lead"; it can be: gold, tin')


async def test_a_draft_with_mistakes_is_refused(team: Team) -> None:
    gone = {**to_specialists(team), "then": {"queue": "nowhere"}}
    refused = await team.call("POST", "/v1/rules/analysis", {"rules": [gone]})
    assert refused.status_code == 422
    assert "dead reference" in refused.text
    refused = await team.call("POST", "/v1/rules/analysis", {"rules": [URGENT] * 2_001})
    assert refused.status_code == 422
