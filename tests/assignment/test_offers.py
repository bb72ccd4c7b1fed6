"""What waits is offered to who is free and able, and goes on if it is not accepted."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.assignment.desk import Desk


async def offered_to(desk: Desk, *names: str) -> tuple[str, str]:
    """A conversation that is offered to the first of these agents, and the offer's id."""
    for name in names:
        await desk.hire(name)
    conversation = await desk.submit()
    await desk.turn()
    _, asked = await desk.see(conversation)
    assert asked is not None
    [offer] = await desk.offers(asked)
    return conversation, str(offer["id"])


async def test_an_offer_is_made_and_accepted(desk: Desk) -> None:
    conversation, offer = await offered_to(desk, "Ada")
    assert await desk.see(conversation) == ("offered", "Ada")
    assert await desk.load("Ada") == 1
    path = f"/v1/offers/{offer}/accept"
    first, again = await desk.act("Ada", path), await desk.act("Ada", path)
    assert await desk.see(conversation) == ("assigned", "Ada")
    assert (first["ver"], await desk.load("Ada")) == (again["ver"], 1)
    await desk.act("Ada", f"/v1/conversations/{conversation}/replies", {"text": "Hello"})
    await desk.act("Ada", f"/v1/conversations/{conversation}/solve")
    assert await desk.load("Ada") == 0
    assert await desk.try_to("Ada", path) == 409
    [held] = (await desk.history(conversation))["assignments"]
    assert (held["state"], held["origin"], held["end_reason"]) == ("ended", "offered", "solved")
    assert held["explanation"]["chosen"]["agent"] == str(desk.ids["Ada"])


async def test_only_whom_it_was_offered_accepts(desk: Desk) -> None:
    conversation, offer = await offered_to(desk, "Ada")
    await desk.hire("Bea", is_there=False)
    assert await desk.try_to("Bea", f"/v1/offers/{offer}/accept") == 404
    assert await desk.try_to("Bea", f"/v1/conversations/{conversation}/take") == 409
    assert (
        await desk.try_to("Ada", f"/v1/conversations/{conversation}/replies", {"text": "x"}) == 409
    )
    await desk.act("Ada", f"/v1/conversations/{conversation}/take")
    assert await desk.see(conversation) == ("assigned", "Ada")


async def test_of_two_accepts_at_once_one_is_told(desk: Desk) -> None:
    conversation, offer = await offered_to(desk, "Ada")
    path = f"/v1/offers/{offer}/accept"
    await asyncio.gather(*(desk.act("Ada", path) for _ in range(4)))
    told = await desk.team.sql(
        "SELECT pos FROM event WHERE conversation_id = $1 AND type = 'conversation.assigned'",
        UUID(conversation),
    )
    assert len(told) == 1


async def test_a_declined_offer_goes_to_the_next_and_not_back(desk: Desk) -> None:
    conversation, offer = await offered_to(desk, "Ada", "Bea")
    _, first = await desk.see(conversation)
    assert first is not None
    path = f"/v1/offers/{offer}/decline"
    await desk.act(first, path, {"reason": "skills"})
    await desk.act(first, path, {"reason": "busy"})
    assert await desk.see(conversation) == ("queued", None)
    await desk.turn()
    other = {"Ada": "Bea", "Bea": "Ada"}[first]
    assert await desk.see(conversation) == ("offered", other)
    held = (await desk.history(conversation))["assignments"]
    assert (held[0]["end_reason"], held[0]["end_detail"]) == ("declined", "skills")
    assert held[1]["explanation"]["declined"]["count"] == 1
    [second] = await desk.offers(other)
    await desk.act(other, f"/v1/offers/{second['id']}/decline", {})
    await desk.turn()
    assert await desk.see(conversation) == ("queued", None)
    await desk.pass_time(300)
    await desk.arrive("Ada", "Bea")
    await desk.turn()
    assert (await desk.see(conversation))[0] == "offered"


async def test_what_all_have_declined_overflows(desk: Desk) -> None:
    await desk.another_queue("Night", mode="offer")
    night = str(desk.team.queues["Night"])
    await desk.set_queue("General", overflow=night)
    conversation, offer = await offered_to(desk, "Ada")
    waits = "SELECT queued_at, effective_at FROM queue_entry WHERE left_at IS NULL"
    before = await desk.team.sql(waits)
    await desk.hire("Bea", "Night")
    await desk.act("Ada", f"/v1/offers/{offer}/decline", {})
    await desk.turn()
    assert await desk.team.sql(waits) == before
    await desk.turn()
    assert await desk.see(conversation) == ("offered", "Bea")
    [moved] = (await desk.history(conversation))["transfers"]
    assert (moved["kind"], moved["to_queue"]) == ("overflowed", night)


