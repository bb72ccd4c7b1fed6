"""A second provider through the same doors: Vonage, from message to report."""

import socket
from typing import Any

import httpx
import orjson
from tests.channels.sms.vonage_payloads import failed, message, status, token
from tests.delivery.office import until
from tests.delivery.vonage import Vonage, vonage
from tests.house import House, bearer, serving


async def vonage_channel(house: House, provider: Vonage) -> dict[str, Any]:
    answer = await house.http.post(
        "/v1/channels",
        json={
            "kind": "sms",
            "provider": "vonage",
            "name": "Vonage",
            "address": "+447700900001",
            "settings": provider.settings,
            "secrets": provider.secrets,
        },
        headers=bearer(house.team.admin),
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def post(house: House, url: str, document: Any, **claims: str) -> httpx.Response:
    body = orjson.dumps(document)
    headers = {
        "Authorization": f"Bearer {token(body, **claims)}",
        "Content-Type": "application/json",
    }
    return await house.http.post(url, content=body, headers=headers)


async def shown(house: House) -> dict[str, Any]:
    [item] = (await house.get("/v1/conversations"))["items"]
    page = await house.get(f"/v1/conversations/{item['id']}/messages")
    return dict(page["items"][-1])


async def test_a_conversation(dsn: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    async with (
        vonage() as provider,
        serving(
            dsn,
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            worker=True,
            poll_interval_s=0.05,
        ) as house,
    ):

        async def submitted(taken: dict[str, str]) -> None:
            early = status(
                status="submitted",
                message_uuid=taken["message_uuid"],
                client_ref=taken["client_ref"],
            )
            assert (await post(house, taken["webhook_url"], early)).status_code == 204

        provider.before_answer = submitted
        provider.media["/v3/media/1"] = b"jpeg"
        channel = await vonage_channel(house, provider)
        assert channel["door"] == f"{house.url}/in/vonage/{channel['public_key']}"
        photo = {"url": f"{provider.url}/v3/media/1", "name": "photo.jpg"}
        document = message(channel="whatsapp", image=photo)
        for _ in range(2):
            answer = await post(house, channel["door"], document)
            assert (answer.status_code, answer.content) == (204, b"")

        async def has_file() -> bool:
            return bool((await shown(house))["attachments"])

        await until(has_file)
        [item] = (await house.get("/v1/conversations"))["items"]
        await house.post(f"/v1/conversations/{item['id']}/take")
        await house.post(f"/v1/conversations/{item['id']}/replies", {"text": "ok " * 500})

        async def is_sent() -> bool:
            return {each["state"] for each in (await shown(house))["deliveries"]} == {"sent"}

        await until(is_sent)
        assert {text["channel"] for text in provider.texts} == {"whatsapp"}
        first, second = (await shown(house))["deliveries"]
        refused = status(client_ref=first["id"], **failed("1240", "STOP"))
        refused["message_uuid"] = (await house.get(f"/v1/deliveries/{first['id']}"))["provider_id"]
        read = status(client_ref=second["id"], status="read")
        for report in (refused, read, read, refused):
            assert (await post(house, f"{channel['door']}/status", report)).status_code == 204
        states = [
            (each["state"], each["failure"], each["detail"])
            for each in (await shown(house))["deliveries"]
        ]
        assert states == [("failed", "bad_recipient", "1240 STOP"), ("delivered", None, None)]
        [contact] = (await house.get("/v1/contacts"))["items"]
        assert contact["identities"][0]["opted_out"] == [channel["id"]]


async def test_what_its_doors_refuse(house: House) -> None:
    channel = await vonage_channel(house, Vonage())
    path = f"/in/vonage/{channel['public_key']}"
    assert (await post(house, path, message(), secret="another")).status_code == 403
    assert (await post(house, f"{path}/status", status(), secret="another")).status_code == 403
    assert (await post(house, f"{path}/status", status(message_uuid=None))).status_code == 422
    twilio = f"/in/vonage/{house.team.keys['sms']}"
    assert (await post(house, twilio, message())).status_code == 404
    assert await house.count("message") == await house.count("quarantine") == 0
    assert (await post(house, path, message(channel="messenger"))).status_code == 204
    assert await house.count("quarantine") == 1


async def test_its_secrets_are_never_shown(house: House) -> None:
    provider = Vonage()
    channel = await vonage_channel(house, provider)
    assert channel["secrets_set"] == ["private_key", "signature_secret"]
    told = str(channel) + str(await house.get("/v1/channels"))
    assert not [secret for secret in provider.secrets.values() if secret[10:30] in told]
