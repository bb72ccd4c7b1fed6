"""Customers are asked once, by the way they wrote; what they say is kept, told and counted."""

import asyncio
import re
from typing import Any

from tests.house import House, bearer, make_mail
from tests.surveys.asking import PUBLIC, asked, asking, body, close_all, link, solved


async def events(house: House, type_: str) -> list[Any]:
    statement = "SELECT data FROM event WHERE type = :type ORDER BY pos"
    return [row[0] for row in await house.rows(statement, type=type_)]


async def test_a_solved_matter_is_asked_about_by_mail_and_the_answer_is_kept(dsn: str) -> None:
    async with asking(dsn) as (house, server):
        conversation = await solved(house)
        path = await link(server)
        html = body(server, 2, "html")
        assert f"{path}?score=5" in html
        assert server.mails[1]["Auto-Submitted"] == "auto-replied"
        page = await house.http.get(f"{path}?score=4")
        assert (page.status_code, 'value="4" required checked' in page.text) == (200, True)
        answer = await house.http.post(path, data={"score": "4", "comment": "Quick"})
        assert (answer.status_code, "Thank you" in answer.text) == (200, True)
        said = await asked(house, conversation)
        assert (said["score"], said["comment"], said["skipped"]) == (4, "Quick", None)
        [told] = await events(house, "survey.answered")
        assert told["survey"]["score"] == 4
        assert "Quick" not in str(told)
        item = await house.get(f"/v1/conversations/{conversation}")
        assert item["status"] == "solved"


async def test_looking_at_the_links_answers_nothing(dsn: str) -> None:
    """Scanners of mail follow all links there are."""
    async with asking(dsn) as (house, server):
        conversation = await solved(house)
        path = await link(server)
        for score in range(1, 6):
            await house.http.get(f"{path}?score={score}")
            await house.http.head(f"{path}?score={score}")
        assert (await asked(house, conversation))["answered_at"] is None
        for wrong in ({}, {"score": "9"}, {"score": "x"}):
            assert (await house.http.post(path, data=wrong)).status_code == 422
        forged = f"{path[:-2]}AA"
        assert (await house.http.post(forged, data={"score": "1"})).status_code == 404
        assert (await asked(house, conversation))["answered_at"] is None


async def test_agents_cannot_answer_in_the_customers_place(dsn: str) -> None:
    """They read the message, but with a stand-in for what makes its link valid."""
    async with asking(dsn) as (house, server):
        conversation = await solved(house)
        path = await link(server)
        thread = await house.http.get(
            f"/v1/conversations/{conversation}/messages", headers=bearer(house.team.agent)
        )
        assert path not in thread.text
        [shown] = set(re.findall(r"/surveys/[\w-]+", thread.text))
        assert len(shown) == len(path)
        await house.post(f"/v1/conversations/{conversation}/take")
        await house.post(f"/v1/conversations/{conversation}/replies", {"text": f"{PUBLIC}{shown}"})
        assert await link(server, 3) == shown
        assert (await house.http.post(shown, data={"score": "5"})).status_code == 404
        assert (await asked(house, conversation))["answered_at"] is None


async def test_a_visitor_of_the_chat_gets_a_link_that_works(dsn: str) -> None:
    async with asking(dsn) as (house, _), house.visitor() as visitor:
        await visitor.say("a", "Hello there")
        [item] = (await house.get("/v1/conversations"))["items"]
        path = f"/v1/conversations/{item['id']}"
        await house.post(f"{path}/take")
        await house.post(f"{path}/replies", {"text": "It is on its way."})
        await house.post(f"{path}/solve")
        text = ""
        while "help.test" not in text:
            text = (await visitor.receive("message"))["text"]
        [url] = re.findall(r"https://help.test(/surveys/[\w-]+)", text)
        answer = await house.http.post(url, data={"score": "5"})
        assert answer.status_code == 200