async def test_an_offer_expires(desk: Desk) -> None:
    conversation, offer = await offered_to(desk, "Ada")
    await desk.pass_time(31)
    await desk.arrive("Ada")
    assert await desk.try_to("Ada", f"/v1/offers/{offer}/accept") == 409
    await desk.turn()
    assert await desk.see(conversation) == ("queued", None)
    [held] = (await desk.history(conversation))["assignments"]
    assert held["end_reason"] == "expired"
    assert await desk.try_to("Ada", f"/v1/offers/{offer}/accept") == 409


async def test_offers_of_whoever_has_gone_go_back(desk: Desk) -> None:
    await desk.hire("Ada")
    ada = desk.ids["Ada"]
    member = f"/v1/queues/{desk.team.queues['General']}/members/{ada}"

    async def away() -> None:
        body = {"status": "away"}
        await desk.team.ask("PUT", "/v1/presence", body, token=desk.tokens["Ada"])

    async def back() -> None:
        body = {"status": "online"}
        await desk.team.ask("PUT", "/v1/presence", body, token=desk.tokens["Ada"])

    async def drain(how: str) -> Any:
        return await desk.team.ask("POST", f"/v1/agents/{ada}/{how}")

    conversation = await desk.submit()
    for gone, returned in (
        (lambda: desk.leave("Ada"), lambda: desk.arrive("Ada")),
        (away, back),
        (lambda: drain("drain"), lambda: drain("undrain")),
        (
            lambda: desk.team.ask("DELETE", member),
            lambda: desk.team.ask("PUT", member, {}),
        ),
    ):
        await desk.turn()
        assert await desk.see(conversation) == ("offered", "Ada")
        await gone()
        await desk.turn()
        assert await desk.see(conversation) == ("queued", None)
        await returned()
    ended = [held["end_reason"] for held in (await desk.history(conversation))["assignments"]]
    assert ended == ["revoked"] * 4


async def test_work_of_whoever_has_gone_goes_back_with_its_age(desk: Desk) -> None:
    await desk.set_queue("General", reclaim_s=600)
    conversation, offer = await offered_to(desk, "Ada")
    await desk.act("Ada", f"/v1/offers/{offer}/accept")
    [before] = await desk.team.sql("SELECT queued_at FROM queue_entry")
    await desk.pass_time(500)
    await desk.turn()
    assert await desk.see(conversation) == ("assigned", "Ada")
    await desk.pass_time(300)
    await desk.turn()
    assert await desk.see(conversation) == ("queued", None)
    [after] = await desk.team.sql("SELECT queued_at FROM queue_entry WHERE left_at IS NULL")
    assert after == before
    [held] = (await desk.history(conversation))["assignments"]
    assert held["end_reason"] == "reclaimed"


async def test_wrapping_up_takes_capacity_until_it_is_over(desk: Desk) -> None:
    await desk.set_queue("General", wrap_up_s=60)
    await desk.hire("Ada", capacity=1)
    conversation = await desk.submit()
    await desk.turn()
    await desk.act("Ada", f"/v1/conversations/{conversation}/take")
    await desk.act("Ada", f"/v1/conversations/{conversation}/solve")
    second = await desk.submit()
    await desk.turn()
    assert (await desk.load("Ada"), await desk.see(second)) == (1, ("queued", None))
    await desk.check()
    await desk.pass_time(61)
    await desk.arrive("Ada")
    await desk.turn()
    assert await desk.see(second) == ("offered", "Ada")
    assert await desk.see(conversation) == ("solved", "Ada")


async def test_what_is_reopened_during_wrap_up_is_offered_again(desk: Desk) -> None:
    await desk.set_queue("General", wrap_up_s=60, sticky_s=60)
    await desk.hire("Ada")
    await desk.hire("Bea", proficiency=50)
    conversation = await desk.submit()
    await desk.turn()
    await desk.act("Bea", f"/v1/conversations/{conversation}/take")
    await desk.act("Bea", f"/v1/conversations/{conversation}/solve")
    await desk.team.submit("Again", email="1@customer.test")
    assert (await desk.see(conversation))[0] == "queued"
    await desk.turn()
    assert await desk.see(conversation) == ("offered", "Bea")
    assert await desk.load("Bea") == 2


async def test_direct_queues_give_without_asking(desk: Desk) -> None:
    await desk.set_queue("General", mode="direct")
    await desk.hire("Ada", capacity=1)
    first, second = await desk.submit(), await desk.submit()
    await desk.turn()
    assert await desk.see(first) == ("assigned", "Ada")
    assert await desk.see(second) == ("queued", None)
    assert await desk.offers("Ada") == []
    await desk.act("Ada", f"/v1/conversations/{first}/replies", {"text": "Hello"})
    waiting = await desk.team.sql("SELECT FROM queue_entry WHERE left_at IS NULL")
    assert len(waiting) == 1


