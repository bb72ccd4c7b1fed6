"""A customer says in the browser how they were served, and the agent reads it at the desk."""

from datetime import UTC, datetime
from typing import Literal

import pytest
from playwright.async_api import expect
from tests.browser.website import serious_issues
from tests.browser.workplace import Workplace

from gateway.surveys.inviting import Inviter

pytestmark = pytest.mark.browser

SURVEY = {"name": "Afterwards", "kind": "csat", "delay_s": 0}


async def invited(workplace: Workplace, language: str) -> str:
    """A path to a survey about a conversation that Ada has just solved."""
    house = workplace.house
    made = await workplace.ask("POST", "/v1/surveys", SURVEY)
    await house.rows("UPDATE survey SET enabled_at = now() RETURNING id")
    await house.post_form(subject="Parcel")
    [item] = (await house.get("/v1/conversations"))["items"]
    path = f"/v1/conversations/{item['id']}"
    await house.post(f"{path}/take")
    await house.post(f"{path}/replies", {"text": "Soon."})
    await house.post(f"{path}/solve")
    await house.rows("UPDATE conversation SET language = :language RETURNING id", language=language)
    gateway = house.gateway
    links = gateway.survey_links
    inviter = Inviter(gateway.database, gateway.configuration, gateway.wakeups, house.url)
    assert await inviter.invite_due(datetime.now(UTC)) == 1
    [[id_]] = await house.rows(
        "SELECT id FROM survey_invitation WHERE survey_id = :survey", survey=made["id"]
    )
    return links.path(house.team.workspace_id, id_)


@pytest.mark.parametrize(
    ("width", "scheme", "language"), [("narrow", "dark", "it"), ("wide", "light", "en")]
)
async def test_an_answer_reaches_the_desk(
    workplace: Workplace, width: str, scheme: Literal["light", "dark"], language: str
) -> None:
    path = await invited(workplace, language)
    website, url = workplace.website, workplace.house.url
    page = await website.visit(f"{url}{path}?score=2", width=width, scheme=scheme)
    await expect(page.get_by_role("radio", name="2")).to_be_checked()
    assert await serious_issues(page) == []
    await website.shoot(page, f"survey-{width}-{scheme}")
    await page.get_by_role("radio", name="4").check()
    await page.get_by_role("textbox").fill("Quick, thank you")
    await page.get_by_role("button").click()
    await expect(page.get_by_role("status")).to_be_visible()
    assert await serious_issues(page) == []
    [[conversation]] = await workplace.house.rows("SELECT id FROM conversation")
    desk = await workplace.log_in(f"/desk/solved/{conversation}")
    await expect(desk.get_by_text("Afterwards: 4 of 5")).to_be_visible()
    await expect(desk.get_by_text("Quick, thank you")).to_be_visible()
    assert await serious_issues(desk) == []
    await website.shoot(desk, f"survey-desk-{width}-{scheme}")
