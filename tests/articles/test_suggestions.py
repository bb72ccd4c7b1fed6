"""Agents get articles that fit a conversation, and make articles of answers."""

from typing import Any

from tests.api.team import Team
from tests.articles.writing import published


async def conversation_of(team: Team, text: str) -> Any:
    said = await team.submit(text)
    return await team.conversation_of(said["message"])


async def test_articles_that_fit_what_was_said_last(team: Team) -> None:
    made = await published(team, "Where is my parcel?", "Every delivery can be tracked.")
    await published(team, "How do I pay?", "By card.")
    asked = "Hello, I have waited for a parcel for days, is the delivery late?"
    conversation = await conversation_of(team, asked)
    path = f"/v1/conversations/{conversation['id']}/suggestions"
    found = await team.get(path, token=team.agent)
    assert [each["id"] for each in found] == [made["id"]]
    assert await team.get("/v1/articles/gaps") == []


async def test_an_answer_becomes_a_draft(team: Team) -> None:
    conversation = await conversation_of(team, "Where is it?")
    path = f"/v1/conversations/{conversation['id']}"
    await team.ask("POST", f"{path}/take", token=team.agent)
    await team.ask("POST", f"{path}/replies", {"text": "Press Track."}, token=team.agent)
    asked, answered = (await team.get(f"{path}/messages"))["items"]
    body = {"language": "en", "title": "Where is my parcel?"}
    where = f"/v1/messages/{answered['id']}/article"
    made = await team.ask("POST", where, body, token=team.agent)
    [text] = made["texts"]
    assert (text["state"], text["body"]) == ("draft", "Press Track.")
    customers = f"/v1/messages/{asked['id']}/article"
    refused = await team.call("POST", customers, body, token=team.agent)
    assert refused.status_code == 422


async def test_of_a_queue_of_others_nothing_is_told(team: Team) -> None:
    await published(team, "Where is my parcel?")
    conversation = await conversation_of(team, "Where is my parcel?")
    path = f"/v1/conversations/{conversation['id']}"
    await team.ask("POST", f"{path}/take")
    await team.ask("POST", f"{path}/replies", {"text": "Press Track."})
    answered = (await team.get(f"{path}/messages"))["items"][1]["id"]
    members = f"/v1/queues/{conversation['queue']}/members"
    await team.ask("PUT", f"{members}/{team.admin_id}", {})
    suggestions = await team.call("GET", f"{path}/suggestions", token=team.agent)
    body = {"language": "en", "title": "x"}
    article = await team.call("POST", f"/v1/messages/{answered}/article", body, token=team.agent)
    assert (suggestions.status_code, article.status_code) == (404, 404)
    assert len(await team.get(f"{path}/suggestions")) == 1
