import json
from typing import Any

from tests.api.team import Team, mail_of

URGENT = {
    "name": "Refunds are urgent",
    "stage": "classify",
    "when": {"field": "text", "op": "contains_any", "value": ["refund"]},
    "then": {"priority": "urgent", "add_tags": ["refund"]},
}


def to_specialists(team: Team, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Refunds",
        "stage": "route",
        "when": {"field": "tags", "op": "has_any", "value": ["refund"]},
        "then": {"queue": str(team.queues["Specialists"])},
        **changes,
    }


async def test_a_rule_is_in_force_for_the_next_message(team: Team) -> None:
    before = await team.submit("A refund, please", email="a@customer.test")
    await team.ask("POST", "/v1/rules", URGENT)
    await team.ask("POST", "/v1/rules", to_specialists(team))
    after = await team.submit("A refund, please", email="b@customer.test")
    assert (await team.conversation_of(before["message"]))["priority"] == "normal"
    moved = await team.conversation_of(after["message"])
    assert (moved["priority"], moved["tags"]) == ("urgent", ["refund"])
    assert moved["queue"] == str(team.queues["Specialists"])


async def test_what_a_mail_quotes_decides_nothing(team: Team) -> None:
    await team.ask("POST", "/v1/rules", URGENT)
    quoted = "On 03/03/2026 09:15, Desk wrote:\n> A refund?"
    quoting = await team.mail(mail_of(f"No, thanks.\n\n{quoted}", sender="a@customer.test"))
    asking = await team.mail(mail_of(f"The refund.\n\n{quoted}", sender="b@customer.test"))
    told = await team.conversation_of(quoting["message"])
    assert told["priority"] == "normal"
    assert (await team.conversation_of(asking["message"]))["priority"] == "urgent"
    [message] = (await team.get(f"/v1/conversations/{told['id']}/messages"))["items"]
    assert message["new_text"] == "No, thanks."
    assert message["text"].rstrip().endswith("> A refund?")
    submitted = await team.submit("A question")
    other = await team.conversation_of(submitted["message"])
    [message] = (await team.get(f"/v1/conversations/{other['id']}/messages"))["items"]
    assert message["new_text"] is None


async def test_rules_are_added_changed_and_removed(team: Team) -> None:
    added = await team.call("POST", "/v1/rules", URGENT | {"id": "refunds"})
    assert (added.status_code, added.headers["etag"]) == (201, '"1"')
    assert added.json() == URGENT | {"id": "refunds", "order": 10, "stop": False}
    last = await team.ask("POST", "/v1/rules", to_specialists(team))
    assert last["order"] == 20
    changed = await team.ask("PUT", "/v1/rules/refunds", URGENT | {"name": "Money"})
    assert (changed["name"], changed["order"]) == ("Money", 10)
    assert await team.get("/v1/rules/refunds") == changed
    assert await team.get("/v1/rules") == [changed, last]
    removed = await team.call("DELETE", "/v1/rules/refunds")
    assert (removed.status_code, removed.headers["etag"]) == (204, '"4"')
    assert await team.get("/v1/rules") == [last]


async def test_every_change_is_a_version(team: Team) -> None:
    assert (await team.call("GET", "/v1/rules")).headers["etag"] == '"0"'
    await team.ask("PUT", "/v1/rules", [URGENT, to_specialists(team)])
    await team.ask("PUT", "/v1/rules", [])
    versions = await team.get("/v1/rules/versions")
    assert [(each["version"], each["rules"]) for each in versions] == [(2, 0), (1, 2)]
    assert versions[0]["created_by"] == "t"
    rows = await team.sql("SELECT version, rules FROM rule_set_version ORDER BY version")
    assert "Refunds are urgent" in rows[0]["rules"]


