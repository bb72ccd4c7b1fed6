"""Up, down, to colleagues and back: with the waiting time, and not for ever."""

from uuid import UUID

import pytest
from tests.assignment.desk import Desk

from gateway.conversations.moving import Summary


@pytest.fixture
async def conversation(desk: Desk) -> str:
    """One that Ada has; Bea could have it too."""
    await desk.set_queue("General", mode="pull")
    await desk.hire("Ada", capacity=1)
    await desk.hire("Bea", capacity=1)
    id_ = await desk.submit()
    await desk.act("Ada", f"/v1/conversations/{id_}/take")
    return id_


async def queued_at(desk: Desk) -> object:
    rows = await desk.team.sql("SELECT queued_at FROM queue_entry WHERE left_at IS NULL")
    return rows[0]["queued_at"] if rows else None


def test_a_summary_lists_what_was_tried() -> None:
    assert (
        Summary("Refund fails.", ["Card", "Cash"]).text == "Refund fails.\n\nTried:\n- Card\n- Cash"
    )
    assert Summary().text is None


async def test_up_and_down_again(desk: Desk, conversation: str) -> None:
    [before] = await desk.team.sql("SELECT queued_at FROM queue_entry")
    path = f"/v1/conversations/{conversation}"
    specialists = str(desk.team.queues["Specialists"])
    up = {
        "queue": specialists,
        "note": "Refund fails.",
        "tried": ["Card"],
        "skills": ["refunds", "refunds"],
    }
    await desk.act("Ada", f"{path}/escalate", up)
    item = await desk.team.get(path)
    assert (item["status"], item["queue"], item["level"]) == ("queued", specialists, 2)
    assert await queued_at(desk) == before["queued_at"]
    [skills] = await desk.team.sql("SELECT required_skills FROM conversation")
    assert skills["required_skills"] == ["refunds"]
    messages = (await desk.team.get(f"{path}/messages"))["items"]
    assert messages[-1]["text"] == "Refund fails.\n\nTried:\n- Card"
    await desk.act("Bea", f"{path}/take")
    assert await desk.try_to("Ada", f"{path}/de-escalate", {}) == 409
    await desk.act("Bea", f"{path}/de-escalate", {"note": "Done on our side.", "skills": []})
    item = await desk.team.get(path)
    assert (item["queue"], item["level"]) == (str(desk.team.queues["General"]), 1)
    assert await queued_at(desk) == before["queued_at"]
    history = await desk.history(conversation)
    assert [each["kind"] for each in history["transfers"]] == ["escalated", "de_escalated"]
    assert [each["agent_name"] for each in history["assignments"]] == ["Ada", "Bea"]
    assert [each["end_reason"] for each in history["assignments"]] == ["escalated", "de_escalated"]


async def test_levels_are_kept(desk: Desk, conversation: str) -> None:
    path = f"/v1/conversations/{conversation}"
    general, specialists = (str(desk.team.queues[name]) for name in ("General", "Specialists"))
    assert await desk.try_to("Ada", f"{path}/escalate", {"queue": general, "note": "x"}) == 422
    assert await desk.try_to("Ada", f"{path}/de-escalate", {"queue": specialists}) == 422
    assert await desk.try_to("Ada", f"{path}/de-escalate", {}) == 422
    assert await desk.try_to("Ada", f"{path}/transfer", {"queue": specialists}) == 422
    assert await desk.try_to("Ada", f"{path}/transfer", {"queue": general}) == 422
    assert await desk.try_to("Ada", f"{path}/transfer", {}) == 422
    await desk.another_queue("Orders")
    orders = str(desk.team.queues["Orders"])
    await desk.act("Ada", f"{path}/transfer", {"queue": orders, "note": "Yours."})
    assert (await desk.team.get(path))["queue"] == orders
    assert await desk.load("Ada") == 0


