from typing import Any
from urllib.parse import unquote

from tests.api.team import NOTHING, Team, mail_of


async def replies(team: Team, number: int) -> list[str]:
    """Answer a mail so often; returns the ids of the deliveries."""
    mail = await team.mail(mail_of())
    conversation = await team.conversation_of(mail["message"])
    path = f"/v1/conversations/{conversation['id']}"
    await team.ask("POST", f"{path}/take")
    for _ in range(number):
        await team.ask("POST", f"{path}/replies", {"text": "Good day"})
    messages: list[Any] = (await team.get(f"{path}/messages"))["items"]
    return [message["deliveries"][0]["id"] for message in messages[1:]]


async def test_failed_deliveries_are_found(team: Team) -> None:
    deliveries = await replies(team, 4)
    await team.sql(
        "UPDATE delivery SET state = 'failed', failure = 'bad_recipient' WHERE id <> $1::uuid",
        deliveries[0],
    )
    first = await team.get("/v1/deliveries?state=failed&limit=2", token=team.agent)
    rest = await team.get(f"/v1/deliveries?state=failed&limit=2&cursor={first['next']}")
    assert [each["id"] for each in first["items"] + rest["items"]] == deliveries[:0:-1]
    assert rest["next"] is None
    assert first["items"][0]["failure"] == "bad_recipient"
    [queued] = (await team.get("/v1/deliveries?state=queued"))["items"]
    assert queued["id"] == deliveries[0]
    for wrong in ("xxx", "WzEsMl0", "WyIyMDAwLTAxLTAxIiwieCJd"):
        assert (await team.call("GET", f"/v1/deliveries?cursor={wrong}")).status_code == 422


async def test_every_try_is_shown(team: Team) -> None:
    [delivery] = await replies(team, 1)
    await team.sql(
        """INSERT INTO attempt (workspace_id, delivery_id, number, started_at, outcome, failure)
           VALUES ($1, $2::uuid, 2, now(), NULL, NULL),
                  ($1, $2::uuid, 1, now(), 'temporary', 'throttled')""",
        team.workspace_id,
        delivery,
    )
    shown = await team.get(f"/v1/deliveries/{delivery}", token=team.agent)
    assert [(each["number"], each["failure"]) for each in shown["tries"]] == [
        (1, "throttled"),
        (2, None),
    ]
    assert (await team.call("GET", f"/v1/deliveries/{NOTHING}")).status_code == 404


async def test_a_failed_delivery_is_sent_again_when_asked(team: Team) -> None:
    failed, queued = await replies(team, 2)
    await team.sql(
        """UPDATE delivery SET state = 'failed', attempts = 8, failure = 'rejected', detail = 'no',
           provider_id = 'x' WHERE id = $1::uuid""",
        failed,
    )
    again = await team.ask("POST", f"/v1/deliveries/{failed}/retry", token=team.agent)
    assert (again["id"], again["state"], again["failure"]) == (failed, "queued", None)
    for delivery in (failed, queued):
        refused = await team.call("POST", f"/v1/deliveries/{delivery}/retry")
        assert refused.status_code == 409
        assert "queued" in refused.json()["detail"]
    assert (await team.call("POST", f"/v1/deliveries/{NOTHING}/retry")).status_code == 404


async def test_dead_letters_are_chosen_and_sent_again_together(team: Team, other: Team) -> None:
    first, second, third = await replies(team, 3)
    for who in (team, other):
        await who.sql("UPDATE delivery SET state = 'failed', failure = 'rejected'")
    await team.sql("UPDATE delivery SET failure = 'unauthorised' WHERE id = $1::uuid", first)
    listed = await team.get("/v1/deliveries?state=failed&failure=unauthorised")
    assert [each["id"] for each in listed["items"]] == [first]
    chat = team.channels["chat"].id
    assert (await team.get(f"/v1/deliveries?channel={chat}"))["items"] == []

    path = "/v1/deliveries/retry"
    assert (await team.call("POST", path, {}, token=team.agent)).status_code == 403
    for wrong in ({"failure": "bad luck"}, {"created_since": "2026-01-01T00:00:00"}, {"all": 1}):
        assert (await team.call("POST", path, wrong)).status_code == 422
    assert await team.ask("POST", path, {"channel": str(chat)}) == {"retried": 0, "more": False}
    future = {"created_since": "2099-01-01T00:00:00Z"}
    assert (await team.ask("POST", path, future))["retried"] == 0
    assert (await team.ask("POST", path, {"failure": "unauthorised"}))["retried"] == 1
    assert await team.ask("POST", path, {}) == {"retried": 2, "more": False}
    states = {each["id"]: each["state"] for each in (await team.get("/v1/deliveries"))["items"]}
    assert states == {first: "queued", second: "queued", third: "queued"}


async def test_attachments_come_as_harmless_downloads(team: Team) -> None:
    content = b"%PDF-1.7 <script>alert(1)</script>"
    mail = await team.mail(mail_of(attachment=content))
    conversation = await team.conversation_of(mail["message"])
    messages = await team.get(f"/v1/conversations/{conversation['id']}/messages")
    [attachment] = messages["items"][0]["attachments"]
    answer = await team.call("GET", f"/v1/attachments/{attachment['id']}", token=team.agent)
    assert answer.content == content
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')
    assert unquote(disposition.partition("UTF-8''")[2]) == attachment["filename"]
    assert (await team.call("GET", f"/v1/attachments/{NOTHING}")).status_code == 404


async def test_a_strangers_filename_and_type_do_no_harm(team: Team) -> None:
    mail = await team.mail(mail_of(attachment=b"x"))
    conversation = await team.conversation_of(mail["message"])
    messages = await team.get(f"/v1/conversations/{conversation['id']}/messages")
    path = f"/v1/attachments/{messages['items'][0]['attachments'][0]['id']}"
    hostile = 'a"\r\nSet-Cookie: x=1;é😀/../b.html'
    await team.sql("UPDATE attachment SET filename = $1, content_type = $2", hostile, "a/b\r\nX: y")
    answer = await team.call("GET", path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "set-cookie" not in answer.headers
    assert "x" not in answer.headers
    assert unquote(answer.headers["content-disposition"].partition("UTF-8''")[2]) == hostile
