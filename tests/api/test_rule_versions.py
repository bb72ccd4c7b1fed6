"""Rule sets through their life: draft, test cases, versions, shadow, publishing, rolling back."""

import asyncio
import time
from typing import Any

from tests.api.team import Team, mail_of

from gateway.composition import Gateway
from gateway.database.connections import Database

URGENT = {
    "id": "refunds",
    "name": "Refunds are urgent",
    "stage": "classify",
    "when": {"field": "text", "op": "contains_any", "value": ["refund"]},
    "then": {"priority": "urgent", "add_tags": ["refund"]},
}
HIGH = URGENT | {"then": {"priority": "high", "add_tags": ["refund"]}}
CASE = {
    "name": "A refund",
    "message": {"kind": "email", "text": "A refund, please"},
    "expect": {"priority": "urgent", "tags": ["refund"]},
}


async def draft(team: Team, **parts: Any) -> Any:
    return await team.ask("PUT", "/v1/rules/draft", parts)


async def publish(team: Team, **options: Any) -> Any:
    return await team.ask("POST", "/v1/rules/draft/publish", options)


async def priority_of(team: Team, text: str, sender: str) -> str:
    submitted = await team.submit(text, email=f"{sender}@customer.test")
    return str((await team.conversation_of(submitted["message"]))["priority"])


async def test_a_draft_is_not_in_force_until_it_is_published(team: Team) -> None:
    await draft(team, rules=[URGENT])
    assert await team.get("/v1/rules") == []
    assert await priority_of(team, "A refund", "a") == "normal"
    made = await publish(team, comment="Money first")
    assert (made["version"], made["state"], made["comment"]) == (1, "published", "Money first")
    assert await priority_of(team, "A refund", "b") == "urgent"
    after = await team.get("/v1/rules/draft")
    assert (after["is_changed"], after["based_on"]) == (False, 1)


async def test_a_draft_is_changed_rule_by_rule(team: Team) -> None:
    await team.ask("POST", "/v1/rules/draft/rules", URGENT)
    other = await team.ask("POST", "/v1/rules/draft/rules", URGENT | {"id": "b"})
    assert other["order"] == 20
    changed = await team.ask("PUT", "/v1/rules/draft/rules/refunds", HIGH)
    assert await team.get("/v1/rules/draft/rules/refunds") == changed
    await team.ask("DELETE", "/v1/rules/draft/rules/b")
    shown = await team.get("/v1/rules/draft")
    assert (shown["rules"], shown["changed_by"]) == ([changed], "t")
    await team.ask("DELETE", "/v1/rules/draft")
    assert (await team.get("/v1/rules/draft"))["rules"] == []


async def test_a_stale_change_of_the_draft_is_refused(team: Team) -> None:
    first = await team.call("PUT", "/v1/rules/draft", {"rules": [URGENT]})
    await draft(team, rules=[HIGH])
    stale = {"If-Match": first.headers["etag"]}
    for method, path, body in (
        ("PUT", "", {"rules": []}),
        ("DELETE", "", None),
        ("POST", "/rules", URGENT),
        ("PUT", "/rules/refunds", URGENT),
        ("DELETE", "/rules/refunds", None),
        ("POST", "/publish", {}),
    ):
        refused = await team.call(method, f"/v1/rules/draft{path}", body, headers=stale)
        assert refused.status_code == 412, path
    current = {"If-Match": refused.headers["etag"]}
    done = await team.call("POST", "/v1/rules/draft/publish", {}, headers=current)
    assert done.status_code == 200
    later = await team.call("PUT", "/v1/rules/draft", {"rules": []}, headers=current)
    assert later.status_code == 412


async def test_a_draft_does_not_take_back_what_others_published(team: Team) -> None:
    await draft(team, rules=[HIGH])
    await team.ask("PUT", "/v1/rules", [URGENT | {"id": "other"}])
    refused = await team.call("POST", "/v1/rules/draft/publish", {})
    assert refused.status_code == 409
    assert "from=0&to=1" in refused.json()["detail"]
    assert (await publish(team, replaces=1))["version"] == 2