async def test_a_stale_change_is_refused(team: Team) -> None:
    await team.ask("POST", "/v1/rules", URGENT | {"id": "refunds"})
    stale = {"If-Match": '"0"'}
    for method, path, body in (
        ("POST", "/v1/rules", URGENT),
        ("PUT", "/v1/rules", []),
        ("PUT", "/v1/rules/refunds", URGENT),
        ("DELETE", "/v1/rules/refunds", None),
    ):
        refused = await team.call(method, path, body, headers=stale)
        assert (refused.status_code, refused.headers["etag"]) == (412, '"1"'), (method, path)
    assert len(await team.get("/v1/rules")) == 1
    for current in ('"1"', '"7", "2"', "*"):
        done = await team.call("PUT", "/v1/rules/refunds", URGENT, headers={"If-Match": current})
        assert done.status_code == 200


async def test_an_id_is_used_once(team: Team) -> None:
    await team.ask("POST", "/v1/rules", URGENT | {"id": "refunds"})
    again = await team.call("POST", "/v1/rules", URGENT | {"id": "refunds"})
    assert again.status_code == 409
    twice = await team.call("PUT", "/v1/rules", [URGENT | {"id": "a"}, URGENT | {"id": "a"}])
    assert twice.json()["errors"][0]["pointer"] == "/1/id"


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"when": {"all": [{"field": "txt", "op": "equals", "value": "x"}]}}, "/when/all/0/field"),
    ({"when": {"field": "text", "op": "matches", "value": "(a"}}, "/when/value"),
    ({"then": {"queue": "nowhere"}}, "/then/queue"),
    ({"stage": "answer"}, "/stage"),
    ({"id": "a/b"}, "/id"),
    ({"name": "a\0b"}, "/name"),
    ({"name": "\ud800"}, "/name"),
    ({"\ud800": 1}, "/\ufffd"),
    ({"order": 2**40}, "/order"),
    ({"order": "first"}, "/order"),
    ({"then": None}, "/then"),
]


async def test_mistakes_are_pointed_at(team: Team) -> None:
    for changes, pointer in MISTAKES:
        rule = URGENT | changes
        answers = [
            await team.call("POST", "/v1/rules", rule),
            await team.call("PUT", "/v1/rules", [URGENT, rule]),
        ]
        for answer, prefix in zip(answers, ("", "/1"), strict=True):
            assert answer.status_code == 422, changes
            pointers = [error["pointer"] for error in answer.json()["errors"]]
            assert prefix + pointer in pointers
    assert await team.get("/v1/rules") == []


async def test_one_mistake_keeps_all_rules_out(team: Team) -> None:
    await team.ask("PUT", "/v1/rules", [URGENT])
    bad = URGENT | {"stage": "nowhere"}
    assert (await team.call("PUT", "/v1/rules", [to_specialists(team), bad])).status_code == 422
    [kept] = await team.get("/v1/rules")
    assert kept["name"] == URGENT["name"]


async def test_unknown_rules_are_not_found(team: Team) -> None:
    for method, body in (("GET", None), ("PUT", URGENT), ("DELETE", None)):
        assert (await team.call(method, "/v1/rules/none", body)).status_code == 404


async def test_an_editor_learns_what_rules_are_made_of(team: Team) -> None:
    words = await team.get("/v1/rules/fields")
    fields = {field["name"]: field for field in words["fields"]}
    assert "contains_any" in fields["text"]["operators"]
    assert fields["kind"]["choices"] == ["email", "sms", "web_form", "chat"]
    assert fields["previous_queue"]["refers_to"] == "queue"
    assert fields["queue"]["known_from"] == "respond"
    assert {"name": "sla", "type": "id", "refers_to": "sla_policy"} in words["outcomes"]["route"]
    assert [each["name"] for each in words["outcomes"]["respond"]] == [
        "add_tags",
        "acknowledge",
        "assignee",
    ]
    assert words["priorities"] == ["low", "normal", "high", "urgent"]


