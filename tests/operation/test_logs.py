"""Logs hold ids and states: never what customers wrote, where they are reached, or secrets."""

import io
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog
from tests.house import House, bearer, make_mail, serving
from tests.webhooks.desk import until_called
from tests.webhooks.receiver import receiving

from gateway.logs import configure
from gateway.settings import Settings

CANARY = "canary-in-the-mine"


@pytest.fixture(params=["console", "json"])
def logged(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything that would go to standard error, at the lowest level."""
    shape: Literal["console", "json"] = request.param
    root = logging.getLogger()
    before = root.handlers, root.level
    configure(Settings(_env_file=None, log_format=shape, log_level="debug"))
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream := io.StringIO())
    yield stream
    root.handlers, level = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_a_busy_day_leaves_no_trace_of_what_was_said(
    logged: io.StringIO, house: House
) -> None:
    words: Any = {"message": CANARY, "subject": CANARY, "name": CANARY}
    await house.post_form(**words, email=f"{CANARY}@example.com")
    await house.post_form(**words, email="none", token=CANARY)
    await house.post_sms(Body=CANARY, ProfileName=CANARY)
    await house.post_sms(Body=CANARY, From="")
    await house.post_sms(Body=CANARY, sign=False)
    await house.send_mail(make_mail(CANARY, Subject=CANARY, From=f"{CANARY}@example.com"))
    async with house.visitor() as visitor:
        await visitor.say("a", CANARY)
        await visitor.send(t="message", id=CANARY)
        await visitor.receive("err")
    await house.http.get("/v1/conversations", headers=bearer(CANARY))
    await house.http.get("/v1/conversations", params={"cursor": CANARY})
    assert await house.count("message") == 4
    structlog.get_logger("test").warning("the net", text=CANARY, auth_token=CANARY)
    written = logged.getvalue()
    assert "withheld" in written
    assert CANARY not in written
    for secret in (house.team.admin, house.team.agent, house.team.twilio["auth_token"]):
        assert secret not in written


async def test_a_failure_is_logged_without_its_values(
    logged: io.StringIO, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **_: Any) -> None:
        words = arguments  # a local variable that a talkative traceback would print
        raise RuntimeError(f"a defect with {len(words)} arguments")

    monkeypatch.setattr("gateway.ingest.batch._place", fail)
    response = await house.post_form(message=CANARY)
    assert response.status_code == 202
    assert CANARY not in logged.getvalue()
    assert "ingest.quarantined" in logged.getvalue()


async def test_webhooks_leave_neither_secrets_nor_answers_nor_where_they_lead(
    logged: io.StringIO, dsn: str
) -> None:
    """In a process that serves and works, as `sportello serve` alone does."""
    async with (
        receiving() as receiver,
        serving(dsn, worker=True, webhook_networks="127.0.0.1") as house,
    ):
        receiver.answers = [(200, {}, CANARY.encode()), (500, {}, CANARY.encode())]
        body = {"name": "CRM", "url": f"{receiver.url}&{CANARY}", "types": None}
        webhook = await house.post("/v1/webhooks", body, house.team.admin)
        path = f"/v1/webhooks/{webhook['id']}/test"
        assert (await house.post(path, token=house.team.admin))["answer"] == CANARY
        await house.post_form(message=CANARY)
        await until_called(receiver, 3)
    written = logged.getvalue()
    assert "webhook.called" in written
    assert CANARY not in written
    assert webhook["secret"] not in written


async def test_metrics_count_what_came_in(house: House) -> None:
    await house.post_form(submission_id="a")
    await house.post_form(submission_id="a")
    await house.post_sms(sign=False)
    text = (await house.http.get("/metrics")).text
    assert 'sportello_received_total{kind="web_form",outcome="stored"} 1.0' in text
    assert 'sportello_received_total{kind="web_form",outcome="duplicate"} 1.0' in text
    assert 'sportello_received_total{kind="sms",outcome="InvalidSignature"} 1.0' in text
    assert "sportello_ingest_waiting 0.0" in text


async def test_health(house: House) -> None:
    assert (await house.http.get("/health/live")).json() == {"status": "alive"}
    assert (await house.http.get("/health/ready")).json() == {"status": "ready"}