async def test_a_failing_case_keeps_rules_out(team: Team) -> None:
    await draft(team, rules=[HIGH], cases=[CASE])
    refused = await team.call("POST", "/v1/rules/draft/publish", {})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {
            "pointer": "/cases/0/expect/priority",
            "detail": 'case "A refund": priority is high, not urgent',
        }
    ]
    assert (await team.get("/v1/rules/versions")) == []
    told = await team.ask("POST", "/v1/rules/draft/validate")
    [case] = told["cases"]
    assert (told["valid"], case["passed"]) == (False, False)
    assert case["differences"] == [{"what": "priority", "expected": "urgent", "got": "high"}]
    assert any("Refunds are urgent" in sentence for sentence in case["because"])
    await draft(team, rules=[URGENT])
    assert (await team.ask("POST", "/v1/rules/draft/validate"))["valid"]
    await publish(team)
    one_by_one = await team.call("PUT", "/v1/rules/refunds", HIGH)
    assert one_by_one.status_code == 422
    assert (await team.get("/v1/rules"))[0]["then"]["priority"] == "urgent"


async def test_cases_name_queues_as_people_know_them(team: Team) -> None:
    specialists = str(team.queues["Specialists"])
    case = CASE | {"expect": {"queue": specialists, "level": 2, "tags": ["vip"], "type": "x"}}
    await draft(team, rules=[URGENT], cases=[case])
    refused = await team.call("POST", "/v1/rules/draft/publish", {})
    details = {error["pointer"]: error["detail"] for error in refused.json()["errors"]}
    assert details == {
        "/cases/0/expect/queue": 'case "A refund": queue is General, not Specialists',
        "/cases/0/expect/level": 'case "A refund": level is 1, not 2',
        "/cases/0/expect/tags": 'case "A refund": tags is refund, not vip',
        "/cases/0/expect/type": 'case "A refund": type is unknown, not x',
    }


async def test_mistakes_of_cases_are_pointed_at(team: Team) -> None:
    for case, pointer in (
        (CASE | {"expect": {}}, "/cases/0/expect"),
        (CASE | {"expect": {"queue": "nowhere"}}, "/cases/0/expect/queue"),
        (CASE | {"facts": {"colour": "red"}}, "/cases/0/facts/colour"),
        (CASE | {"message": {"kind": "fax", "text": "x"}}, "/cases/0/message/kind"),
        ({"name": "x", "expect": {"priority": "low"}}, "/cases/0"),
        (CASE | {"name": "a\0b"}, "/cases/0/name"),
    ):
        answer = await team.call("PUT", "/v1/rules/draft", {"cases": [case]})
        assert answer.status_code == 422, case
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    twice = await team.call("PUT", "/v1/rules/draft", {"cases": [CASE, CASE]})
    assert twice.json()["errors"][0]["pointer"] == "/cases/1/name"


async def test_a_queue_that_a_case_expects_is_not_archived(team: Team) -> None:
    queue = await team.ask("POST", "/v1/queues", {"name": "Billing", "level": 1})
    case = {
        "name": "Stays",
        "facts": {"previous_queue": queue["id"]},
        "expect": {"queue": queue["id"]},
    }
    await draft(team, cases=[case])
    await publish(team)
    refused = await team.call("DELETE", f"/v1/queues/{queue['id']}")
    assert "Stays" in refused.json()["detail"]


async def test_rolling_back_moves_a_pointer(team: Team) -> None:
    await team.ask("PUT", "/v1/rules", [HIGH])
    await team.ask("PUT", "/v1/rules", [URGENT])
    back = await team.ask("POST", "/v1/rules/roll-back", {"comment": "Too many"})
    assert (back["version"], back["former"], back["comment"]) == (1, 2, "Too many")
    assert await priority_of(team, "A refund", "a") == "high"
    states = [(each["version"], each["state"]) for each in await team.get("/v1/rules/versions")]
    assert states == [(2, "rolled_back"), (1, "published")]
    await team.ask("POST", "/v1/rules/roll-back", {})
    assert await team.get("/v1/rules") == []
    forth = await team.ask("POST", "/v1/rules/roll-back", {"version": 2})
    assert forth["version"] == 2
    moves = await team.get("/v1/rules/history")
    assert [(each["action"], each["version"]) for each in moves] == [
        ("roll_back", 2),
        ("roll_back", 0),
        ("roll_back", 1),
        ("publish", 2),
        ("publish", 1),
    ]
    assert {each["moved_by"] for each in moves} == {"t"}
    assert (await team.call("POST", "/v1/rules/roll-back", {"version": 9})).status_code == 409