async def test_a_message_is_tried_without_being_stored(team: Team) -> None:
    await team.ask("PUT", "/v1/rules", [URGENT | {"id": "r"}, to_specialists(team)])
    message = {"kind": "email", "text": "A refund!", "subject": "Help"}
    told = await team.ask("POST", "/v1/rules/test", {"message": message})
    assert (told["queue_name"], told["level"], told["priority"]) == ("Specialists", 2, "urgent")
    assert any("Refunds are urgent" in sentence for sentence in told["because"])
    assert told["explanation"]["stages"][0]["matched"][0]["id"] == "r"
    assert (await team.get("/v1/conversations"))["items"] == []


async def test_a_draft_is_tried_on_facts(team: Team) -> None:
    facts = {"tags": ["refund"], "waiting": 60, "received_at": "2030-01-31T09:00:00Z"}
    draft = {"facts": facts, "rules": [to_specialists(team)]}
    told = await team.ask("POST", "/v1/rules/test", draft)
    assert (told["queue_name"], told["rules_version"]) == ("Specialists", 0)
    assert (await team.ask("POST", "/v1/rules/test", {"facts": facts}))["queue_name"] == "General"


IMPOSSIBLE: list[dict[str, Any]] = [
    {"colour": "red"},
    {"waiting": "long"},
    {"waiting": True},
    {"message_count": 10**30},
    {"received_at": "2030-01-31T09:00:00"},
    {"priority": "sky-high"},
    {"kind": ["email"]},
    {"tags": ["\ud800"]},
    {"channel": "\ud800"},
    {"\ud800": "x"},
    {},
]


async def test_facts_that_cannot_be_are_refused(team: Team) -> None:
    for facts in IMPOSSIBLE:
        answer = await team.call("POST", "/v1/rules/test", {"facts": facts})
        assert answer.status_code == 422, facts


async def test_skills_and_an_assignee_are_decided_and_stored(team: Team) -> None:
    agent, always = str(team.agent_id), {"all": list[object]()}
    wanted = [{"skill": "italian", "relax_after": 600}]
    then = {"skills": ["tax"], "preferred_skills": wanted}
    first = {"field": "level", "op": "equals", "value": 1}
    rules = [
        {"name": "Skills", "stage": "route", "when": always, "then": then},
        {"name": "Hers", "stage": "respond", "when": first, "then": {"assignee": agent}},
    ]
    await team.ask("PUT", "/v1/rules", rules)
    decided = {"skills": ["tax"], "preferred_skills": {"italian": 600}, "assignee": agent}
    tried = await team.ask("POST", "/v1/rules/test", {"facts": {"kind": "chat"}})
    assert decided.items() <= tried.items()
    accepted = await team.submit()
    conversation = await team.conversation_of(accepted["message"])
    [decision] = await team.get(f"/v1/conversations/{conversation['id']}/decisions")
    assert decided.items() <= decision["outcome"].items()
    assert "acknowledge" not in decision["outcome"]
    asked = "SELECT required_skills, preferred_skills FROM conversation WHERE id = $1"
    [row] = await team.sql(asked, conversation["id"])
    assert (row["required_skills"], json.loads(row["preferred_skills"])) == (
        ["tax"],
        {"italian": 600},
    )
    assert any(line.startswith("preferred skill italian") for line in decision["because"])


async def test_cases_expect_skills_and_an_assignee(team: Team) -> None:
    agent, always = str(team.agent_id), {"all": list[object]()}
    rule = {"name": "R", "stage": "respond", "when": always, "then": {"assignee": agent}}
    case = {"name": "c", "facts": {"kind": "chat"}, "expect": {"assignee": agent}}
    cases = [case, case | {"name": "d", "expect": {"skills": ["tax"]}}]
    await team.ask("PUT", "/v1/rules/draft", {"rules": [rule], "cases": cases})
    passed, failed = (await team.ask("POST", "/v1/rules/draft/validate"))["cases"]
    assert (passed["passed"], failed["passed"]) == (True, False)
    assert failed["differences"] == [{"what": "skills", "expected": ["tax"], "got": []}]
    wrong = {"cases": [case | {"expect": {"sla": agent}}]}
    refused = await team.call("PUT", "/v1/rules/draft", wrong)
    assert refused.json()["errors"][0]["pointer"] == "/cases/0/expect/sla"
