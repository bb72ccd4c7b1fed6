"""The examples of docs/outgoing-webhooks.md, as they are printed."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.packaging.dockerfile import ROOT
from tests.programs import program
from tests.webhooks.receiver import Receiver

from gateway.webhooks.signatures import new_secret, signed_headers

PAGE = (ROOT / "docs" / "outgoing-webhooks.md").read_text()


def example(language: str, word: str) -> str:
    [block] = [
        block for block in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in block
    ]
    return str(block)


def test_the_verification_in_python() -> None:
    named: dict[str, Any] = {}
    exec(example("python", "def verify"), named)  # noqa: S102 - our own page
    verify: Callable[[str, dict[str, str], bytes], None] = named["verify"]
    secrets, body = [new_secret(), new_secret()], b'{"type":"webhook.test"}'
    now = int(datetime.now(UTC).timestamp())
    headers = signed_headers(secrets, "msg_1", now, body)
    for secret in secrets:
        verify(secret, headers, body)
    old = signed_headers(secrets, "msg_1", now - 400, body)
    for secret, told, content in (
        (new_secret(), headers, body),
        (secrets[0], headers, body + b" "),
        (secrets[0], old, body),
    ):
        with pytest.raises(ValueError, match=r"old|somebody"):
            verify(secret, told, content)


async def test_the_call_by_hand(receiver: Receiver) -> None:
    program("openssl", "openssl")
    program("curl", "curl")
    secret = new_secret()
    script = f"SECRET={secret} RECEIVER={receiver.url}\n" + example("bash", "openssl")
    run = await asyncio.create_subprocess_exec("bash", "-euo", "pipefail", "-c", script)
    assert await run.wait() == 0
    [call] = receiver.calls
    assert call.verified(secret) == {"type": "webhook.test"}
