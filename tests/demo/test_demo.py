import re
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from rich.console import Console
from tests.served import Served, free_port, served

from gateway.demo.doors import Sending
from gateway.demo.failure import DemoFailed
from gateway.demo.story import play
from gateway.demo.tally import Tally
from gateway.settings import Settings

SUMMARY = re.compile(
    r"(\d+) deliveries through 4 doors, (\d+) messages sent more than once: "
    r"(\d+) messages stored, once each, in 4 conversations\. "
    r"The feed told (\d+) events with 0 gaps\."
)
EVENT = re.compile(r"^ +\d+  (?:conversation|message|delivery)\.", re.MULTILINE)


Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Served]:
    with served() as gateway:
        yield gateway


@pytest.fixture(scope="module")
def runs(gateway: Served) -> list[Run]:
    """Two runs, one after the other."""
    return [gateway.run("demo", "--url", gateway.url) for _ in range(2)]


def test_the_demo_counts_what_it_saw(runs: list[Run]) -> None:
    for run in runs:
        assert run.returncode == 0, run.stdout + run.stderr
        summary = SUMMARY.search(run.stdout)
        assert summary, run.stdout
        deliveries, repeated, messages, events = map(int, summary.groups())
        assert deliveries == repeated + messages == run.stdout.count("  → ")
        assert repeated == run.stdout.count("(sent once more:") == 4
        assert events == len(EVENT.findall(run.stdout))


def test_only_the_first_run_makes_rules(runs: list[Run]) -> None:
    assert ["the demo has made three" in run.stdout for run in runs] == [True, False]


def test_the_demo_shows_decisions_answers_and_the_feed(runs: list[Run]) -> None:
    for told in (run.stdout for run in runs):
        assert 'queue Billing (level 1) because rule "Money matters to Billing" matched' in told
        assert 'priority urgent because rule "Outages to the second level" matched' in told
        assert "hears over the same socket: Good day!" in told
        assert {"conversation.escalated", "delivery.changed"} <= set(told.split())
        assert re.search(r"^web_form +Luca Verdi +.* Specialists +2 ", told, re.MULTILINE)


def test_the_demo_leaves_one_agent_and_no_valid_key(gateway: Served, runs: list[Run]) -> None:
    keys, agents = (ask(gateway, path) for path in ("/v1/keys", "/v1/agents"))
    tokens = ask(gateway, f"/v1/agents/{agents[0]['id']}/tokens")

    assert [agent["name"] for agent in agents] == ["Demo agent"]
    demos = [key for key in keys + tokens if key["name"] == "Demo"]
    assert len(demos) == 2 * len(runs)
    assert all(key["revoked_at"] for key in demos)


def ask(gateway: Served, path: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {gateway.printed('sk_')}"}
    answer: list[dict[str, Any]] = httpx.get(gateway.url + path, headers=headers).json()
    return answer


async def test_without_a_gateway_the_demo_says_how_to_start_one() -> None:
    url = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(DemoFailed, match="sportello serve"):
        await play(Settings(_env_file=None), url, "default", Console(quiet=True))


def test_a_failed_demo_ends_with_one_sentence(gateway: Served) -> None:
    run = gateway.run("demo", "--url", gateway.url, "--workspace", "nowhere")

    assert run.returncode == 1
    assert run.stderr.startswith("error: no workspace is called 'nowhere'")
    assert len(run.stderr.splitlines()) == 1


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
