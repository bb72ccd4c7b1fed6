"""One call: to a checked address, over TLS, bounded, and silent about what it met."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from tests.certificates import make_certificate
from tests.webhooks.receiver import Receiver, receiving

from gateway.webhooks import calls
from gateway.webhooks.calls import Answer, Caller, Resolve, Unreachable
from gateway.webhooks.networks import Reach

HERE = "127.0.0.1"


@asynccontextmanager
async def calling(
    networks: str = HERE, timeout_s: float = 5.0, resolve: Resolve | None = None
) -> AsyncIterator[Caller]:
    caller = Caller(Reach.parse(networks), timeout_s, resolve)
    try:
        yield caller
    finally:
        await caller.close()


def always(*addresses: str) -> Resolve:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


async def why_not(caller: Caller, url: str) -> str:
    with pytest.raises(Unreachable) as caught:
        await caller.post(url, {}, b"{}")
    return str(caught.value)


@asynccontextmanager
async def listening(host: str = HERE, answer: bytes = b"") -> AsyncIterator[tuple[int, list[int]]]:
    """A port, and how many bytes each connection to it has sent."""
    heard: list[int] = []
    hearing: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hearing[asyncio.current_task()] = writer
        heard.append(0)
        writer.write(answer)
        with suppress(ConnectionError):
            while received := await reader.read(1000):
                heard[-1] += len(received)

    server = await asyncio.start_server(hear, host)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        for task, writer in hearing.items():
            writer.transport.abort()
            if task is not None:
                await task


HOSTS = [
    "localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127。0。0。1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1%25lo]",
    "0.0.0.0",  # noqa: S104
    "0",
    "[::]",
]


async def test_no_way_of_writing_this_machine_leads_there() -> None:
    """By the system's own resolver: nothing as much as connects, so no port can be told."""
    async with listening() as (port, heard), calling(networks="") as caller:
        told = {
            await why_not(caller, f"{scheme}://{host}:{where}/")
            for host in HOSTS
            for scheme in ("https", "http")
            for where in (port, 9)
        }
    assert heard == []
    assert len(told) == 1


async def test_a_name_with_a_single_address_inside_is_not_called() -> None:
    async with listening() as (port, heard):
        async with calling(networks="", resolve=always("8.8.8.8", HERE)) as caller:
            await why_not(caller, f"https://mixed.test:{port}/")
        async with calling(resolve=always(HERE, "10.0.0.1")) as caller:
            await why_not(caller, f"http://mixed.test:{port}/")
    assert heard == []


async def test_a_name_that_changes_its_address_is_called_where_it_was_checked() -> None:
    """The name does not exist: who asked for it again, or anybody else, would not get far."""
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return [HERE] if len(asked) == 1 else ["127.0.0.2"]

    async with receiving() as receiver, calling(resolve=rebinding) as caller:
        answer = await caller.post(f"http://rebinding.test:{receiver.port}/", {}, b"{}")
        assert answer.status == 204
    assert asked == ["rebinding.test"]
    [call] = receiver.calls
    assert call.headers["host"] == f"rebinding.test:{receiver.port}"


async def test_the_next_address_is_tried_where_one_does_not_answer(receiver: Receiver) -> None:
    async with calling("127.0.0.0/8", resolve=always("127.0.0.9", HERE)) as caller:
        answer = await caller.post(f"http://two.test:{receiver.port}/", {}, b"{}")
    assert answer.status == 204


async def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.answers = [(307, {"location": f"http://127.0.0.1:{receiver.port}/inside"}, b"")]
    async with calling() as caller:
        answer = await caller.post(f"{receiver.url}", {}, b"{}")
    assert (answer.status, answer.is_taken) == (307, False)
    assert [call.path for call in receiver.calls] == ["/in?from=desk"]


async def test_certificates_are_verified_by_the_name_that_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_certificate(tmp_path)
    options = {"ssl_certfile": made.certificate, "ssl_keyfile": made.key}
    async with receiving(**options) as receiver:
        async with calling() as caller:
            untrusted = await why_not(caller, f"https://localhost:{receiver.port}/")
        monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
        async with calling(resolve=always(HERE)) as caller:
            answer = await caller.post(f"https://localhost:{receiver.port}/", {}, b"{}")
            assert answer.status == 204
            other = await why_not(caller, f"https://other.test:{receiver.port}/")
    assert untrusted == other
    assert len(receiver.calls) == 1


async def test_a_connection_is_kept_for_the_next_call(receiver: Receiver) -> None:
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return [HERE]

    receiver.answers = [(200, {}, b"x" * 10_000)]
    async with calling(resolve=resolve) as caller:
        for _ in range(3):
            await caller.post(f"http://crm.test:{receiver.port}/", {}, b"{}")
    assert len(receiver.calls) == 3
    assert len(asked) == 1


async def test_whoever_hangs_is_given_up() -> None:
    async with listening() as (port, heard), calling(timeout_s=0.2) as caller:
        silent = await why_not(caller, f"http://127.0.0.1:{port}/")
        closed = await why_not(caller, "http://127.0.0.1:9/")
        unknown = await why_not(caller, "http://no-such-name.invalid/")
    assert len(heard) == 1
    assert silent == closed == unknown


async def ask(answer: bytes) -> Answer:
    async with listening(answer=answer) as (port, _), calling() as caller:
        return await caller.post(f"http://127.0.0.1:{port}/", {}, b"{}")


async def test_of_an_answer_without_end_the_beginning_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "READ_TIMEOUT_S", 3_600.0)
    answer = await ask(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 1_000_000)
    assert (answer.status, answer.text) == (200, "x" * 1_000)


async def test_a_slow_answer_counts_as_far_as_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "READ_TIMEOUT_S", 0.1)
    answer = await ask(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nbegun")
    assert (answer.status, answer.text, answer.is_taken) == (202, "begun", True)


async def test_what_is_no_http_is_no_answer() -> None:
    with pytest.raises(Unreachable):
        await ask(b"220 mail.test ESMTP\r\n\r\n")


async def test_the_receivers_wish_is_heard_however_it_writes_the_header() -> None:
    answer = await ask(b"HTTP/1.1 429 Slow\r\nRETRY-AFTER: 120\r\nContent-Length: 0\r\n\r\n")
    assert answer.retry_after == 120.0
