"""What passes: who types and who looks, told to those who see the conversation, kept nowhere."""

from uuid import uuid4

from tests.feed.conftest import Connect, RunNode
from tests.feed.feed_client import FeedClient
from tests.feed.history import Team, Writer

from gateway.access.tokens import Role


async def settle(client: FeedClient) -> list[str]:
    """The kinds of frames that have come before the answer to something sent now."""
    await client.send(t="unsub", id="settled?")
    kinds = []
    while (frame := await client.receive())["t"] != "err":
        kinds.append(frame["t"])
    return kinds


async def test_agents_tell_each_other_in_every_process(
    run_node: RunNode, sign_in: Connect, writer: Writer, team: Team
) -> None:
    near, far = await run_node(), await run_node()
    ours, _ = await writer.open()
    speaker, hearer, elsewhere = await sign_in(near), await sign_in(far), await sign_in(far)
    await hearer.subscribe("first", filter={"queues": [str(team.queues[0])]})
    await elsewhere.subscribe("second", filter={"queues": [str(team.queues[1])]})
    for kind, on, ttl in (("typing", True, 10_000), ("viewing", False, 0)):
        await speaker.send(t=kind, conversation=str(ours), on=on)
        frame = await hearer.expect("eph")
        assert (frame["kind"], frame["ttl_ms"]) == (kind, ttl)
        assert frame["key"] == f"{ours}/{team.agent_id}"
        assert frame["data"]["name"] == "Ada"
        assert frame["data"]["conversation"] == str(ours)
    assert await settle(elsewhere) == []


async def test_what_is_said_too_often_or_of_nothing_is_not_passed_on(
    run_node: RunNode, sign_in: Connect, writer: Writer, team: Team
) -> None:
    node = await run_node()
    ours, _ = await writer.open()
    client = await sign_in(node)
    await client.subscribe()
    for _ in range(3):
        await client.send(t="typing", conversation=str(ours))
        await client.send(t="viewing", conversation=str(ours))
    assert (await settle(client)).count("eph") == 2
    await client.send(t="viewing", conversation=str(uuid4()), on=False)
    assert (await client.receive())["code"] == "unknown"
    program = await sign_in(node, role=Role.ADMIN)
    await program.send(t="typing", conversation=str(ours))
    assert (await program.receive())["code"] == "no_agent"


async def test_whoever_looks_at_everything_in_a_second_is_told_of_a_few_times(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    opened = [await writer.open() for _ in range(9)]
    client = await sign_in(await run_node())
    await client.subscribe()
    for conversation, _ in opened:
        await client.send(t="viewing", conversation=str(conversation))
    await client.send(t="viewing", conversation=str(opened[0][0]), on=False)
    told = 0
    while (await client.expect("eph"))["ttl_ms"]:
        told += 1
    assert 1 < told < 9
