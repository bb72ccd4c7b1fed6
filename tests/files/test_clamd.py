import asyncio
from pathlib import Path

import pytest
from tests.files.scanner import EICAR, clamd

from gateway.files.clamd import CHUNK, Clamd, ScannerAway, Verdict


@pytest.mark.parametrize("content", [b"", b"x", b"y" * (CHUNK + 1), EICAR])
async def test_the_whole_file_is_scanned(content: bytes) -> None:
    async with clamd() as scanner:
        verdict = await Clamd(scanner.address).scan(content)
        assert scanner.scanned == [content]
    expected = Verdict("infected", "Eicar-Signature") if content == EICAR else Verdict("clean")
    assert verdict == expected


async def test_a_scanner_may_listen_on_a_socket(tmp_path: Path) -> None:
    async with clamd(tmp_path / "clamd.sock") as scanner:
        assert await Clamd(scanner.address).scan(EICAR) == Verdict("infected", "Eicar-Signature")


async def test_a_file_that_is_too_large_for_the_scanner_has_failed() -> None:
    async with clamd() as scanner:
        verdict = await Clamd(scanner.address).scan(b"x" * 5_000_000)
    assert verdict.state == "failed"
    assert "StreamMaxLength" in str(verdict.detail)


async def test_what_the_scanner_stumbles_over_is_told() -> None:
    async with clamd() as scanner:
        scanner.answers = [b"stream: Can't allocate memory ERROR\0"]
        verdict = await Clamd(scanner.address).scan(b"x")
    assert verdict == Verdict("error", "Can't allocate memory ERROR")


async def test_a_scanner_that_does_not_answer_is_away() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ScannerAway):
            await Clamd(f"tcp://127.0.0.1:{port}").scan(b"x")
    with pytest.raises(ScannerAway):
        await Clamd("tcp://127.0.0.1:1").scan(b"x")
    with pytest.raises(ScannerAway):
        await Clamd("unix:///nowhere/clamd.sock").scan(b"x")
