"""Articles: drafts that agents write, versions that supervisors publish, in several languages."""

import re
from typing import Any

from tests.api.team import Team
from tests.articles.writing import draft, published, translated

TITLE = "Where is my parcel?"


def states(article: Any) -> list[tuple[str, int, str]]:
    return [(each["language"], each["version"], each["state"]) for each in article["texts"]]


async def test_agents_write_and_supervisors_publish(team: Team) -> None:
    made = await draft(team, TITLE, "Press **Track**.")
    path = f"/v1/articles/{made['id']}"
    assert states(made) == [("en", 1, "draft")]
    assert made["texts"][0]["author_id"] == str(team.agent_id)
    wanted = {"language": "en", "version": 1}
    refused = await team.call("POST", f"{path}/publish", wanted, token=team.agent)
    assert refused.status_code == 403
    shown = await team.ask("POST", f"{path}/publish", wanted)
    assert states(shown) == [("en", 1, "published")]
    assert shown["texts"][0]["html"] == "<p>Press <strong>Track</strong>.</p>\n"


async def test_what_is_published_stays_until_the_next_draft_is(team: Team) -> None:
    made = await published(team, TITLE, "Old")
    path = f"/v1/articles/{made['id']}"
    body = {"language": "en", "title": TITLE, "body": "New"}
    for _ in range(2):
        saved = await team.ask("PUT", f"{path}/draft", body, token=team.agent)
    assert states(saved) == [("en", 1, "published"), ("en", 2, "draft")]
    stale = await team.call("POST", f"{path}/publish", {"language": "en", "version": 1})
    assert stale.status_code == 409
    await team.ask("POST", f"{path}/publish", {"language": "en", "version": 2})
    versions = await team.get(f"{path}/versions", token=team.agent)
    assert {(each["version"], each["state"], each["body"]) for each in versions} == {
        (1, "past", "Old"),
        (2, "published", "New"),
    }


async def test_what_is_withdrawn_or_archived_is_found_no_more(team: Team) -> None:
    made = await published(team, TITLE)
    path = f"/v1/articles/{made['id']}"
    query = "/v1/articles/search?q=parcel"
    assert [each["id"] for each in await team.get(query)] == [made["id"]]
    await team.ask("POST", f"{path}/withdraw", {"language": "en"})
    assert await team.get(query) == []
    again = await team.call("POST", f"{path}/withdraw", {"language": "en"})
    assert again.status_code == 422
    await translated(team, made, TITLE, "x", "en")
    assert await team.get(query) != []
    await team.ask("DELETE", path)
    assert await team.get(query) == await team.get("/v1/articles") == []
    assert (await team.call("GET", path)).status_code == 404


async def test_what_could_run_or_load_is_not_shown(team: Team) -> None:
    body = (
        "# Title\n\n<script>x()</script>\n\n<img src=x onerror=x()>\n\n[go](javascript:x()) "
        "![p](https://spy.test/p.png)\n\n| a |\n| - |\n| b |\n"
    )
    [text] = (await draft(team, TITLE, body))["texts"]
    assert "<h2>Title</h2>" in text["html"]
    assert "<td>b</td>" in text["html"]
    assert not re.search("<script|<img|onerror|href|src", text["html"])
