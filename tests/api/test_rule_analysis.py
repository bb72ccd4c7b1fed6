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


async def test_a_draft_with_mistakes_is_refused(team: Team) -> None:
    gone = {**to_specialists(team), "then": {"queue": "nowhere"}}
    refused = await team.call("POST", "/v1/rules/analysis", {"rules": [gone]})
    assert refused.status_code == 422
    assert "dead reference" in refused.text
    refused = await team.call("POST", "/v1/rules/analysis", {"rules": [URGENT] * 2_001})
    assert refused.status_code == 422