async def test_pull_and_paused_queues_give_nothing(desk: Desk) -> None:
    await desk.hire("Ada")
    conversation = await desk.submit()
    general = f"/v1/queues/{desk.team.queues['General']}"
    await desk.team.ask("POST", f"{general}/pause")
    await desk.turn()
    assert await desk.see(conversation) == ("queued", None)
    await desk.team.ask("POST", f"{general}/unpause")
    await desk.set_queue("General", mode="pull")
    await desk.turn()
    assert await desk.see(conversation) == ("queued", None)
    await desk.act("Ada", f"{general}/take")
    assert await desk.see(conversation) == ("assigned", "Ada")


async def test_chats_weigh_more(desk: Desk) -> None:
    await desk.team.ask("PATCH", "/v1/workspace", {"capacity_weights": {"web_form": 3}})
    await desk.hire("Ada", capacity=5)
    first, second = await desk.submit(), await desk.submit()
    await desk.turn()
    assert (await desk.load("Ada"), await desk.see(second)) == (3, ("queued", None))
    await desk.team.ask("PATCH", "/v1/workspace", {"capacity_weights": {}})
    await desk.turn()
    assert (await desk.load("Ada"), await desk.see(second)) == (4, ("offered", "Ada"))
    await desk.act("Ada", f"/v1/conversations/{first}/take")
    await desk.act("Ada", f"/v1/conversations/{first}/solve")
    assert await desk.load("Ada") == 1


async def test_who_lacks_a_skill_is_passed_over(desk: Desk) -> None:
    await desk.hire("Ada", skills={"german": 5}, proficiency=9)
    conversation = await desk.submit()
    await desk.team.sql("UPDATE conversation SET required_skills = '{french}'")
    await desk.turn()
    assert await desk.see(conversation) == ("queued", None)
    await desk.hire("Bea", skills={"french": 1})
    await desk.turn()
    assert await desk.see(conversation) == ("offered", "Bea")
    [held] = (await desk.history(conversation))["assignments"]
    assert held["explanation"]["lacking_skills"]["first"] == [str(desk.ids["Ada"])]


async def test_a_preferred_skill_relaxes_behind_one_that_does_not(desk: Desk) -> None:
    """Of those that wait alike only as many are read as there is room for; these are not alike."""
    await desk.hire("Ada", capacity=1)
    insisting, relaxed = await desk.submit(), await desk.submit()
    prefers = "UPDATE conversation SET preferred_skills = $2 WHERE id = $1"
    for conversation, seconds in ((insisting, 3600), (relaxed, 0)):
        await desk.team.sql(prefers, UUID(conversation), f'{{"french": {seconds}}}')
    await desk.turn()
    assert await desk.see(relaxed) == ("offered", "Ada")


async def test_an_offer_says_since_when_somebody_waits(desk: Desk) -> None:
    await offered_to(desk, "Ada")
    [offer] = await desk.offers("Ada")
    waiting, offered, expires = (
        datetime.fromisoformat(offer[name])
        for name in ("waiting_since", "offered_at", "expires_at")
    )
    assert waiting <= offered < expires


async def test_erasing_gives_back_capacity(desk: Desk) -> None:
    await desk.set_queue("General", wrap_up_s=600)
    conversation, _ = await offered_to(desk, "Ada")
    await desk.act("Ada", f"/v1/conversations/{conversation}/take")
    await desk.act("Ada", f"/v1/conversations/{conversation}/solve")
    await desk.team.submit("Again", email="1@customer.test")
    await desk.turn()
    assert await desk.load("Ada") == 2
    item = await desk.team.get(f"/v1/conversations/{conversation}")
    await desk.team.ask("DELETE", f"/v1/contacts/{item['contact']['id']}")
    assert await desk.load("Ada") == 0


async def test_whom_a_rule_names_gets_it_before_others(desk: Desk) -> None:
    await desk.set_queue("General", mode="offer")
    await desk.hire("Ada", proficiency=50)
    await desk.hire("Bea")
    then, always = {"assignee": str(desk.ids["Bea"])}, {"all": list[object]()}
    rule = {"name": "Hers", "stage": "respond", "when": always, "then": then}
    await desk.team.ask("POST", "/v1/rules", rule)
    conversation = await desk.submit()
    await desk.turn()
    assert await desk.see(conversation) == ("offered", "Bea")
