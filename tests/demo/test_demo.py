import re
from collections.abc import Iterator

import pytest
from tests.served import Served, free_port, served

from gateway.demo.doors import Sending
from gateway.demo.tally import Tally

SUMMARY = re.compile(
    r"(\d+) deliveries through 4 doors, (\d+) messages sent more than once: "
    r"(\d+) messages stored, once each, in 4 conversations\. "
    r"The feed told (\d+) events with 0 gaps\."
)
EVENT = re.compile(r"^ +\d+  (?:conversation|message|delivery)\.", re.MULTILINE)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Served]:
    with served() as gateway:
        yield gateway


def test_the_demo_runs_as_often_as_one_likes(gateway: Served) -> None:
    first, second = (gateway.run("demo", "--url", gateway.url) for _ in range(2))

    for run in (first, second):
        assert run.returncode == 0, run.stdout + run.stderr
        summary = SUMMARY.search(run.stdout)
        assert summary, run.stdout
        deliveries, repeated, messages, events = map(int, summary.groups())
        assert deliveries == repeated + messages
        assert deliveries == run.stdout.count("  → ")
        assert repeated == run.stdout.count("(sent once more:") == 4
        assert events == len(EVENT.findall(run.stdout))
    assert "the demo has made three" in first.stdout
    assert "the demo has made three" not in second.stdout


def test_the_demo_shows_decisions_answers_and_the_feed(gateway: Served) -> None:
    told = gateway.run("demo", "--url", gateway.url).stdout

    for line in (
        'queue Billing (level 1) because rule "Money matters to Billing" matched: '
        'subject contains "invoice"',
        'priority urgent because rule "Outages to the second level" matched',
        "hears over the same socket: Good day!",
        "conversation.escalated",
        "delivery.changed",
    ):
        assert line in told
    assert re.search(r"^web_form +Luca Verdi +.* Specialists +2 ", told, re.MULTILINE)


def test_the_demo_leaves_no_key_behind(gateway: Served) -> None:
    gateway.run("demo", "--url", gateway.url)

    assert "Demo" not in gateway.run("keys", "list").stdout


def test_without_a_gateway_the_demo_says_how_to_start_one(gateway: Served) -> None:
    run = gateway.run("demo", "--url", f"http://127.0.0.1:{free_port()}")

    assert run.returncode == 1
    assert "sportello serve" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_unknown_workspace_is_named(gateway: Served) -> None:
    run = gateway.run("demo", "--url", gateway.url, "--workspace", "nowhere")

    assert run.returncode == 1
    assert "no workspace is called 'nowhere'" in run.stderr


def test_the_tally_notices_what_is_lost_or_there_twice() -> None:
    tally = Tally()
    for key, is_known in (("a", False), ("a", True), ("b", None)):
        tally.add(Sending("web_form", key, is_known))

    assert tally.is_true_to(["1", "2"])
    assert not tally.is_true_to(["1"])
    assert not tally.is_true_to(["1", "2", "3"])
    assert not tally.is_true_to(["1", "1"])


def test_the_tally_notices_a_door_that_contradicts() -> None:
    tally = Tally()
    tally.add(Sending("chat", "a", is_known=True))

    assert not tally.is_true_to(["1"])
