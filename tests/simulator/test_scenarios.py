"""`sportello simulate` with scenarios: files in, figures out; no database is needed."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from gateway.cli import app

DOCS = Path(__file__).parents[2] / "docs"
MONDAY = DOCS / "scenarios" / "monday.yaml"
SMALL: dict[str, Any] = {
    "name": "Small",
    "day": "2030-01-07",
    "zone": "Europe/Rome",
    "queues": [{"name": "Front", "mode": "direct"}, {"name": "Back", "mode": "direct"}],
    "streams": [
        {
            "name": "mails",
            "message": {"kind": "email", "text": "Hello"},
            "per_hour": {"10:00": 6, "16:00": 0},
            "handling": "10m",
        }
    ],
    "agents": [
        {"name": "Ada", "queues": {"Front": 1}, "shifts": ["09:00-17:00"]},
        {"name": "Bob", "queues": {"back": 1}, "shifts": ["09:00-17:00"]},
    ],
}


def sportello(*words: str | Path) -> tuple[int, str, str]:
    """Exit status, output and errors of `sportello simulate ...`, in 100 columns."""
    found = CliRunner().invoke(app, ["simulate", *map(str, words)], env={"COLUMNS": "100"})
    return found.exit_code, found.stdout, found.stderr


def figures(*words: str | Path) -> list[dict[str, Any]]:
    status, told, errors = sportello(*words, "--json")
    assert (status, errors) == (0, "")
    played: list[dict[str, Any]] = json.loads(told)
    return played


def written(folder: Path, name: str = "small.yaml", **other: Any) -> Path:
    path = folder / name
    with path.open("w") as file:
        YAML(typ="safe").dump(SMALL | other, file)
    return path


def test_the_guide_shows_what_its_scenarios_give() -> None:
    guide = (DOCS / "simulator.md").read_text()
    for files in (["monday.yaml"], ["monday.yaml", "one-more.yaml"]):
        status, told, _ = sportello(*(DOCS / "scenarios" / name for name in files))
        assert status == 0
        assert "\n".join(line.rstrip() for line in told.splitlines()) in guide


def test_a_day_is_counted_in_full(tmp_path: Path) -> None:
    """Six an hour from ten to four, by the clock of the zone; nothing at night."""
    [day] = figures(written(tmp_path))
    whole = day["whole"]
    assert 15 < whole["arrived"] < 60
    assert whole["arrived"] == whole["answered"] + whole["gave_up"] + whole["still_waiting"]
    assert day["by_queue"].keys() == {"Front"}
    assert set(day["by_hour"]) <= {f"{hour}:00" for hour in range(10, 16)}
    ada, bob = day["agents"]
    assert (ada["answered"], bob["answered"]) == (whole["answered"], 0)
    assert ada["hours"] >= bob["hours"] == 8


def test_rules_of_a_file_send_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "rules:\n  - id: all\n    name: All to the back\n    stage: route\n"
        "    when: {field: kind, op: equals, value: email}\n    then: {queue: back}\n"
    )
    [day] = figures(written(tmp_path, rules="rules.yaml"))
    assert day["by_queue"].keys() == {"Back"}


def test_the_same_scenario_comes_out_the_same_and_staff_changes_nobody_who_comes() -> None:
    first, again, other = figures(MONDAY, MONDAY, MONDAY.with_name("one-more.yaml"))
    assert first == again
    assert {name: each["arrived"] for name, each in first["by_hour"].items()} == {
        name: each["arrived"] for name, each in other["by_hour"].items()
    }
    assert first["whole"] != other["whole"]


def test_a_scenario_like_another_says_only_what_differs(tmp_path: Path) -> None:
    written(tmp_path)
    like = tmp_path / "like.yaml"
    like.write_text(
        "name: Like it\nlike: small.yaml\nagents:\n"
        "  - {name: Ada, queues: {Back: 1}, shifts: [09:00-17:00]}\n"
        "  - {name: Cy, queues: {Front: 1}, shifts: [09:00-12:00]}\n"
    )
    [day] = figures(like)
    assert [(agent["name"], agent["answered"] > 0) for agent in day["agents"]] == [
        ("Ada", False),
        ("Bob", False),
        ("Cy", True),
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"agents": [{"name": "A", "queues": {"Top": 1}, "shifts": []}]}, "called 'Top'"),
        ({"agents": [{"name": "A", "queues": {}, "shifts": ["9-17"]}]}, "agents.0.shifts.0: must"),
        ({"queues": [{"name": "A"}, {"name": "a"}]}, "two have the same name"),
        ({"queues": [{"name": "Front", "overflow": "Top"}, {"name": "Back"}]}, "called 'Top'"),
        ({"streams": []}, "streams: needed"),
        ({"zone": "Europe/Atlantis"}, "there is no 'Europe/Atlantis'"),
        ({"rules": "none.yaml"}, "none.yaml"),
        ({"seats": 3}, "seats: Extra inputs"),
        ({"like": "small.yaml"}, "and that one not this one"),
        (
            {"streams": [SMALL["streams"][0] | {"handling": "ten"}]},
            "streams.0.handling: must be a length of time",
        ),
        (
            {"streams": [SMALL["streams"][0] | {"facts": {"mood": "bad"}}]},
            "stream 'mails': /facts/mood",
        ),
        ({"streams": [SMALL["streams"][0] | {"per_hour": 99_999}]}, "lower the rates"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
    status, _, errors = sportello(written(tmp_path, **wrong))
    assert status == 1
    assert told in errors
    assert len(errors.splitlines()) == 1


def test_without_a_scenario_and_a_day_it_says_so() -> None:
    assert sportello() == (1, "", "name a scenario, or a day --from-history\n")
