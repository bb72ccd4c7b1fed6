"""Which conversation a message continues, and what that does to it."""

import asyncio

from tests.house import House


async def test_a_sender_continues_its_open_conversation(house: House) -> None:
    await house.post_sms(Body="one")
    await house.post_sms(Body="two")
    await house.post_sms(Body="three", From="+393330000000")
    assert await texts(house) == [["one", "two"], ["three"]]


async def texts(house: House) -> list[list[str]]:
    rows = await house.rows("SELECT conversation_id, text FROM message ORDER BY seq")
    found: dict[str, list[str]] = {}
    for id_, words in rows:
        found.setdefault(id_, []).append(words)
    return sorted(found.values(), key=len, reverse=True)


async def test_the_order_of_arrival_is_kept(house: House) -> None:
    words = [str(n) for n in range(30)]
    for each in words:
        await house.post_sms(Body=each)
    assert await texts(house) == [words]


async def test_senders_at_the_same_time_get_one_conversation_each(house: House) -> None:
    senders = [f"+3933300000{n:02}" for n in range(10)]
    await asyncio.gather(
        *(house.post_sms(From=sender, Body=str(n)) for n in range(5) for sender in senders)
    )
    assert await house.count("contact") == 10
    assert await house.count("conversation") == 10
    counts = await house.rows("SELECT message_count, version FROM conversation")
    assert {tuple(row) for row in counts} == {(5, 6)}


async def test_a_form_of_another_day_is_another_matter(house: House) -> None:
    await house.post_form(message="one")
    await house.rows("UPDATE conversation SET last_message_at = now() - interval '2 h' RETURNING 1")
    await house.post_form(message="two")
    assert await house.count("conversation") == 2
    assert await house.count("contact") == 1


async def test_a_channel_may_set_how_long_a_matter_lasts(house: House) -> None:
    await house.rows(
        'UPDATE channel SET settings = settings || \'{"continue_hours": "48"}\' RETURNING 1'
    )
    await house.rows("UPDATE workspace SET configuration = configuration + 1 RETURNING 1")
    await house.gateway.configuration.refresh()
    await house.post_form(message="one")
    await house.rows("UPDATE conversation SET last_message_at = now() - interval '2 h' RETURNING 1")
    await house.post_form(message="two")
    assert await house.count("conversation") == 1


async def test_a_solved_conversation_is_reopened(house: House) -> None:
    await house.post_sms(Body="one")
    [item] = (await house.get("/v1/conversations"))["items"]
    await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post(f"/v1/conversations/{item['id']}/solve")
    await house.post_sms(Body="two")
    reopened = await house.get(f"/v1/conversations/{item['id']}")
    assert reopened["status"] == "queued"
    assert reopened["assignee"] is None
    assert reopened["solved_at"] is None
    types = [row[0] for row in await house.rows("SELECT type FROM event ORDER BY pos")]
    assert types[-2:] == ["conversation.reopened", "message.received"]
    [[open_entries]] = await house.rows("SELECT count(*) FROM queue_entry WHERE left_at IS NULL")
    assert open_entries == 1


async def test_a_solved_conversation_of_long_ago_stays_solved(house: House) -> None:
    await house.post_sms(Body="one")
    await house.rows(
        "UPDATE conversation SET status = 'solved', last_message_at = now() - interval '30 d' "
        "RETURNING 1"
    )
    await house.post_sms(Body="two")
    assert await house.count("conversation") == 2


async def test_a_follow_up_does_not_take_it_from_its_agent(house: House) -> None:
    await house.post_sms(Body="one")
    [item] = (await house.get("/v1/conversations"))["items"]
    await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post_sms(Body="two")
    same = await house.get(f"/v1/conversations/{item['id']}")
    assert (same["status"], same["assignee"]) == ("assigned", str(house.team.agent_id))
    applied = await house.rows("SELECT outcome->>'applied' FROM decision ORDER BY id")
    assert [row[0] for row in applied] == ["true", "false"]


async def test_two_workspaces_share_nobody(house: House) -> None:
    other = await house.another_team("other")
    await house.post_form()
    await house.post_form(team=other)
    assert await house.count("contact") == 2
    for team in (house.team, other):
        [item] = (await house.get("/v1/conversations", team.admin))["items"]
        path = f"/v1/conversations/{item['id']}"
        stranger = other if team is house.team else house.team
        for tail in ("", "/messages", "/decisions"):
            headers = {"Authorization": f"Bearer {stranger.admin}"}
            assert (await house.http.get(path + tail, headers=headers)).status_code == 404


URGENT = {
    "id": "urgent",
    "name": "Urgent words",
    "order": 1,
    "stage": "classify",
    "when": {"field": "text", "op": "contains_any", "value": ["urgent"]},
    "then": {"priority": "urgent"},
}


async def test_a_follow_up_may_raise_the_priority_and_the_place_in_the_queue(house: House) -> None:
    answer = await house.http.put(
        "/v1/rules",
        json=[URGENT],
        headers={"Authorization": f"Bearer {house.team.admin}"},
    )
    assert answer.status_code == 200, answer.text
    await house.post_sms(Body="first come", From="+393330000001")
    await house.post_sms(Body="second come", From="+393330000002")
    await house.post_sms(Body="it is urgent", From="+393330000002")
    await house.post_sms(Body="no hurry after all", From="+393330000002")
    path = f"/v1/queues/{house.team.first_level}/take"
    first = await house.get(f"/v1/conversations/{(await house.post(path))['conversation']}")
    assert first["identity"]["address"] == "+393330000002"
    assert first["priority"] == "urgent"
