"""The files of the desk: what browsers may keep, what they may run, and where there are none."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.doors.desk import DeskPages


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Desk</title>")
    (tmp_path / "mail.css").write_text("p {}")
    (tmp_path / "assets" / "index-1.js").write_text("go()")
    return tmp_path


@pytest.fixture
async def http(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(DeskPages(built))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
        yield http


@pytest.mark.parametrize("path", ["/desk", "/desk/", "/desk/open", "/desk/open/01a2", "/desk/../x"])
async def test_every_address_within_is_the_page(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert (answer.status_code, answer.text) == (200, "<title>Desk</title>")
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


async def test_what_is_named_by_its_content_is_kept_for_good(http: httpx.AsyncClient) -> None:
    script = await http.get("/desk/assets/index-1.js")
    assert script.text == "go()"
    assert "immutable" in script.headers["cache-control"]
    assert (await http.get("/desk/mail.css")).headers["cache-control"] == "no-cache"
    assert (await http.get("/desk/assets/index-0.js")).status_code == 404
    known = {"If-None-Match": script.headers["etag"]}
    assert (await http.get("/desk/assets/index-1.js", headers=known)).status_code == 304
    assert (await http.post("/desk")).status_code == 405


async def test_where_it_is_not_built_it_says_so(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(DeskPages(tmp_path / "none"))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
        answer = await http.get("/desk")
    assert answer.status_code == 503
    assert "make desk" in answer.text


def test_nothing_else_is_its() -> None:
    assert DeskPages.answers("/desk/x")
    assert not DeskPages.answers("/desktop")
