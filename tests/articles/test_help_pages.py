"""The help pages: found, read in the visitor's language, voted on once, cached, never tracked."""

from typing import Any
from uuid import uuid4

import httpx
from tests.api.team import Team
from tests.articles.writing import draft, published, translated

from gateway.doors.help_pages import SEARCHES


def root(team: Team) -> str:
    return f"/help/{team.channels['chat'].public_key}"


async def visit(team: Team, path: str = "", **headers: str) -> httpx.Response:
    return await team.http.get(f"{root(team)}{path}", headers=headers)


async def opinion(team: Team, article: Any, helped: str, browser: str) -> httpx.Response:
    return await team.http.post(
        f"{root(team)}/{article['id']}", data={"helped": helped}, headers={"User-Agent": browser}
    )


async def test_what_is_published_is_listed_and_read(team: Team, other: Team) -> None:
    made = await published(team, "Where is <it>?", "Press **Track**.")
    hidden = await draft(team, "Not yet")
    theirs = await published(other, "Theirs")
    page = (await visit(team)).text
    assert "Where is &lt;it&gt;?" in page
    assert "Not yet" not in page
    assert "Theirs" not in page
    article = await visit(team, f"/{made['id']}")
    assert "<strong>Track</strong>" in article.text
    assert "set-cookie" not in article.headers
    for id_ in (hidden["id"], theirs["id"], uuid4(), "x"):
        assert (await visit(team, f"/{id_}")).status_code == 404
    assert (await team.http.get("/help/ch_none")).status_code == 404


async def test_in_the_visitors_language(team: Team) -> None:
    made = await published(team, "Where is it?")
    await translated(team, made, "Dov'è?", "Premi.", "it")
    path = f"/{made['id']}"
    assert "Premi." in (await visit(team, path, **{"Accept-Language": "it-CH,en;q=0.5"})).text
    assert "Premi." in (await visit(team, f"{path}?lang=it")).text
    german = (await visit(team, path, **{"Accept-Language": "de"})).text
    assert '<article lang="en">' in german


async def test_searched_and_missed(team: Team) -> None:
    await published(team, "Where is my parcel?")
    await published(team, "How do I pay?")
    found = (await visit(team, "?q=parcels")).text
    assert "Where is my parcel?" in found
    assert "How do I pay?" not in found
    missed = await visit(team, "?q=gift%20cards%00")
    assert "Nothing was found" in missed.text
    [gap] = await team.get("/v1/articles/gaps")
    assert gap["query"] == "gift cards"


async def test_a_visitor_votes_once_and_may_change_their_mind(team: Team) -> None:
    made = await published(team, "Where is it?")
    answer = await opinion(team, made, "yes", "A")
    assert answer.status_code == 303
    assert "Thank you" in (await team.http.get(answer.headers["location"])).text
    for helped, browser in (("yes", "A"), ("no", "A"), ("yes", "B")):
        await opinion(team, made, helped, browser)
    shown = await team.get(f"/v1/articles/{made['id']}")
    assert (shown["helped"], shown["not_helped"]) == (1, 1)


async def test_votes_of_one_visitor_cannot_be_told_to_be_of_one(team: Team) -> None:
    for title in ("One", "Two"):
        await opinion(team, await published(team, title), "yes", "A")
    voters = await team.sql("SELECT DISTINCT voter FROM article_vote")
    assert len(voters) == 2


async def test_pages_are_cached_until_they_change(team: Team) -> None:
    made = await published(team, "Where is it?")
    first = await visit(team)
    assert "max-age" in first.headers["cache-control"]
    known = {"If-None-Match": first.headers["etag"]}
    assert (await visit(team, **known)).status_code == 304
    await translated(team, made, "Where was it?", "x", "en")
    assert (await visit(team, **known)).status_code == 200


async def suggested(team: Team, asked: str) -> httpx.Response:
    form = {"q": asked, "lang": "en"}
    return await team.http.post(f"{root(team)}/suggest", data=form)


async def test_suggestions_keep_nothing_and_are_limited(team: Team) -> None:
    made = await published(team, "Where is my parcel?", "Press **Track**.")
    answer = await suggested(team, "I wait for my parcels")
    assert answer.headers["access-control-allow-origin"] == "*"
    [article] = answer.json()["articles"]
    assert (article["id"], article["excerpt"]) == (made["id"], "Press Track.")
    assert (await team.http.get(article["url"])).status_code == 200
    assert (await suggested(team, "cats")).json() == {"articles": []}
    assert await team.get("/v1/articles/gaps") == []
    for _ in range(SEARCHES.amount):
        last = await suggested(team, "cats")
    assert last.status_code == 429
    assert "retry-after" in last.headers
