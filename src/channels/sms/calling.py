"""How providers of text messages are called: one post, and what may keep it from an answer."""

from typing import Any

import httpx

from channels.contract import OutboundMessage
from channels.errors import Failure, SendFailed
from channels.text import one_line


def refuse_files(message: OutboundMessage) -> None:
    """Raises SendFailed where the message has files: they are refused, not dropped."""
    if message.attachments:
        raise SendFailed(Failure.REJECTED, "text messages carry no attachments yet")


async def post(http: httpx.AsyncClient, url: str, **request: Any) -> httpx.Response:
    """Post below the channel's `base_url` and return whatever is answered.

    Raises:
        SendFailed: `misconfigured`, it is no URL; `unreachable`, nothing was answered.
    """
    try:
        return await http.post(url, **request)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise SendFailed(Failure.MISCONFIGURED, "base_url is no URL") from error
    except httpx.HTTPError as error:
        detail = one_line(f"{type(error).__name__}: {error}", 200)
        raise SendFailed(Failure.UNREACHABLE, detail) from error
