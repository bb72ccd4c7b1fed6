"""Bounces, complaints and absence notices: tied to what they are about, and moving nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.house import House, bearer, make_mail

AUTHOR = "ann@example.com"


async def answered(house: House) -> tuple[str, str]:
    """A conversation that an agent has answered, with the answer's Message-ID; it was sent."""
    await house.send_mail(make_mail(Message_ID="<question@example.com>"))
    [item] = (await house.get("/v1/conversations"))["items"]
    await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post(f"/v1/conversations/{item['id']}/replies", {"text": "It is on its way."})
    answer = (await messages(house, item["id"]))[-1]["email"]["message_id"]
    await house.rows(
        "UPDATE delivery SET state = 'sent', attempts = 1, provider_id = :id RETURNING 1", id=answer
    )
    return item["id"], answer


async def messages(house: House, conversation: str) -> list[dict[str, Any]]:
    items = (await house.get(f"/v1/conversations/{conversation}/messages"))["items"]
    return list(items)


async def status(house: House, conversation: str) -> str:
    return str((await house.get(f"/v1/conversations/{conversation}"))["status"])


def bounce(about: str, *, action: str = "failed", code: str = "5.1.1") -> bytes:
    return "\r\n".join(
        (
            "From: Mail Delivery System <MAILER-DAEMON@relay.example.net>",
            "To: support@house.test",
            "Subject: Undelivered Mail Returned to Sender",
            f"Message-ID: <{action}@relay.example.net>",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "",
            "I could not deliver it.",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; relay.example.net",
            "",
            f"Final-Recipient: rfc822; {AUTHOR}",
            f"Action: {action}",
            f"Status: {code}",
            f"Diagnostic-Code: smtp; 550 {code} nobody here",
            "",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: <{about}>",
            f"To: {AUTHOR}",
            "",
            "--b--",
            "",
        )
    ).encode()


async def test_a_bounce_lies_in_its_conversation_and_fails_the_delivery(house: House) -> None:
    conversation, answer = await answered(house)
    await house.send_mail(bounce(answer))
    message = (await messages(house, conversation))[-1]
    assert (message["automatic"], message["automatic_kind"]) == (True, "bounce")
    assert message["bounce"] == {
        "recipients": [
            {
                "address": AUTHOR,
                "status": "5.1.1",
                "permanent": True,
                "detail": "550 5.1.1 nobody here",
            }
        ],
        "original_message_id": answer,
    }
    [delivery] = (await messages(house, conversation))[1]["deliveries"]
    assert (delivery["state"], delivery["failure"]) == ("failed", "bad_recipient")
    assert delivery["detail"] == "5.1.1 550 5.1.1 nobody here"
    [[told]] = await house.rows("SELECT data FROM event WHERE type = 'delivery.changed'")
    assert told["delivery"]["state"] == "failed"
    assert await house.count("conversation") == 1


async def test_a_repeated_bounce_changes_nothing(house: House) -> None:
    conversation, answer = await answered(house)
    for _ in range(2):
        await house.send_mail(bounce(answer))
    assert len(await messages(house, conversation)) == 3
    assert await house.rows("SELECT 1 FROM event WHERE type = 'delivery.changed'") == [(1,)]


async def test_a_delay_is_noted_and_the_delivery_stays_sent(house: House) -> None:
    conversation, answer = await answered(house)
    await house.send_mail(bounce(answer, action="delayed", code="4.4.1"))
    *_, message = await messages(house, conversation)
    assert not message["bounce"]["recipients"][0]["permanent"]
    [delivery] = (await messages(house, conversation))[1]["deliveries"]
    assert (delivery["state"], delivery["failure"]) == ("sent", "unavailable")
    await house.send_mail(bounce(answer))
    [delivery] = (await messages(house, conversation))[1]["deliveries"]
    assert (delivery["state"], delivery["failure"]) == ("failed", "bad_recipient")


async def test_a_bounce_of_nothing_that_we_sent_is_stored(house: House) -> None:
    await house.send_mail(bounce("somebody-else@example.net"))
    [item] = (await house.get("/v1/conversations"))["items"]
    [message] = await messages(house, item["id"])
    assert message["bounce"]["original_message_id"] == "somebody-else@example.net"


def absence(about: str) -> bytes:
    return make_mail(
        "I am away.", Subject="Automatic reply: Parcel", In_Reply_To=f"<{about}>"
    ).as_bytes()


QUIET: dict[str, Callable[[str], bytes]] = {"absence": absence, "bounce": bounce}


@pytest.mark.parametrize("kind", QUIET)
async def test_quiet_mail_does_not_reopen_what_was_solved(house: House, kind: str) -> None:
    conversation, answer = await answered(house)
    await house.post(f"/v1/conversations/{conversation}/solve")
    await house.rows(
        "UPDATE conversation SET last_message_at = now() - interval '90 days' RETURNING 1"
    )
    await house.send_mail(QUIET[kind](answer))
    assert await status(house, conversation) == "solved"
    assert len(await messages(house, conversation)) == 3
    assert await house.count("conversation") == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"List_Id": "<support.house.test>"}, {"Auto_Submitted": "auto-generated"}],
    ids=["person", "list", "ticket system"],
)
async def test_other_mail_reopens_it(house: House, headers: dict[str, str]) -> None:
    conversation, answer = await answered(house)
    await house.post(f"/v1/conversations/{conversation}/solve")
    await house.send_mail(make_mail("Still nothing!", In_Reply_To=f"<{answer}>", **headers))
    assert await status(house, conversation) == "queued"


async def test_quiet_mail_does_not_make_an_open_matter_more_urgent(house: House) -> None:
    conversation, answer = await answered(house)
    rule = {
        "name": "Away",
        "when": {"field": "automatic_kind", "op": "equals", "value": "auto_reply"},
        "then": {"priority": "urgent", "add_tags": ["away"]},
        "stage": "classify",
    }
    await house.post("/v1/rules", rule, token=house.team.admin)
    await house.send_mail(absence(answer))
    item = await house.get(f"/v1/conversations/{conversation}")
    assert (item["status"], item["priority"], item["tags"]) == ("assigned", "normal", ["away"])


async def test_an_answer_follows_what_a_person_wrote(house: House) -> None:
    conversation, answer = await answered(house)
    await house.send_mail(absence(answer))
    await house.post(f"/v1/conversations/{conversation}/replies", {"text": "And again."})
    assert (await messages(house, conversation))[-1]["email"]["in_reply_to"] == answer


async def test_verdicts_of_the_trusted_server_are_shown_and_usable_in_rules(house: House) -> None:
    [channel] = [each for each in await house.get("/v1/channels") if each["kind"] == "email"]
    changed = await house.http.patch(
        f"/v1/channels/{channel['id']}",
        json={"settings": {"trusted_authserv": "mx.house.test"}},
        headers=bearer(house.team.admin),
    )
    assert changed.status_code == 200
    header = {"Authentication_Results": "mx.house.test; spf=fail; dkim=none; dmarc=fail"}
    await house.send_mail(make_mail(**header))
    [item] = (await house.get("/v1/conversations"))["items"]
    [message] = await messages(house, item["id"])
    assert message["authentication"] == {"spf": "fail", "dkim": "none", "dmarc": "fail"}
    [decision] = await house.get(f"/v1/conversations/{item['id']}/decisions")
    assert decision["facts"]["dmarc"] == "fail"
