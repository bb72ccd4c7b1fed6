"""The public API, as a program of one's own would call it."""

from typing import Any

import httpx

from gateway.demo.failure import DemoFailed


class Api:
    """Calls as the owner of one token.

    Whatever is not a success raises DemoFailed with the problem's own words.
    """

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> Any:
        return await self._call("GET", path)

    async def post(self, path: str, body: Any = None) -> Any:
        return await self._call("POST", path, body)

    async def put(self, path: str, body: Any) -> Any:
        return await self._call("PUT", path, body)

    async def delete(self, path: str) -> None:
        await self._call("DELETE", path)

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._http.request(method, path, json=body, headers=self._headers)
        if answer.status_code == 401:
            raise DemoFailed(
                "the gateway does not know the demo's key: run the demo with the DATABASE_URL or "
                "SPORTELLO_DATA_FOLDER that the gateway was started with"
            )
        return accepted(answer).json() if answer.content else None


def accepted(answer: httpx.Response) -> httpx.Response:
    """The same answer, if it is a success."""
    if answer.is_success:
        return answer
    said = answer.headers.get("content-type", "").endswith("json") and answer.json().get("detail")
    request = answer.request
    raise DemoFailed(
        f"{request.method} {request.url.path} was answered {answer.status_code}: "
        f"{said or answer.reason_phrase}"
    )
