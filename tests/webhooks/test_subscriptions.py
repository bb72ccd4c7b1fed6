"""Webhooks as admins make, change and delete them."""

import asyncio
from typing import Any

import pytest
from tests.webhooks.desk import Desk, until_states
from tests.webhooks.receiver import Receiver

from gateway.api import webhooks

URL = "https://crm.example.com/in"


async def test_a_webhook_is_shown_without_its_secret(desk: Desk) -> None:
    queue = str(desk.team.queues["General"])
    made = await desk.webhook(URL, types=["message.received"] * 2, queues=[queue], ordered=True)
    assert made.pop("secret").startswith("whsec_")
    assert made == {
        "id": made["id"],
        "name": "CRM",
        "url": URL,
        "types": ["message.received"],
        "queues": [queue],
        "include": [],
        "ordered": True,
        "enabled": True,
        "disabled_at": None,
        "disabled_because": None,
        "failures": 0,
        "failing_since": None,
        "waiting": 0,
        "behind": 0,
        "replaying": 0,
        "previous_secret_until": None,
        "created_at": made["created_at"],
    }
    assert await desk.team.get("/v1/webhooks") == [made]
    assert await desk.team.get(f"/v1/webhooks/{made['id']}") == made


async def test_secrets_are_encrypted_where_they_are_kept(desk: Desk) -> None:
    secret = (await desk.webhook(URL))["secret"]
    [row] = await desk.team.sql("SELECT secrets FROM webhook")
    assert secret.encode() not in row["secrets"]
    assert desk.team.gateway.box.open(row["secrets"]) == {"current": secret}


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"url": "ftp://crm.example.com/"}, "/url"),
    ({"url": "crm.example.com"}, "/url"),
    ({"url": "https:///in"}, "/url"),
    ({"url": "https://ada:secret@crm.example.com/"}, "/url"),
    ({"url": "https://10.0.0.1/"}, "/url"),
    ({"url": "https://crm.example.com:99999/"}, "/url"),
    ({"types": []}, "/types"),
    ({"types": ["conversation.eaten"]}, "/types/0"),
    ({"queues": ["00000000-0000-0000-0000-000000000007"]}, "/queues/0"),
    ({"include": ["messages"]}, "/include/0"),
    ({"name": " "}, "/name"),
]


async def test_mistakes_are_told_with_where_they_are(desk: Desk) -> None:
    path = f"/v1/webhooks/{(await desk.webhook(URL))['id']}"
    for fields, pointer in MISTAKES:
        body = {"name": "CRM", "url": URL, "types": None, **fields}
        for method, where, what in (("POST", "/v1/webhooks", body), ("PATCH", path, fields)):
            answer = await desk.team.call(method, where, what)
            assert answer.status_code == 422, (fields, answer.text)
            assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_only_what_is_given_changes(desk: Desk) -> None:
    queue = str(desk.team.queues["General"])
    made = await desk.webhook(URL, types=["message.received"], queues=[queue], include=["item"])
    path = f"/v1/webhooks/{made['id']}"
    del made["secret"]
    assert await desk.team.ask("PATCH", path, {}) == made
    changed = await desk.team.ask("PATCH", path, {"types": None, "url": f"{URL}/2"})
    assert changed == made | {"types": None, "url": f"{URL}/2"}
    changed = await desk.team.ask("PATCH", path, {"queues": None, "include": [], "ordered": True})
    assert (changed["queues"], changed["include"], changed["ordered"]) == (None, [], True)


async def test_the_previous_secret_signs_for_a_while(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    made = await desk.webhook(receiver.url, types=["conversation.opened"])
    path = f"/v1/webhooks/{made['id']}"
    rotated = await desk.team.ask("POST", f"{path}/rotate", {"overlap_hours": 1})
    assert rotated["secret"] != made["secret"]
    await desk.team.submit()
    async with desk.working(dsn):
        await until_states(desk, made, "delivered")
        receiver.calls[0].verified(made["secret"])
        receiver.calls[0].verified(rotated["secret"])
        await desk.team.sql("UPDATE webhook SET previous_until = now()")
        await desk.team.submit(email="later@customer.test")
        await until_states(desk, made, "delivered", "delivered")
    assert receiver.calls[1].headers["webhook-signature"].count("v1,") == 1
    receiver.calls[1].verified(rotated["secret"])


async def test_a_test_call_shows_the_answer(desk: Desk, receiver: Receiver) -> None:
    receiver.answers = [(418, {}, b"I am a teapot\0" + b"x" * 100_000)]
    made = await desk.webhook(receiver.url)
    path = f"/v1/webhooks/{made['id']}/test"
    shown = await desk.team.ask("POST", path)
    assert (shown["delivered"], shown["status"]) == (False, 418)
    assert shown["answer"].startswith("I am a teapot\ufffdx")
    assert len(shown["answer"]) == 1_000
    shown = await desk.team.ask("POST", path)
    assert (shown["delivered"], shown["status"], shown["answer"]) == (True, 204, "")
    told = receiver.calls[1].verified(made["secret"])
    assert (told["type"], told["data"]) == ("webhook.test", {"webhook": made["id"]})
    assert receiver.ids()[0] != receiver.ids()[1]


async def test_one_that_is_deleted_is_forgotten_with_its_deliveries(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    made = await desk.webhook(receiver.url, types=["conversation.opened"])
    await desk.team.submit()
    async with desk.working(dsn):
        await until_states(desk, made, "delivered")
    await desk.team.ask("DELETE", f"/v1/webhooks/{made['id']}")
    left = await desk.team.sql(
        "SELECT id FROM webhook UNION ALL SELECT id FROM webhook_delivery"
        " UNION ALL SELECT delivery_id FROM webhook_attempt"
    )
    assert left == []


async def test_there_is_an_end_to_how_many_there_may_be(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST", 3)
    body = {"name": "CRM", "url": URL, "types": None}
    answers = await asyncio.gather(
        *(desk.team.call("POST", "/v1/webhooks", body) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    await desk.webhook(URL, team=desk.other)


async def test_a_workspace_is_told_of_its_own_alone(
    desk: Desk, dsn: str, receiver: Receiver
) -> None:
    ours = await desk.webhook(receiver.url)
    theirs = await desk.webhook(receiver.url, team=desk.other, types=["conversation.opened"])
    await desk.other.submit()
    async with desk.working(dsn):
        await until_states(desk, theirs, "delivered")
    assert await desk.states(ours) == []
    [call] = receiver.calls
    call.verified(theirs["secret"])
