"""Agents write first: once, to who wants it, and the answer joins what they began."""

import asyncio
from typing import Any
from uuid import UUID

from tests.api.hidden import hide
from tests.api.team import Team, mail_of


def letter(team: Team, **fields: Any) -> dict[str, Any]:
    return {
        "channel": str(team.channels["email"].id),
        "address": "Ann@Example.com",
        "subject": "Your parcel",
        "text": "We have found it.",
        **fields,
    }


async def begun(team: Team, **fields: Any) -> Any:
    return await team.ask("POST", "/v1/conversations", letter(team, **fields), token=team.agent)


async def refused(team: Team, **fields: Any) -> tuple[int, str]:
    body = {name: value for name, value in letter(team, **fields).items() if value is not None}
    answer = await team.call("POST", "/v1/conversations", body, token=team.agent)
    return answer.status_code, answer.text


async def test_the_agent_has_it_and_the_answer_joins_it(team: Team) -> None:
    done = await begun(team, name="Ann")
    path = f"/v1/conversations/{done['conversation']}"
    item = await team.get(path)
    assert (item["status"], item["assignee"]) == ("assigned", str(team.agent_id))
    assert (item["contact"]["name"], item["identity"]["address"]) == ("Ann", "ann@example.com")
    [message] = (await team.get(f"{path}/messages"))["items"]
    assert (message["id"], message["subject"]) == (done["message"], "Your parcel")
    assert [each["recipient"] for each in message["deliveries"]] == ["ann@example.com"]
    headers = {"In-Reply-To": f"<{message['email']['message_id']}>"}
    answer = await team.mail(mail_of("Great", sender="ann@example.com", headers=headers))
    joined = await team.conversation_of(answer["message"])
    assert (joined["id"], joined["message_count"]) == (done["conversation"], 2)
    assert joined["assignee"] == str(team.agent_id)


async def test_it_is_begun_once_however_often_it_is_asked(team: Team) -> None:
    async def ask() -> Any:
        headers = {"Idempotency-Key": "one"}
        return await team.ask(
            "POST", "/v1/conversations", letter(team), token=team.agent, headers=headers
        )

    done = await asyncio.gather(*(ask() for _ in range(5)))
    assert len({each["conversation"] for each in done}) == 1
    for table in ("conversation", "message", "delivery", "contact"):
        assert await team.sql(f"SELECT count(*) FROM {table}") == [(1,)], table  # noqa: S608


async def test_two_who_write_to_somebody_new_make_one_contact(team: Team) -> None:
    await asyncio.gather(*(begun(team) for _ in range(4)))
    assert await team.sql("SELECT count(*) FROM contact") == [(1,)]
    assert await team.sql("SELECT count(*) FROM conversation") == [(4,)]


async def test_a_contact_is_written_to_where_they_were_last(team: Team) -> None:
    message = await team.submit(email="carla@customer.test")
    contact = (await team.conversation_of(message["message"]))["contact"]["id"]
    done = await begun(team, address=None, contact=contact)
    item = await team.get(f"/v1/conversations/{done['conversation']}")
    assert item["identity"]["address"] == "carla@customer.test"
    sms = str(team.channels["sms"].id)
    status, text = await refused(team, address=None, contact=contact, channel=sms)
    assert (status, "no address that this channel reaches" in text) == (422, True)


async def test_text_messages_go_to_who_wants_them_and_one_thread_at_a_time(team: Team) -> None:
    sms, number = str(team.channels["sms"].id), "+39 333 1234567"
    done = await begun(team, channel=sms, address=number, subject=None)
    status, text = await refused(team, channel=sms, address=number)
    assert (status, done["conversation"] in text) == (409, True)
    path = f"/v1/conversations/{done['conversation']}/solve"
    await team.ask("POST", path, token=team.agent)
    await team.sql(
        "INSERT INTO opt_out (workspace_id, identity_id, channel_id)"
        " SELECT workspace_id, identity_id, channel_id FROM conversation WHERE id = $1",
        UUID(done["conversation"]),
    )
    status, text = await refused(team, channel=sms, address=number)
    assert (status, "opted out" in text) == (409, True)


async def test_what_cannot_be_begun_is_refused_and_leaves_nothing(team: Team) -> None:
    await hide(team, "Specialists")
    chat, hidden = str(team.channels["chat"].id), str(team.queues["Specialists"])
    for status, fields in (
        (422, {"channel": chat}),
        (422, {"address": "nobody"}),
        (422, {"contact": str(team.agent_id)}),
        (422, {"text": None}),
        (404, {"queue": hidden}),
        (404, {"address": None, "contact": str(team.agent_id)}),
    ):
        assert (await refused(team, **fields))[0] == status, fields
    as_key = await team.call("POST", "/v1/conversations", letter(team), token=team.key)
    assert as_key.status_code == 403
    for table in ("conversation", "contact", "identity", "receipt"):
        assert await team.sql(f"SELECT count(*) FROM {table}") == [(0,)], table  # noqa: S608
