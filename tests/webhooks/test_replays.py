"""The log of deliveries, and what is told again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.webhooks.desk import Desk, until_called, until_states
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_claims import claim_all, happen, pass_all_on, positions

from gateway.webhooks import passing

URL = "http://127.0.0.1:9/"


async def end_all(desk: Desk, state: str = "delivered") -> None:
    await desk.team.sql("UPDATE webhook_delivery SET state = $1, ended_at = now()", state)


async def span(desk: Desk, webhook: Any, **body: Any) -> int:
    asked = await desk.team.ask("POST", f"/v1/webhooks/{webhook['id']}/replay", body)
    return int(asked["events"])


async def test_deliveries_are_listed_newest_first_in_pages(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    path = f"/v1/webhooks/{webhook['id']}/deliveries"
    await happen(desk, 5)
    await pass_all_on(desk)
    await desk.team.sql("UPDATE webhook_delivery SET state = 'failed' WHERE pos = 2")
    first = await desk.team.get(f"{path}?limit=3")
    second = await desk.team.get(f"{path}?limit=3&cursor={first['next']}")
    assert [each["pos"] for each in first["items"] + second["items"]] == [5, 4, 3, 2, 1]
    assert second["next"] is None
    [failed] = (await desk.team.get(f"{path}?state=failed"))["items"]
    assert (failed["pos"], failed["type"]) == (2, "conversation.read")
    assert failed["message_id"] == f"msg_{failed['id'].replace('-', '')}"
    answer = await desk.team.call("GET", f"{path}?cursor=bogus")
    assert answer.status_code == 422


async def test_a_delivery_is_shown_with_every_call_and_told_again(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    receiver.answers = [(410, {}, b"canary")]
    webhook = await desk.webhook(receiver.url, types=["conversation.opened"])
    await desk.team.submit()
    async with desk.working(dsn):
        await until_states(desk, webhook, "failed")
        await desk.team.ask("PATCH", f"/v1/webhooks/{webhook['id']}", {"enabled": True})
        [row] = await desk.deliveries(webhook)
        path = f"/v1/webhooks/{webhook['id']}/deliveries/{row['id']}"
        shown = await desk.team.get(path)
        assert (shown["state"], shown["status"], shown["failure"]) == ("failed", 410, "gone")
        [call] = shown["tries"]
        assert (call["number"], call["outcome"], call["status"]) == (1, "failed", 410)
        assert call["milliseconds"] >= 0
        assert "canary" not in str(shown)
        again = await desk.team.ask("POST", f"{path}/replay")
        assert (again["state"], again["failure"], again["ended_at"]) == ("queued", None, None)
        await until_states(desk, webhook, "delivered")
    assert len(set(receiver.ids())) == 1
    assert [each["outcome"] for each in (await desk.team.get(path))["tries"]] == [
        "failed",
        "delivered",
    ]


async def test_what_is_told_again_has_all_tries_of_a_new_one(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, 1)
    await pass_all_on(desk)
    await desk.team.sql("UPDATE webhook_delivery SET attempts = 8")
    await end_all(desk, "failed")
    [row] = await desk.deliveries(webhook)
    path = f"/v1/webhooks/{webhook['id']}/deliveries/{row['id']}/replay"
    await desk.team.ask("POST", path)
    assert (await desk.team.call("POST", path)).status_code == 409
    [claimed] = await claim_all(desk)
    assert (claimed.number, claimed.tries) == (9, 1)


async def test_a_delivery_of_another_webhook_is_not_found(desk: Desk) -> None:
    one, another = [await desk.webhook(URL) for _ in range(2)]
    await happen(desk, 1)
    await pass_all_on(desk)
    [row] = await desk.deliveries(one)
    path = f"/v1/webhooks/{another['id']}/deliveries/{row['id']}"
    assert (await desk.team.call("GET", path)).status_code == 404
    assert (await desk.team.call("POST", f"{path}/replay")).status_code == 404


async def test_a_span_is_told_again_whether_it_was_told_failed_or_never_asked_for(
    desk: Desk,
) -> None:
    await happen(desk, 3)
    webhook = await desk.webhook(URL)
    await happen(desk, 2)
    await pass_all_on(desk)
    await end_all(desk)
    before = {row["pos"]: row["id"] for row in await desk.deliveries(webhook)}
    assert sorted(before) == [4, 5]
    assert await span(desk, webhook, **{"from": "2020-01-01T00:00:00Z"}) == 5
    shown = await desk.team.get(f"/v1/webhooks/{webhook['id']}")
    assert shown["replaying"] == 5
    await pass_all_on(desk)
    rows = await desk.deliveries(webhook)
    assert positions(rows) == [1, 2, 3, 4, 5]
    assert {row["state"] for row in rows} == {"queued"}
    assert {row["pos"]: row["id"] for row in rows}.items() >= before.items()
    assert (await desk.team.get(f"/v1/webhooks/{webhook['id']}"))["replaying"] == 0


async def test_a_span_leaves_alone_what_is_under_way_and_gives_the_rest_all_tries(
    desk: Desk,
) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, 2)
    await pass_all_on(desk)
    assert len(await claim_all(desk, slots=1)) == 1
    await desk.team.sql(
        "UPDATE webhook_delivery SET state = 'failed', attempts = 8, ended_at = now() WHERE pos = 2"
    )
    await span(desk, webhook, **{"from": "2020-01-01T00:00:00Z"})
    await pass_all_on(desk)
    assert await desk.states(webhook) == ["calling", "queued"]
    [claimed] = await claim_all(desk)
    assert (claimed.number, claimed.tries) == (9, 1)


async def test_a_span_has_its_bounds_and_may_be_of_failures_alone(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, 2)
    await desk.team.sql("UPDATE event SET at = at - interval '3 days' WHERE pos = 1")
    await desk.team.sql("UPDATE event SET at = at - interval '1 day' WHERE pos = 2")
    await desk.team.sql("UPDATE webhook SET read_at = read_at - interval '9 days'")
    await happen(desk, 2)
    await pass_all_on(desk)
    await end_all(desk)
    await desk.team.sql("UPDATE webhook_delivery SET state = 'failed' WHERE pos <> 2")
    now = datetime.now(UTC)
    two_days, half_day = [(now - timedelta(days=days)).isoformat() for days in (2, 0.5)]
    assert await span(desk, webhook, **{"from": two_days, "until": half_day}) == 1
    await pass_all_on(desk)
    assert await desk.states(webhook) == ["failed", "queued", "failed", "failed"]
    await desk.team.sql("UPDATE webhook_delivery SET state = 'delivered' WHERE pos = 2")
    assert await span(desk, webhook, **{"from": two_days, "failed_only": True}) == 3
    await pass_all_on(desk)
    assert await desk.states(webhook) == ["failed", "delivered", "queued", "queued"]
    assert await span(desk, webhook, **{"from": now.isoformat()}) == 0


async def test_one_span_at_a_time_and_never_in_the_way_of_what_is_new(desk: Desk) -> None:
    most = passing.MOST_OPEN
    await happen(desk, 2 * most)
    webhook = await desk.webhook(URL)
    body = {"from": "2020-01-01T00:00:00Z"}
    assert await span(desk, webhook, **body) == 2 * most
    await pass_all_on(desk)
    assert len(await desk.deliveries(webhook)) == most // 2
    answer = await desk.team.call("POST", f"/v1/webhooks/{webhook['id']}/replay", body)
    assert answer.status_code == 409
    await happen(desk, 5)
    await pass_all_on(desk)
    assert positions(await desk.deliveries(webhook))[-5:] == list(range(2 * most + 1, 2 * most + 6))


async def test_what_has_ended_is_known_for_thirty_days(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    webhook = await desk.webhook(receiver.url, types=["conversation.opened"])
    await desk.team.submit()
    async with desk.working(dsn):
        await until_called(receiver, 1)
        await until_states(desk, webhook, "delivered")
    await desk.team.submit(email="waiting@customer.test")
    await pass_all_on(desk)
    assert (await desk.team.retain(days=29.9))["webhook_deliveries"] == 0
    assert (await desk.team.retain(days=30.1))["webhook_deliveries"] == 1
    assert await desk.states(webhook) == ["queued"]
    assert await desk.team.sql("SELECT * FROM webhook_attempt") == []
