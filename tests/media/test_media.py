"""Pictures by text message: stored with the message, fetched afterwards."""

from functools import partial
from typing import Any

from tests.delivery.office import until
from tests.delivery.providers import Twilio, twilio
from tests.doors.test_status import texting
from tests.house import House, bearer, serving

from gateway.composition import Gateway

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 1_000
FAST = {"poll_interval_s": 0.05, "retry_base_s": 0.02}


async def picture(house: House, *urls: str) -> None:
    fields: dict[str, Any] = {f"MediaUrl{index}": url for index, url in enumerate(urls)}
    fields |= {f"MediaContentType{index}": "image/png" for index in range(len(urls))}
    answer = await house.post_sms(Body="Look", NumMedia=str(len(urls)), **fields)
    assert answer.status_code == 200


async def message(house: House) -> dict[str, Any]:
    [item] = (await house.get("/v1/conversations"))["items"]
    page = await house.get(f"/v1/conversations/{item['id']}/messages")
    return dict(page["items"][-1])


async def settled(house: House) -> dict[str, Any]:
    """The message, once none of its files is waited for."""
    found: dict[str, Any] = {}

    async def is_settled() -> bool:
        found.update(await message(house))
        return "waiting" not in {file["state"] for file in found["remote_files"]}

    await until(is_settled)
    return found


async def changes(house: House) -> int:
    rows = await house.rows("SELECT 1 FROM event WHERE type = 'message.changed'")
    return len(rows)


async def test_media_become_attachments(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True, **FAST) as house:
        await texting(house, provider)
        await picture(
            house, provider.keep("ME1", PICTURE), provider.keep("ME2", b"GIF89a", "image/gif")
        )
        shown = await settled(house)
        assert shown["remote_files"] == []
        types = [(file["content_type"], file["size"]) for file in shown["attachments"]]
        assert sorted(types) == [("image/gif", 6), ("image/png", len(PICTURE))]
        png = next(file for file in shown["attachments"] if file["content_type"] == "image/png")
        assert png["filename"] == "file.png"
        headers = bearer(house.team.admin)
        answer = await house.http.get(f"/v1/attachments/{png['id']}", headers=headers)
        assert answer.content == PICTURE
        assert await changes(house) == 2
        [[facts]] = await house.rows("SELECT facts->>'attachment_count' FROM decision")
        assert facts == "2"


async def test_trouble_that_passes_is_tried_again(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True, **FAST) as house:
        await texting(house, provider)
        provider.media_answers = [503, 404, 429]
        await picture(house, provider.keep("ME1", PICTURE))
        assert len((await settled(house))["attachments"]) == 1
        assert await changes(house) == 1


async def test_what_cannot_be_fetched_is_shown(dsn: str) -> None:
    async with (
        twilio() as provider,
        serving(dsn, worker=True, max_attempts=2, max_file_bytes=10_000, **FAST) as house,
    ):
        await texting(house, provider)
        elsewhere = "http://127.0.0.1:9/secret-path"
        await picture(
            house,
            elsewhere,
            provider.keep("ME2", b"x" * 20_000),
            f"http://127.0.0.1:{provider.port}/unknown",
        )
        shown = await settled(house)
        assert shown["attachments"] == []
        found = [(file["failure"], file["attempts"]) for file in shown["remote_files"]]
        assert found == [("rejected", 1), ("too_large", 1), ("unavailable", 2)]
        assert "secret-path" not in str(shown)
        assert await changes(house) == 3
        metrics = (await house.http.get("/metrics")).text
        assert 'sportello_files_total{outcome="failed"} 3.0' in metrics


async def test_a_hanging_provider_does_not_hold_the_webhook(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True, **FAST) as house:
        await texting(house, provider)
        provider.may_give_media.clear()
        await picture(house, provider.keep("ME1", PICTURE))
        [file] = (await message(house))["remote_files"]
        assert file["state"] == "waiting"
        provider.may_give_media.set()
        assert len((await settled(house))["attachments"]) == 1


async def test_two_workers_fetch_it_once(dsn: str) -> None:
    asked: list[str] = []

    class Counting(Twilio):
        def _file(self, scope: dict[str, Any]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
            asked.append(scope["path"])
            return super()._file(scope)

    async with twilio(Counting()) as provider, serving(dsn, worker=True, **FAST) as house:
        await texting(house, provider)
        urls = [provider.keep(f"ME{n}", PICTURE) for n in range(8)]
        own = house.gateway
        async with Gateway(own.settings, own.database, own.box).working():
            await picture(house, *urls)
            assert len((await settled(house))["attachments"]) == 8
        assert len([path for path in asked if not path.startswith("/store")]) == 8
        assert await house.count("blob") == 1


async def test_an_erased_contact_leaves_no_files(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True, **FAST) as house:
        await texting(house, provider)
        provider.may_give_media.clear()
        await picture(house, provider.keep("ME1", PICTURE))
        await until(partial(is_being_fetched, house))
        [contact] = (await house.get("/v1/contacts"))["items"]
        headers = bearer(house.team.admin)
        await house.http.delete(f"/v1/contacts/{contact['id']}", headers=headers)
        provider.may_give_media.set()

        async def is_fetched() -> bool:
            metrics = (await house.http.get("/metrics")).text
            return 'sportello_files_total{outcome="fetched"} 1.0' in metrics

        await until(is_fetched)
        assert await house.count("remote_file") == await house.count("attachment") == 0


async def is_being_fetched(house: House) -> bool:
    return bool(await house.rows("SELECT 1 FROM remote_file WHERE attempts > 0"))
