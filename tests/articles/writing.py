"""Writes articles as people do."""

from typing import Any

from tests.api.team import Team


async def draft(team: Team, title: str, body: str = "x", language: str = "en") -> Any:
    written = {"language": language, "title": title, "body": body}
    return await team.ask("POST", "/v1/articles", written, token=team.agent)


async def published(team: Team, title: str, body: str = "x", language: str = "en") -> Any:
    made = await draft(team, title, body, language)
    return await translated(team, made, title, body, language)


async def translated(team: Team, made: Any, title: str, body: str, language: str) -> Any:
    """The article with this text published in a language, too."""
    path = f"/v1/articles/{made['id']}"
    written = {"language": language, "title": title, "body": body}
    saved = await team.ask("PUT", f"{path}/draft", written, token=team.agent)
    [version] = [
        each["version"]
        for each in saved["texts"]
        if (each["language"], each["state"]) == (language, "draft")
    ]
    return await team.ask("POST", f"{path}/publish", {"language": language, "version": version})