async def test_the_last_answer_counts(dsn: str) -> None:
    async with asking(dsn) as (house, server):
        conversation = await solved(house)
        path = await link(server)
        for score in ("1", "5", "5"):
            await house.http.post(path, data={"score": score})
        assert (await asked(house, conversation))["score"] == 5
        assert [each["survey"]["score"] for each in await events(house, "survey.answered")] == [
            1,
            5,
        ]
        survey = (await house.get("/v1/surveys"))[0]["id"]
        responses = (await house.get(f"/v1/surveys/{survey}/responses"))["items"]
        assert [each["score"] for each in responses] == [5]


async def test_nobody_is_asked_twice_in_a_row(dsn: str) -> None:
    async with asking(dsn) as (house, server):
        first = await solved(house)
        await link(server)
        await close_all(house)
        second = await solved(house, Subject="Another matter")
        assert (await asked(house, first))["skipped"] is None
        assert (await asked(house, second))["skipped"] == "too_soon"
        assert len(await events(house, "survey.sent")) == 1


async def test_who_was_not_answered_or_wants_nothing_is_not_asked(dsn: str) -> None:
    async with asking(dsn, cap_days=0) as (house, _server):
        await house.send_mail(make_mail())
        [item] = (await house.get("/v1/conversations"))["items"]
        await house.post(f"/v1/conversations/{item['id']}/take")
        await house.post(f"/v1/conversations/{item['id']}/solve")
        assert (await asked(house, item["id"]))["skipped"] == "no_answer"
        await close_all(house)
        await house.rows(
            "INSERT INTO opt_out (workspace_id, identity_id, channel_id)"
            " SELECT workspace_id, identity_id, channel_id FROM conversation RETURNING 1"
        )
        unwilling = await solved(house, Subject="Another matter")
        assert (await asked(house, unwilling))["skipped"] == "opted_out"


async def test_a_low_score_calls_supervisors_and_reopens(dsn: str) -> None:
    async with asking(dsn, low_score=2, reopens=True) as (house, server):
        conversation = await solved(house)
        path = await link(server)
        await house.http.post(path, data={"score": "2"})
        item = await house.get(f"/v1/conversations/{conversation}")
        assert (item["status"], item["solved_at"]) == ("queued", None)
        assert len(await events(house, "conversation.alerted")) == 1
        assert len(await events(house, "conversation.reopened")) == 1
        await house.http.post(path, data={"score": "5"})
        assert len(await events(house, "conversation.alerted")) == 1


async def test_a_review_is_asked_for_once_after_a_good_score(dsn: str) -> None:
    review = {"review_url": "https://reviews.test/us", "review_from": 5}
    async with asking(dsn, cap_days=0, **review) as (house, server):
        await solved(house)
        path = await link(server)
        assert "reviews.test" not in (await house.http.post(path, data={"score": "4"})).text
        assert "reviews.test" in (await house.http.post(path, data={"score": "5"})).text
        await close_all(house)
        await solved(house, Subject="Another matter")
        again = await link(server, 4)
        assert again != path
        assert "reviews.test" not in (await house.http.post(again, data={"score": "5"})).text


async def test_an_answer_is_counted(dsn: str) -> None:
    async with asking(dsn) as (house, server):
        await solved(house)
        path = await link(server)
        await house.http.post(path, data={"score": "4"})
        async with asyncio.timeout(20):
            while True:
                csat = (await house.get("/v1/figures", figure="csat"))["now"]
                if csat["cases"]:
                    break
                await asyncio.sleep(0.2)
        assert (csat["value"], csat["high"]) == (1, 1)
        assert 0.2 < csat["low"] < 0.21  # Wilson's, of one in one
        answered = (await house.get("/v1/figures", figure="survey_response"))["now"]
        assert (answered["value"], answered["cases"]) == (1, 1)


async def test_surveys_that_make_no_sense_are_refused(dsn: str) -> None:
    async with asking(dsn) as (house, _):
        for body in (
            {"name": "x", "kind": "csat", "low_score": 0},
            {"name": "x", "kind": "stars"},
            {"name": "x", "kind": "nps", "questions": {"xx": "?"}},
            {"name": "x", "kind": "nps", "review_url": "javascript:alert(1)"},
        ):
            headers = bearer(house.team.admin)
            answer = await house.http.post("/v1/surveys", json=body, headers=headers)
            assert answer.status_code == 422, body
