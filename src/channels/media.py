"""Files that stay with a provider until somebody asks for them: fetched with care.

The URL comes from outside. It is asked for only where the provider keeps its files, with our
credentials only at the provider's own API, and never for more bytes than were agreed.
"""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from channels.contract import Attachment, RemoteFile
from channels.errors import Failure, FetchFailed
from channels.retrying import retry_after_s
from channels.text import one_line

_MAX_REDIRECTS = 3
_TIMEOUT_S = 30.0
_PLAIN = "application/octet-stream"

_FAILURES = {
    401: Failure.UNAUTHORISED,
    403: Failure.UNAUTHORISED,
    404: Failure.UNAVAILABLE,  # the file may be announced before it can be read
    408: Failure.UNREACHABLE,
    425: Failure.UNAVAILABLE,
    429: Failure.THROTTLED,
}


@dataclass(frozen=True, slots=True)
class Storehouse:
    """Where a provider keeps files: `api` and `api_hosts` get `headers`, the other `hosts` none.

    `api` is an origin; hosts that begin with a dot stand for all below them. Only https is spoken,
    save with an `api` that is http itself, as in a test.
    """

    api: str
    api_hosts: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def headers_for(self, url: httpx.URL) -> Mapping[str, str]:
        """Return what to send to a URL.

        Raises:
            FetchFailed: nothing, since the provider has no files there.
        """
        if _origin(url) == _origin(httpx.URL(self.api)):
            return self.headers
        if url.scheme == "https" and url.port is None and not url.userinfo:
            if _is_among(url.host, self.api_hosts):
                return self.headers
            if _is_among(url.host, self.hosts):
                return {}
        where = one_line(url.host, 100)
        raise FetchFailed(Failure.REJECTED, f"{where!r} is no place of the provider's files")


def _is_among(host: str, known: frozenset[str]) -> bool:
    return any(host == each or (each.startswith(".") and host.endswith(each)) for each in known)


async def fetch(
    file: RemoteFile, storehouse: Storehouse, http: httpx.AsyncClient, max_bytes: int
) -> Attachment:
    """Return a file, following the storehouse's own redirects.

    Raises:
        FetchFailed: with a code of the closed vocabulary, which says whether to try again.
    """
    try:
        return await _fetch(file, storehouse, http, max_bytes)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise FetchFailed(Failure.REJECTED, "the file's address is no URL") from error
    except httpx.HTTPError as error:
        raise FetchFailed(Failure.UNREACHABLE, type(error).__name__) from error


async def _fetch(
    file: RemoteFile, storehouse: Storehouse, http: httpx.AsyncClient, max_bytes: int
) -> Attachment:
    url = httpx.URL(file.url)
    for _ in range(_MAX_REDIRECTS + 1):
        headers = {"accept-encoding": "identity", **storehouse.headers_for(url)}
        request = http.build_request("GET", url, headers=headers, timeout=_TIMEOUT_S)
        response = await http.send(request, stream=True, follow_redirects=False)
        try:
            if not response.has_redirect_location:
                return await _read(file, response, max_bytes)
            url = url.join(response.headers["location"])
        finally:
            await response.aclose()
    raise FetchFailed(Failure.REJECTED, "it is redirected again and again")


async def _read(file: RemoteFile, response: httpx.Response, max_bytes: int) -> Attachment:
    _check(response, max_bytes)
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > max_bytes:
            raise _too_large(max_bytes)
    said = one_line(response.headers.get("content-type", "").partition(";")[0], 200).lower()
    content_type = said or file.content_type or _PLAIN
    return Attachment(_name(file, content_type), content_type, bytes(content))


def _check(response: httpx.Response, max_bytes: int) -> None:
    status = response.status_code
    if status != 200:
        fallback = Failure.UNAVAILABLE if status >= 500 else Failure.REJECTED
        raise FetchFailed(
            _FAILURES.get(status, fallback),
            f"HTTP {status}",
            retry_after=retry_after_s(response.headers.get("retry-after", "")),
        )
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed(Failure.REJECTED, "it is compressed, though we did not ask for it")
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:18]) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> FetchFailed:
    return FetchFailed(Failure.TOO_LARGE, f"it is larger than {max_bytes} bytes")


def _name(file: RemoteFile, content_type: str) -> str:
    return file.filename or f"file{mimetypes.guess_extension(content_type) or ''}"


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
