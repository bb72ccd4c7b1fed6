from typing import Any

from tests.api.team import NOTHING, Team
from tests.channels.email.keys import pem_of, rsa_key

SMS = {
    "kind": "sms",
    "name": "Text messages",
    "address": "+1 (500) 555-0007",
    "settings": {"account_sid": "AC1"},
    "secrets": {"auth_token": "hush"},
}


async def test_a_new_form_takes_messages_at_its_door_at_once(team: Team) -> None:
    made = await team.ask("POST", "/v1/channels", {"kind": "web_form", "name": "Shop"})
    assert made["door"] == f"/in/forms/{made['public_key']}"
    answer = await team.http.post(made["door"], json={"email": "a@b.example", "message": "Hello"})
    assert answer.status_code == 201
    assert made in await team.get("/v1/channels")
    assert made == await team.get(f"/v1/channels/{made['id']}")


async def test_secrets_are_kept_and_never_shown(team: Team) -> None:
    made = await team.call("POST", "/v1/channels", SMS)
    assert made.status_code == 201
    assert made.json()["secrets_set"] == ["auth_token"]
    assert made.json()["address"] == "+15005550007"
    assert "hush" not in made.text
    path = f"/v1/channels/{made.json()['id']}"
    changed = await team.ask("PATCH", path, {"secrets": {"auth_token": None}, "name": "SMS"})
    assert (changed["secrets_set"], changed["name"]) == ([], "SMS")


async def test_settings_are_merged(team: Team) -> None:
    path = f"/v1/channels/{(await team.ask('POST', '/v1/channels', SMS))['id']}"
    changes = {"continue_hours": "48", "account_sid": None}
    changed = await team.ask("PATCH", path, {"settings": changes})
    assert changed["settings"] == {"continue_hours": "48"}


async def test_an_archived_channel_takes_nothing_more(team: Team) -> None:
    form = team.channels["web_form"]
    assert (await team.call("DELETE", f"/v1/channels/{form.id}")).status_code == 204
    answer = await team.http.post(f"/in/forms/{form.public_key}", json={})
    assert answer.status_code == 404
    assert (await team.call("DELETE", f"/v1/channels/{form.id}")).status_code == 404
    assert str(form.id) not in [channel["id"] for channel in await team.get("/v1/channels")]


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"settings": {"acount_sid": "x"}}, "/settings/acount_sid", "messaging_service_sid"),
    ({"settings": {"reply_channel": "x"}}, "/settings/reply_channel", "account_sid"),
    ({"secrets": {"password": "x"}}, "/secrets/password", "auth_token"),
    ({"settings": {"continue_hours": "nan"}}, "/settings/continue_hours", "hours"),
    ({"settings": {"continue_hours": "-1"}}, "/settings/continue_hours", "hours"),
    ({"provider": "sinch"}, "/provider", "twilio"),
    ({"address": "call me, maybe!"}, "/address", "country code"),
    ({"kind": "email", "address": "nobody"}, "/address", "mail address"),
    ({"name": "a\0b"}, "/name", "NUL"),
    ({"name": "\ud800"}, "/name", ""),
    ({"settings": {"\ud800": "x"}}, "/settings", ""),
    ({"secrets": {"auth_token": "\ud800"}}, "/secrets/auth_token", ""),
    ({"colour": "red"}, "/colour", ""),
    ({"settings": {"max_per_second": "fast"}}, "/settings/max_per_second", "above 0"),
    ({"settings": {"max_per_minute": "0"}}, "/settings/max_per_minute", "above 0"),
]


async def test_mistakes_are_pointed_at(team: Team) -> None:
    for changes, pointer, told in MISTAKES:
        answer = await team.call("POST", "/v1/channels", SMS | changes)
        assert answer.status_code == 422, changes
        assert answer.headers["content-type"] == "application/problem+json"
        details = [
            error["detail"]
            for error in answer.json()["errors"]
            if error["pointer"].startswith(pointer)
        ]
        assert details, (changes, answer.text)
        assert told in details[0]


async def test_a_key_that_cannot_sign_is_refused_and_not_told(team: Team) -> None:
    path = f"/v1/channels/{team.channels['email'].id}"
    for secret in ("no key at all", pem_of(rsa_key())[:-300]):
        wrong = {"settings": {"dkim_selector": "a b"}, "secrets": {"dkim_private_key": secret}}
        refused = await team.call("PATCH", path, wrong)
        assert refused.status_code == 422
        pointers = [error["pointer"] for error in refused.json()["errors"]]
        assert pointers == ["/settings/dkim_selector", "/secrets/dkim_private_key"]
        assert secret not in refused.text
    key = {
        "settings": {"dkim_selector": "m"},
        "secrets": {"dkim_private_key": pem_of(rsa_key(4096))},
    }
    assert "dkim_private_key" in (await team.ask("PATCH", path, key))["secrets_set"]


async def test_a_mail_address_has_one_channel(team: Team, other: Team) -> None:
    taken = {"kind": "email", "name": "Mail", "address": "Support@North.test"}
    assert (await team.call("POST", "/v1/channels", taken)).status_code == 409
    assert (await other.call("POST", "/v1/channels", taken)).status_code == 409
    await team.ask("DELETE", f"/v1/channels/{team.channels['email'].id}")
    made = await team.ask("POST", "/v1/channels", taken)
    assert made["address"] == "support@north.test"
    assert made["smtp_door"] == "127.0.0.1:2525"


async def test_a_form_is_answered_by_a_mail_channel_of_its_workspace(
    team: Team, other: Team
) -> None:
    path = f"/v1/channels/{team.channels['web_form'].id}"
    for wrong in (other.channels["email"].id, team.channels["chat"].id, NOTHING):
        refused = await team.call("PATCH", path, {"settings": {"reply_channel": str(wrong)}})
        assert refused.status_code == 422
    mail = team.channels["email"].id
    await team.ask("PATCH", path, {"settings": {"reply_channel": str(mail)}})
    refused = await team.call("DELETE", f"/v1/channels/{mail}")
    assert refused.status_code == 409
    assert "Contact form" in refused.json()["detail"]
