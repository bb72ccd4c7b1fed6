"""What happens is told to other systems: all of it, at least once, whoever dies meanwhile."""

import asyncio

from tests.webhooks.desk import Desk, until_called, until_states
from tests.webhooks.receiver import Receiver, receiving

from gateway.webhooks.worker import WebhookWorker


async def test_a_receiver_is_told_what_happens_and_can_verify_it(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    webhook = await desk.webhook(receiver.url, types=["conversation.opened"])
    async with desk.working(dsn):
        await desk.team.submit("secret words")
        await until_states(desk, webhook, "delivered")
    [call] = receiver.calls
    told = call.verified(webhook["secret"])
    [event, *_] = await desk.events()
    assert event["type"] == told["type"] == "conversation.opened"
    assert told["timestamp"] == event["at"].isoformat()
    assert told["data"]["cursor"].endswith(f".{event['pos']}")
    assert told["data"]["entity"] == str(event["conversation_id"])
    assert told["data"]["queue"] == str(event["queue_after"])
    assert told["data"]["data"]["conversation"]["status"] == "queued"
    assert "secret words" not in call.body.decode()
    assert "carla" not in call.body.decode()
    assert call.path == "/in?from=desk"
    assert call.headers["content-type"] == "application/json"


async def test_nothing_is_told_of_what_was_before(desk: Desk, dsn: str, receiver: Receiver) -> None:
    await desk.team.submit()
    before = len(await desk.events())
    webhook = await desk.webhook(receiver.url)
    async with desk.working(dsn):
        await desk.team.submit(email="later@customer.test")
        events = await desk.events(after=before)
        await until_states(desk, webhook, *["delivered"] * len(events))
    assert [row["pos"] for row in await desk.deliveries(webhook)] == [row["pos"] for row in events]


async def test_types_and_queues_choose(desk: Desk, dsn: str, receiver: Receiver) -> None:
    special = str(desk.team.queues["Specialists"])
    narrow = await desk.webhook(receiver.url, queues=[special])
    solved = await desk.webhook(receiver.url, types=["conversation.solved"])
    left = await desk.webhook(
        receiver.url, types=["conversation.escalated"], queues=[str(desk.team.queues["General"])]
    )
    message = (await desk.team.submit())["message"]
    path = f"/v1/conversations/{(await desk.team.conversation_of(message))['id']}"
    await desk.team.ask("POST", f"{path}/take")
    await desk.team.ask("POST", f"{path}/escalate", {"queue": special, "note": "x"})
    await desk.team.ask("POST", f"{path}/take")
    await desk.team.ask("POST", f"{path}/solve")
    async with desk.working(dsn):
        await until_states(desk, solved, "delivered")
        await until_states(desk, left, "delivered")
        await until_states(desk, narrow, *["delivered"] * 3)
    types = [row["type"] for row in await desk.deliveries(narrow)]
    assert types == ["conversation.escalated", "conversation.assigned", "conversation.solved"]


async def test_the_conversation_comes_along_where_it_is_wanted(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    webhook = await desk.webhook(receiver.url, types=["conversation.opened"], include=["item"])
    await desk.team.submit("secret words", subject="Parcel")
    async with desk.working(dsn):
        await until_states(desk, webhook, "delivered")
    item = receiver.calls[0].verified(webhook["secret"])["data"]["item"]
    assert item["identity"]["address"] == "carla@customer.test"
    assert item["subject"] == "Parcel"
    assert "secret words" not in receiver.calls[0].body.decode()


async def test_a_failed_call_is_repeated_with_the_same_id_and_a_new_time(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    receiver.answers = [(500, {}, b"trouble"), (302, {"location": receiver.url}, b"")]
    webhook = await desk.webhook(receiver.url, types=["conversation.opened"])
    await desk.team.submit()
    async with desk.working(dsn):
        for number in (1, 2, 3):
            await until_called(receiver, number)
            await until_states(desk, webhook, "queued" if number < 3 else "delivered")
            await desk.due_now()
    assert len(set(receiver.ids())) == 1
    for call in receiver.calls:
        call.verified(webhook["secret"])
    attempts = await desk.team.sql("SELECT * FROM webhook_attempt ORDER BY number")
    assert [(row["outcome"], row["status"], row["failure"]) for row in attempts] == [
        ("failed", 500, "refused"),
        ("failed", 302, "redirected"),
        ("delivered", 204, None),
    ]
    assert all(row["milliseconds"] is not None for row in attempts)


async def kill(worker: WebhookWorker) -> None:
    """End what runs without a word to the database, as the process's death would."""
    for task in worker._crew.running:
        task.cancel()
    await asyncio.wait(worker._crew.running)


async def test_a_worker_that_dies_before_it_records_leads_to_a_second_call_of_the_same_id(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    receiver.may_answer.clear()
    webhook = await desk.webhook(receiver.url, types=["conversation.opened"])
    await desk.team.submit()
    async with desk.working(dsn) as worker:
        await until_called(receiver, 1)
        await kill(worker)
    receiver.may_answer.set()
    async with desk.working(dsn):
        await asyncio.sleep(0.3)
        assert len(receiver.calls) == 1, "the lease was not respected"
        await desk.due_now()
        await until_states(desk, webhook, "delivered")
    first, second = receiver.ids()
    assert first == second
    attempts = await desk.team.sql("SELECT outcome FROM webhook_attempt ORDER BY number")
    assert [row["outcome"] for row in attempts] == [None, "delivered"]


async def test_two_workers_deliver_all_of_it_once(desk: Desk, dsn: str, receiver: Receiver) -> None:
    webhook = await desk.webhook(receiver.url)
    async with desk.working(dsn), desk.working(dsn):
        for number in range(20):
            await desk.team.submit(email=f"{number}@customer.test")
        events = await desk.events()
        await until_states(desk, webhook, *["delivered"] * len(events))
    assert len(receiver.calls) == len(set(receiver.ids())) == len(events)
    assert [row["pos"] for row in await desk.deliveries(webhook)] == [row["pos"] for row in events]


async def test_a_receiver_that_hangs_delays_no_other(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    async with receiving() as hanging:
        hanging.may_answer.clear()
        dead = await desk.webhook(hanging.url)
        sound = await desk.webhook(receiver.url)
        for number in range(10):
            await desk.team.submit(email=f"{number}@customer.test")
        events = await desk.events()
        async with desk.working(dsn, send_timeout_s=60.0):
            await until_states(desk, sound, *["delivered"] * len(events))
            assert sorted(await desk.states(dead)) == ["calling"] * 8 + ["queued"] * (
                len(events) - 8
            )
            hanging.may_answer.set()


async def test_where_order_is_wanted_a_failing_event_holds_up_the_next(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    receiver.answers = [(500, {}, b"")]
    webhook = await desk.webhook(receiver.url, ordered=True)
    await desk.team.submit()
    await desk.team.submit(email="other@customer.test")
    events = await desk.events()
    async with desk.working(dsn), desk.working(dsn):
        await until_called(receiver, 1)
        await asyncio.sleep(0.3)
        assert len(receiver.calls) == 1
        await desk.due_now()
        await until_states(desk, webhook, *["delivered"] * len(events))
    told = [call.verified(webhook["secret"])["data"]["cursor"] for call in receiver.calls]
    positions = [int(cursor.rpartition(".")[2]) for cursor in told]
    assert positions == [1, *range(1, len(events) + 1)]
    assert receiver.most_at_once == 1