async def test_a_version_whose_queues_are_gone_does_not_come_back(team: Team) -> None:
    queue = await team.ask("POST", "/v1/queues", {"name": "Billing", "level": 1})
    rule = URGENT | {"stage": "route", "then": {"queue": queue["id"]}}
    await team.ask("PUT", "/v1/rules", [rule])
    await team.ask("PUT", "/v1/rules", [])
    await team.ask("DELETE", f"/v1/queues/{queue['id']}")
    refused = await team.call("POST", "/v1/rules/roll-back", {})
    assert refused.status_code == 409
    assert "/rules/0/then/queue" in refused.json()["detail"]


async def test_versions_are_compared(team: Team) -> None:
    await team.ask("PUT", "/v1/rules", [URGENT, URGENT | {"id": "old"}])
    await draft(team, rules=[HIGH, URGENT | {"id": "new"}], cases=[CASE])
    for query in ("", "?from=1&to=draft", "?from=published"):
        found = await team.get(f"/v1/rules/diff{query}")
        assert [rule["id"] for rule in found["rules"]["added"]] == ["new"]
        assert [rule["id"] for rule in found["rules"]["removed"]] == ["old"]
        [changed] = found["rules"]["changed"]
        assert changed["key"] == "refunds"
        priorities = [changed[side]["then"]["priority"] for side in ("before", "after")]
        assert priorities == ["urgent", "high"]
        assert [case["name"] for case in found["cases"]["added"]] == ["A refund"]
    assert (await team.call("GET", "/v1/rules/diff?to=7")).status_code == 404


async def shadowing(team: Team, rules: list[Any]) -> Any:
    await draft(team, rules=rules)
    made = await team.ask("POST", "/v1/rules/versions", {"comment": "To watch"})
    assert made["state"] == "validated"
    await team.ask("PUT", "/v1/rules/shadow", {"version": made["version"]})
    return made


async def test_a_shadow_decides_beside_without_effect(team: Team) -> None:
    await team.ask("PUT", "/v1/rules", [HIGH])
    made = await shadowing(team, [URGENT])
    assert await priority_of(team, "A refund", "a") == "high"
    assert await priority_of(team, "Something else", "b") == "normal"
    found = await team.get("/v1/rules/shadow")
    assert (found["version"], found["differing"]) == (made["version"], 1)
    [pair] = found["pairs"]
    general = str(team.queues["General"])
    assert pair == {"queue": general, "instead": general, "decisions": 1, "failed": 0}
    [example] = found["examples"]
    assert example["instead"] == {"version": made["version"], "priority": "urgent"}
    rows = await team.sql("SELECT shadow FROM decision WHERE shadow IS NULL")
    assert len(rows) == 1
    published = await team.ask("POST", f"/v1/rules/versions/{made['version']}/publish", {})
    assert published["state"] == "published"
    assert (await team.get("/v1/rules/shadow"))["version"] is None
    assert not (await team.get("/v1/rules/draft"))["is_changed"]


async def test_a_shadow_ends(team: Team) -> None:
    await shadowing(team, [URGENT])
    assert (await team.get("/v1/rules/versions"))[0]["state"] == "shadow"
    await team.ask("DELETE", "/v1/rules/shadow")
    await priority_of(team, "A refund", "a")
    assert (await team.get("/v1/rules/shadow"))["version"] is None
    assert await team.sql("SELECT 1 FROM decision WHERE shadow IS NOT NULL") == []


async def test_a_shadow_whose_queue_is_gone_keeps_nothing_out(team: Team) -> None:
    queue = await team.ask("POST", "/v1/queues", {"name": "Billing", "level": 1})
    await shadowing(team, [URGENT | {"stage": "route", "then": {"queue": queue["id"]}}])
    await team.ask("DELETE", f"/v1/queues/{queue['id']}")
    await team.ask("PUT", "/v1/rules", [URGENT])
    assert await priority_of(team, "A refund", "a") == "urgent"


async def in_force_within(
    seconds: float, gateway: Gateway, workspace_id: int, version: int
) -> None:
    until = time.monotonic() + seconds
    while gateway.configuration.workspace(workspace_id).rules.version != version:
        assert time.monotonic() < until, version
        await asyncio.sleep(0.01)


async def test_rules_are_in_force_in_every_process_within_a_second(
    team: Team, database: Database
) -> None:
    """Another gateway on the same database, as a second `serve` is one."""
    near = team.gateway
    second = Gateway(near.settings.model_copy(), database, near.box)
    async with second.serving():
        for version in (1, 2, 3):
            await team.ask("PUT", "/v1/rules", [URGENT | {"id": f"r{version}"}])
            assert near.configuration.workspace(team.workspace_id).rules.version == version
            await in_force_within(1, second, team.workspace_id, version)


