"""Whatever happens to conversations, their clocks are what their events say."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sla.desk import HOUR, Desk

Step = Callable[[Desk, str, Any], Awaitable[Any]]


async def command(desk: Desk, id_: str, name: str, body: Any = None) -> None:
    """One that may be refused: then nothing has happened."""
    answer = await desk.team.call("POST", f"/v1/conversations/{id_}/{name}", body)
    assert answer.status_code in {200, 201, 409}, answer.text


async def escalate(desk: Desk, id_: str, _: Any) -> None:
    if (await desk.item(id_))["level"] > 1:
        return  # Specialists are no level above it
    queue = str(desk.team.queues["Specialists"])
    await command(desk, id_, "escalate", {"queue": queue, "note": "Tried all."})


async def split(desk: Desk, id_: str, _: Any) -> None:
    messages = (await desk.team.get(f"/v1/conversations/{id_}/messages"))["items"]
    asked = [message["id"] for message in messages if message["direction"] == "inbound"]
    if len(messages) > 1:
        await command(desk, id_, "split", {"messages": asked[-1:]})


async def merge(desk: Desk, id_: str, _: Any) -> None:
    other = await desk.ask()
    await command(desk, other, "merge", {"into": id_})


async def change_policy(desk: Desk, _id: str, policy: Any) -> None:
    for targets in ({"first_response": {"normal": HOUR}}, policy["targets"]):
        await desk.replace(policy, targets=targets)
    await desk.worker.remeasure_stale()


STEPS: dict[str, Step] = {
    "take": lambda desk, id_, _: command(desk, id_, "take"),
    "release": lambda desk, id_, _: command(desk, id_, "release"),
    "reply": lambda desk, id_, _: command(desk, id_, "replies", {"text": "Soon."}),
    "solve": lambda desk, id_, _: command(desk, id_, "solve"),
    "ask": lambda desk, id_, _: desk.ask_again(id_),
    "absence": lambda desk, id_, _: desk.ask_again(id_, **{"Auto-Submitted": "auto-replied"}),
    "time": lambda desk, id_, _: desk.age(id_, timedelta(hours=3)),
    "pend": lambda desk, id_, _: command(desk, id_, "pend", {}),
    "lay aside": lambda desk, id_, _: command(desk, id_, "pend", {"keep": False}),
    "wake": lambda desk, id_, _: command(desk, id_, "wake"),
    "fire": lambda desk, _id, _policy: desk.worker.fire_due(),
    "escalate": escalate,
    "split": split,
    "merge": merge,
    "policy": change_policy,
}


@given(st.lists(st.lists(st.sampled_from(sorted(STEPS)), max_size=9), min_size=1, max_size=2))
@settings(
    deadline=None, max_examples=7, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_clocks_are_what_the_events_say(desk: Desk, histories: list[list[str]]) -> None:
    policy = await desk.policy(warning_percent=50)
    for steps in histories:
        id_ = await desk.ask()
        for step in steps:
            await STEPS[step](desk, id_, policy)
    assert await desk.differences() == []
