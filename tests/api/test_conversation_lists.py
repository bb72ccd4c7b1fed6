"""Lists of conversations and what is at hand: narrowed, in pages, as far as the caller sees."""

from typing import Any
from urllib.parse import urlencode

from tests.api.hidden import hide
from tests.api.team import NOTHING, Team, mail_of


async def opened(team: Team, number: int = 0) -> Any:
    message = await team.submit(email=f"{number}@customer.test")
    return await team.conversation_of(message["message"])


async def listed(team: Team, *, token: str | None = None, **query: Any) -> set[str]:
    path = f"/v1/conversations?{urlencode(query, doseq=True)}"
    return {each["id"] for each in (await team.get(path, token=token))["items"]}


async def escalated(team: Team, conversation: str) -> None:
    body = {"queue": str(team.queues["Specialists"]), "note": "Too hard"}
    await team.ask("POST", f"/v1/conversations/{conversation}/take", token=team.agent)
    path = f"/v1/conversations/{conversation}/escalate"
    await team.ask("POST", path, body, token=team.agent)


async def counts(team: Team, token: str | None = None) -> tuple[dict[str, Any], dict[str, int]]:
    """By the names of the queues; what is zero is left out."""
    found = await team.get("/v1/inbox/counts", token=token)
    names = {str(id_): name for name, id_ in team.queues.items()}
    queues = {names[each.pop("queue")]: _present(each) for each in found["queues"]}
    return queues, _present(found["mine"])


def _present(numbers: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number}


async def test_each_filter_narrows(team: Team) -> None:
    form = await opened(team)
    mail = await team.conversation_of((await team.mail(mail_of()))["message"])
    await escalated(team, mail["id"])
    await team.sql(
        "UPDATE conversation SET priority = 'urgent', type = 'refund' WHERE id = $1", mail["id"]
    )
    both = {form["id"], mail["id"]}
    assert await listed(team) == both
    for query in (
        {"queue": team.queues["Specialists"]},
        {"level": 2},
        {"priority": "urgent"},
        {"channel": team.channels["email"].id},
        {"contact": mail["contact"]["id"]},
        {"type": "refund"},
        {"level": 2, "priority": ["urgent", "low"], "status": "queued"},
    ):
        assert await listed(team, **query) == {mail["id"]}, query
    assert await listed(team, priority=["urgent", "normal"]) == both
    for query in ({"contact": NOTHING}, {"type": "ref"}, {"level": 3}, {"status": "assigned"}):
        assert await listed(team, **query) == set(), query
    wrong = await team.call("GET", "/v1/conversations?level=9&priority=soon")
    assert wrong.status_code == 422


async def test_what_is_overdue_is_listed_and_counted(team: Team) -> None:
    late, soon, _ = [await opened(team, number) for number in range(3)]
    due = "UPDATE conversation SET due_at = now() + $2 * interval '1 hour' WHERE id = $1"
    await team.sql(due, late["id"], -1)
    await team.sql(due, soon["id"], 1)
    assert await listed(team, overdue="true") == {late["id"]}
    assert await listed(team, overdue="true", due_before="2001-01-01T00:00:00Z") == set()
    assert (await counts(team))[0] == {"General": {"queued": 3, "unassigned": 3, "overdue": 1}}


async def test_pages_hold_each_conversation_once(team: Team) -> None:
    ids = {(await opened(team, number))["id"] for number in range(5)}
    await team.sql("UPDATE conversation SET last_message_at = '2026-11-02', due_at = '2026-11-03'")
    for sort in ("recent", "due"):
        seen, path = [], f"/v1/conversations?limit=2&sort={sort}"
        page = await team.get(path)
        while page["next"]:
            seen += page["items"]
            page = await team.get(f"{path}&cursor={page['next']}")
        seen += page["items"]
        assert sorted(each["id"] for each in seen) == sorted(ids)


async def test_open_conversations_are_counted_by_queue_and_status(team: Team, other: Team) -> None:
    await opened(other)
    first, second, third, fourth = [await opened(team, number) for number in range(4)]
    await escalated(team, first["id"])
    for each, then in ((second, "pend"), (third, "solve"), (fourth, None)):
        path = f"/v1/conversations/{each['id']}"
        await team.ask("POST", f"{path}/take", token=team.agent)
        if then:
            await team.ask("POST", f"{path}/{then}", {}, token=team.agent)
    queues = {
        "General": {"assigned": 1, "pending": 1},
        "Specialists": {"queued": 1, "unassigned": 1},
    }
    assert await counts(team, team.agent) == (queues, {"assigned": 1, "pending": 1})
    assert await counts(team) == (queues, {})
    assert await counts(team, team.key) == (queues, {})


async def test_a_queue_of_others_is_seen_in_no_list_and_no_count(team: Team) -> None:
    mine, theirs = await opened(team, 1), await opened(team, 2)
    await team.ask("POST", f"/v1/conversations/{mine['id']}/take", token=team.agent)
    await hide(team, "General")
    assert await listed(team, token=team.agent) == {mine["id"]}
    assert await listed(team) == {mine["id"], theirs["id"]}
    assert await counts(team, team.agent) == ({"General": {"assigned": 1}}, {"assigned": 1})
    assert (await counts(team))[0]["General"]["queued"] == 1