async def test_rules_that_are_published_in_a_burst_decide_each_message_whole(team: Team) -> None:
    """Each message is decided by one version from end to end, and by none older than its own."""
    sent: dict[str, int] = {}

    async def write(hour: int) -> None:
        for minute in range(10):
            before = team.gateway.configuration.workspace(team.workspace_id).rules.version
            answer = await team.submit("A refund", email=f"c{hour}-{minute}@customer.test")
            sent[answer["message"]] = before

    async def publish_all() -> None:
        for version in range(2, 10):
            await team.ask("PUT", "/v1/rules", numbered(version))

    await team.ask("PUT", "/v1/rules", numbered(1))
    await asyncio.gather(publish_all(), *(write(hour) for hour in range(8)))
    decided = await team.sql(
        "SELECT d.message_id::text, d.rule_set_version, c.tags, d.explanation::text, d.error"
        "  FROM decision d JOIN conversation c ON c.id = d.conversation_id"
    )
    assert {message for message, *_ in decided} == sent.keys()
    for message, version, tags, explained, error in decided:
        assert error is None
        assert version >= sent[message]
        assert tags == sorted((f"classified-{version}", f"routed-{version}"))
        assert f"classified-{version}" in explained
        assert f"routed-{version}" in explained
    assert len({version for _, version, *_ in decided}) > 1


def numbered(version: int) -> list[dict[str, Any]]:
    """Rules of two stages that tell which version they are of."""
    return [
        URGENT | {"id": f"{name}-{version}", "stage": stage, "then": {"add_tags": [name]}}
        for stage, name in (
            ("classify", f"classified-{version}"),
            ("route", f"routed-{version}"),
        )
    ]


async def test_rules_that_stay_are_not_compiled_again(team: Team) -> None:
    await team.ask("PUT", "/v1/rules", [URGENT])
    before = team.gateway.configuration.workspace(team.workspace_id)
    channel = team.channels["web_form"]
    await team.ask("PATCH", f"/v1/channels/{channel.id}", {"name": "Another name"})
    after = team.gateway.configuration.workspace(team.workspace_id)
    assert after.number > before.number
    assert after.rules is before.rules
    await team.ask("POST", "/v1/queues", {"name": "Billing", "level": 1})
    assert team.gateway.configuration.workspace(team.workspace_id).rules is not before.rules


async def test_stored_messages_are_tried_on_any_version(team: Team) -> None:
    await team.ask("PUT", "/v1/rules", [HIGH])
    submitted = await team.submit("A refund, please")
    await draft(team, rules=[URGENT])
    tried = {"message_id": submitted["message"]}
    for version, priority in (
        (0, "normal"),
        (1, "high"),
        ("published", "high"),
        ("draft", "urgent"),
    ):
        told = await team.ask("POST", "/v1/rules/test", tried | {"version": version})
        assert (told["priority"], told["lacking"]) == (priority, []), version
    told = await team.ask("POST", "/v1/rules/test", tried | {"facts": {"text": "Hello"}})
    assert told["priority"] == "normal"
    unknown = {"message_id": "00000000-0000-0000-0000-000000000007"}
    assert (await team.call("POST", "/v1/rules/test", unknown)).status_code == 404
    assert (await team.call("POST", "/v1/rules/test", {"version": "draft"})).status_code == 422


async def test_what_of_a_stored_message_is_gone_is_said(team: Team) -> None:
    mail = await team.mail(mail_of("A refund"))
    by_recipient = URGENT | {"when": {"field": "recipient", "op": "equals", "value": "x@y.test"}}
    await draft(team, rules=[by_recipient, HIGH | {"id": "b"}])
    tried = {"message_id": mail["message"], "version": "draft"}
    told = await team.ask("POST", "/v1/rules/test", tried)
    assert told["priority"] == "high"
    assert told["lacking"] == ["the address it was sent to is not kept"]
    contact = (await team.conversation_of(mail["message"]))["contact"]["id"]
    other = await team.ask("POST", "/v1/rules/test", tried | {"version": "published"})
    assert other["lacking"] == []
    assert contact


async def test_words_of_the_api_are_no_ids(team: Team) -> None:
    answer = await team.call("POST", "/v1/rules", URGENT | {"id": "draft"})
    assert answer.json()["errors"][0]["pointer"] == "/id"
