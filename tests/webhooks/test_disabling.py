"""Receivers that are not there: when they are called again, and when no more."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from tests.delivery.office import until
from tests.webhooks.desk import Desk, until_states
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_claims import claim_all, happen, pass_all_on

from gateway.cli.checking import webhook_findings
from gateway.webhooks.calls import Answer
from gateway.webhooks.claims import Claimed
from gateway.webhooks.outcomes import (
    PAUSES_S,
    Outcome,
    Trouble,
    answered,
    unanswered,
)
from gateway.webhooks.records import record

URL = "http://127.0.0.1:9/"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DOWN = unanswered(1, 0.0)
TAKEN = Outcome("delivered", None, 204, 5)


def answer(status: int, retry_after: float | None = None) -> Answer:
    return Answer(status, retry_after, "", 0.25)


def test_it_is_tried_for_a_day_with_growing_pauses() -> None:
    pauses = [unanswered(tries, 0.0).retry_in for tries in range(1, 8)]
    assert pauses == [timedelta(seconds=pause) for pause in PAUSES_S]
    assert all(earlier <= later for earlier, later in pairwise(PAUSES_S))
    assert timedelta(days=1) < timedelta(seconds=sum(PAUSES_S)) < timedelta(hours=28)
    assert unanswered(8, 0.0) == Outcome("failed", Trouble.UNREACHABLE)


def test_chance_keeps_receivers_from_being_called_all_at_once() -> None:
    assert unanswered(2, 0.5).retry_in == timedelta(seconds=330)


def test_a_receiver_may_ask_for_a_longer_pause_up_to_a_day() -> None:
    assert answered(answer(503, 60), 1, 0.0).retry_in == timedelta(seconds=60)
    assert answered(answer(429, 1), 1, 0.0).retry_in == timedelta(seconds=5)
    assert answered(answer(429, 10**9), 1, 0.0).retry_in == timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "state", "trouble"),
    [
        (200, "delivered", None),
        (204, "delivered", None),
        (299, "delivered", None),
        (301, "queued", "redirected"),
        (400, "queued", "refused"),
        (404, "queued", "refused"),
        (410, "failed", "gone"),
        (429, "queued", "throttled"),
        (500, "queued", "refused"),
        (503, "queued", "throttled"),
    ],
)
def test_what_statuses_mean(status: int, state: str, trouble: str | None) -> None:
    outcome = answered(answer(status), 1, 0.0)
    assert (outcome.state, outcome.trouble, outcome.status) == (state, trouble, status)
    assert outcome.milliseconds == 250


async def one_claimed(desk: Desk) -> Claimed:
    await desk.team.sql("UPDATE webhook_delivery SET state = 'queued', due_at = now()")
    return (await claim_all(desk, slots=1))[0]


async def come_to(desk: Desk, claimed: Claimed, outcome: Outcome, now: datetime) -> str | None:
    async with desk.team.gateway.database.transaction() as session:
        return await record(session, claimed, outcome, now)


async def test_days_of_failure_disable_it_with_a_notice(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    path = f"/v1/webhooks/{webhook['id']}"
    await happen(desk, 1)
    await pass_all_on(desk)
    for hours in (0, 20, 40, 60, 80, 100, 119.9, 119.95):
        now = NOW + timedelta(hours=hours)
        assert await come_to(desk, await one_claimed(desk), DOWN, now) is None
    shown = await desk.team.get(path)
    assert (shown["enabled"], shown["failures"]) == (True, 8)
    now = NOW + timedelta(hours=120)
    assert await come_to(desk, await one_claimed(desk), DOWN, now) == "failing"
    shown = await desk.team.get(path)
    assert (shown["enabled"], shown["disabled_because"]) == (False, "failing")
    assert datetime.fromisoformat(shown["failing_since"]) == NOW
    event = (await desk.events())[-1]
    assert (event["type"], event["conversation_id"]) == ("webhook.disabled", UUID(webhook["id"]))
    assert event["data"] == '{"reason": "failing"}'
    assert event["queue_after"] is event["assignee_after"] is None


async def test_few_failures_over_many_days_do_not(desk: Desk) -> None:
    await desk.webhook(URL)
    await happen(desk, 1)
    await pass_all_on(desk)
    for days in (0, 10, 20):
        now = NOW + timedelta(days=days)
        assert await come_to(desk, await one_claimed(desk), DOWN, now) is None


async def test_one_call_that_goes_through_ends_the_failure(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, 1)
    await pass_all_on(desk)
    for hours in range(9):
        await come_to(desk, await one_claimed(desk), DOWN, NOW + timedelta(hours=hours))
    await come_to(desk, await one_claimed(desk), TAKEN, NOW + timedelta(days=4))
    shown = await desk.team.get(f"/v1/webhooks/{webhook['id']}")
    assert (shown["failures"], shown["failing_since"]) == (0, None)
    later = NOW + timedelta(days=6)
    assert await come_to(desk, await one_claimed(desk), DOWN, later) is None


async def test_what_is_recorded_twice_counts_once(desk: Desk) -> None:
    """As after a COMMIT whose answer was lost, or a worker that comes back too late."""
    webhook = await desk.webhook(URL)
    await happen(desk, 1)
    await pass_all_on(desk)
    late = await one_claimed(desk)
    claimed = await one_claimed(desk)
    await come_to(desk, late, DOWN, NOW)
    assert await desk.states(webhook) == ["calling"]
    for each in (claimed, claimed):
        await come_to(desk, each, DOWN, NOW)
    shown = await desk.team.get(f"/v1/webhooks/{webhook['id']}")
    assert shown["failures"] == 1
    attempts = await desk.team.sql("SELECT outcome FROM webhook_attempt")
    assert [row["outcome"] for row in attempts] == ["failed", "failed"]


async def test_410_disables_it_at_once_and_enabling_goes_on(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    receiver.answers = [(410, {}, b"")]
    webhook = await desk.webhook(receiver.url, types=["conversation.opened"], ordered=True)
    path = f"/v1/webhooks/{webhook['id']}"
    await desk.team.submit()
    await desk.team.submit(email="other@customer.test")

    async def is_disabled() -> bool:
        return bool((await desk.team.get(path))["disabled_because"] == "gone")

    async with desk.working(dsn):
        await until(is_disabled)
        [finding] = await webhook_findings(desk.team.gateway.database)
        assert "'CRM' is disabled: the receiver wants nothing more (410)" in finding.what
        await desk.team.submit(email="later@customer.test")
        assert await desk.states(webhook) == ["failed", "queued"]
        await desk.team.ask("PATCH", path, {"enabled": True})
        await until_states(desk, webhook, "failed", "delivered", "delivered")
    assert await webhook_findings(desk.team.gateway.database) == []


async def test_a_failing_webhook_is_a_finding_and_one_that_is_asked_to_rest_is_none(
    desk: Desk,
) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, 1)
    await pass_all_on(desk)
    await come_to(desk, await one_claimed(desk), DOWN, NOW)
    [finding] = await webhook_findings(desk.team.gateway.database)
    assert finding.what == "webhook 'CRM' fails since 2026-11-02 09:00 UTC"
    assert webhook["id"] in finding.mend
    await desk.team.ask("PATCH", f"/v1/webhooks/{webhook['id']}", {"enabled": False})
    assert await webhook_findings(desk.team.gateway.database) == []