async def test_a_colleague_gets_it_who_has_room(desk: Desk, conversation: str) -> None:
    path = f"/v1/conversations/{conversation}"
    other = await desk.submit()
    await desk.act("Bea", f"/v1/conversations/{other}/take")
    bea = {"agent": str(desk.ids["Bea"])}
    assert await desk.try_to("Ada", f"{path}/transfer", bea) == 409
    assert await desk.see(conversation) == ("assigned", "Ada")
    await desk.act("Bea", f"/v1/conversations/{other}/solve")
    await desk.act("Ada", f"{path}/transfer", bea)
    assert await desk.see(conversation) == ("assigned", "Bea")
    assert (await desk.load("Ada"), await desk.load("Bea")) == (0, 1)
    assert await desk.try_to("Ada", f"{path}/transfer", bea) == 409
    nobody = {"agent": str(desk.team.queues["General"])}
    assert await desk.try_to("Bea", f"{path}/transfer", nobody) == 422


async def test_a_supervisor_gives_beyond_capacity(desk: Desk, conversation: str) -> None:
    await desk.hire("Sofia", role="supervisor")
    other = await desk.submit()
    await desk.act("Bea", f"/v1/conversations/{other}/take")
    path, bea = f"/v1/conversations/{conversation}/assign", {"agent": str(desk.ids["Bea"])}
    assert await desk.try_to("Ada", path, bea) == 403
    await desk.act("Sofia", path, {**bea, "note": "Please."})
    await desk.act("Sofia", path, bea)
    assert await desk.see(conversation) == ("assigned", "Bea")
    assert (await desk.load("Ada"), await desk.load("Bea")) == (0, 2)
    held = (await desk.history(conversation))["assignments"][-1]
    assert (held["origin"], held["by"]) == ("assigned", str(desk.ids["Sofia"]))
    await desk.set_queue("General", mode="offer")
    third = await desk.submit()
    await desk.turn()
    assert (await desk.see(third))[1] in {"Ada", "Sofia"}
    await desk.act("Sofia", f"/v1/conversations/{third}/assign", bea)
    assert await desk.see(third) == ("assigned", "Bea")


async def test_what_moves_too_often_goes_to_the_supervisors(desk: Desk, conversation: str) -> None:
    await desk.team.ask("PATCH", "/v1/workspace", {"hop_limit": 2})
    made = await desk.team.ask("POST", "/v1/queues", {"name": "Leads", "level": 3})
    path = f"/v1/conversations/{conversation}"
    bea, ada = ({"agent": str(desk.ids[name])} for name in ("Bea", "Ada"))
    await desk.act("Ada", f"{path}/transfer", bea)
    await desk.act("Bea", f"{path}/transfer", ada)
    await desk.act("Ada", f"{path}/transfer", bea)
    item = await desk.team.get(path)
    assert (item["status"], item["queue"], item["level"]) == ("queued", made["id"], 3)
    assert [each["redirected"] for each in (await desk.history(conversation))["transfers"]] == [
        False,
        False,
        True,
    ]
    up = {"queue": str(desk.team.queues["Specialists"]), "note": "x"}
    assert await desk.try_to("Ada", f"{path}/escalate", up) == 409
    await desk.act("Ada", f"{path}/take")
    await desk.act("Ada", f"{path}/solve")
    [row] = await desk.team.sql(
        "SELECT hops FROM conversation WHERE queue_id = $1", UUID(made["id"])
    )
    assert row["hops"] == 0


async def test_without_supervisors_it_goes_on(desk: Desk, conversation: str) -> None:
    await desk.team.ask("PATCH", "/v1/workspace", {"hop_limit": 1})
    path = f"/v1/conversations/{conversation}"
    await desk.act("Ada", f"{path}/transfer", {"agent": str(desk.ids["Bea"])})
    await desk.act("Bea", f"{path}/transfer", {"agent": str(desk.ids["Ada"])})
    assert await desk.see(conversation) == ("assigned", "Ada")


async def test_merging_and_solving_what_is_offered_takes_it_back(desk: Desk) -> None:
    await desk.hire("Ada")
    first, second = await desk.submit(), await desk.submit()
    await desk.turn()
    await desk.hire("Bea", is_there=False)
    await desk.act("Bea", f"/v1/conversations/{first}/merge", {"into": second})
    assert (await desk.load("Ada"), (await desk.see(first))[0]) == (1, "closed")
    await desk.act("Bea", f"/v1/conversations/{second}/solve")
    assert await desk.load("Ada") == 0
    assert await desk.offers("Ada") == []
