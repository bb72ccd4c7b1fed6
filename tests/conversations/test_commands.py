"""What agents do, over HTTP: taking, answering, escalating, solving."""

import asyncio
from typing import Any

from tests.house import House, bearer


async def one_conversation(house: House, **fields: Any) -> str:
    await house.post_form(**fields)
    [item] = (await house.get("/v1/conversations", status="queued"))["items"]
    return str(item["id"])


async def types(house: House) -> list[str]:
    return [row[0] for row in await house.rows("SELECT type FROM event ORDER BY pos")]


async def test_a_conversation_is_taken_once_by_one(house: House) -> None:
    id_ = await one_conversation(house)
    colleague = await house.colleague("Bob")
    answers = await asyncio.gather(
        *(
            house.http.post(f"/v1/conversations/{id_}/take", headers=bearer(token))
            for token in (house.team.agent, colleague) * 10
        )
    )
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(409)) == (10, 10)
    assert (await types(house)).count("conversation.assigned") == 1
    assert await house.count("assignment") == 1


async def test_take_next_serves_in_order_and_never_twice(house: House) -> None:
    for n in range(8):
        await house.post_form(email=f"{n}@example.com", message=str(n))
    path = f"/v1/queues/{house.team.first_level}/take"
    tokens = [await house.colleague(f"Agent {n}") for n in range(4)]
    taken = await asyncio.gather(*(house.post(path, token=tokens[n % 4]) for n in range(8)))
    ids = [each["conversation"] for each in taken]
    assert len(set(ids)) == 8
    assert await house.post(path) is None


async def test_take_next_serves_the_longest_waiting_first(house: House) -> None:
    for n in range(3):
        await house.post_form(email=f"{n}@example.com", message=str(n))
    oldest = [row[0] for row in await house.rows("SELECT id FROM conversation ORDER BY opened_at")]
    path = f"/v1/queues/{house.team.first_level}/take"
    assert [(await house.post(path))["conversation"] for _ in range(3)] == list(map(str, oldest))


async def test_a_reply_is_stored_once_per_key(house: House) -> None:
    id_ = await one_conversation(house)
    await house.post(f"/v1/conversations/{id_}/take")
    headers = {**bearer(house.team.agent), "Idempotency-Key": "once"}
    path = f"/v1/conversations/{id_}/replies"
    answers = await asyncio.gather(
        *(house.http.post(path, json={"text": "Soon."}, headers=headers) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["message"] for answer in answers}) == 1
    assert await house.count("delivery") == 1
    assert (await types(house)).count("message.replied") == 1


async def test_an_answer_says_where_its_event_is(house: House) -> None:
    id_ = await one_conversation(house)
    taken = await house.post(f"/v1/conversations/{id_}/take")
    [[event]] = await house.rows("SELECT type FROM event WHERE pos = :pos", pos=taken["pos"])
    assert event == "conversation.assigned"
    assert taken["ver"] == 3


async def test_only_the_holder_answers(house: House) -> None:
    id_ = await one_conversation(house)
    path = f"/v1/conversations/{id_}/replies"
    answer = await house.http.post(path, json={"text": "Soon."}, headers=bearer(house.team.agent))
    assert answer.status_code == 409
    assert "take" in answer.json()["detail"]
    by_key = await house.http.post(path, json={"text": "x"}, headers=bearer(house.team.admin))
    assert by_key.status_code == 403


async def test_a_form_is_answered_by_mail(house: House) -> None:
    id_ = await one_conversation(house, subject="Parcel")
    await house.post(f"/v1/conversations/{id_}/take")
    await house.post(f"/v1/conversations/{id_}/replies", {"text": "Soon."})
    messages = (await house.get(f"/v1/conversations/{id_}/messages"))["items"]
    [delivery] = messages[-1]["deliveries"]
    assert delivery["recipient"] == "ann@example.com"
    assert messages[-1]["subject"] == "Re: Parcel"
    assert messages[-1]["email"]["message_id"].endswith("@house.test")


async def test_escalation_moves_up_with_its_note_and_waiting_time(house: House) -> None:
    id_ = await one_conversation(house)
    [[queued_at]] = await house.rows("SELECT queued_at FROM queue_entry")
    await house.post(f"/v1/conversations/{id_}/take")
    await house.post(
        f"/v1/conversations/{id_}/escalate",
        {"queue": str(house.team.second_level), "note": "Refund failed twice."},
    )
    item = await house.get(f"/v1/conversations/{id_}")
    assert (item["status"], item["level"], item["assignee"]) == ("queued", 2, None)
    [[kept]] = await house.rows("SELECT queued_at FROM queue_entry WHERE left_at IS NULL")
    assert kept == queued_at
    messages = (await house.get(f"/v1/conversations/{id_}/messages"))["items"]
    assert (messages[-1]["direction"], messages[-1]["text"]) == ("note", "Refund failed twice.")
    assert (await types(house))[-2:] == ["message.noted", "conversation.escalated"]
    again = await house.http.post(
        f"/v1/conversations/{id_}/escalate",
        json={"queue": str(house.team.second_level), "note": "Again."},
        headers=bearer(house.team.agent),
    )
    assert again.status_code == 422


async def test_escalation_needs_a_second_level_queue(house: House) -> None:
    id_ = await one_conversation(house)
    answer = await house.http.post(
        f"/v1/conversations/{id_}/escalate",
        json={"queue": str(house.team.first_level), "note": "Up."},
        headers=bearer(house.team.agent),
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/queue"


async def test_release_gives_it_back_where_it_was(house: House) -> None:
    id_ = await one_conversation(house)
    [[before]] = await house.rows("SELECT effective_at FROM queue_entry")
    await house.post(f"/v1/conversations/{id_}/take")
    await house.post(f"/v1/conversations/{id_}/release")
    [[after]] = await house.rows("SELECT effective_at FROM queue_entry WHERE left_at IS NULL")
    assert after == before
    assert (await house.get(f"/v1/conversations/{id_}"))["status"] == "queued"


async def test_a_closed_conversation_takes_no_commands(house: House) -> None:
    id_ = await one_conversation(house)
    await house.rows("UPDATE conversation SET status = 'closed' RETURNING 1")
    for command in ("take", "solve", "release"):
        answer = await house.http.post(
            f"/v1/conversations/{id_}/{command}", headers=bearer(house.team.agent)
        )
        assert answer.status_code == 409


async def test_lists_are_narrowed_and_paged(house: House) -> None:
    for n in range(7):
        await house.post_form(email=f"{n}@example.com", message=str(n))
    taken = await house.post(f"/v1/queues/{house.team.first_level}/take")
    mine = await house.get("/v1/conversations", house.team.agent, assignee="me")
    assert [item["id"] for item in mine["items"]] == [taken["conversation"]]
    nobody = await house.get("/v1/conversations", assignee="nobody")
    assert len(nobody["items"]) == 6
    seen: list[str] = []
    page = await house.get("/v1/conversations", limit=3)
    seen += [item["id"] for item in page["items"]]
    while page["next"]:
        page = await house.get("/v1/conversations", limit=3, cursor=page["next"])
        seen += [item["id"] for item in page["items"]]
    assert len(seen) == len(set(seen)) == 7
