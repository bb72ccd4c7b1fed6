"""Figures as files, and on the command line."""

import asyncio
import csv
import io
import re

from tests.api.team import Team
from tests.figures.counted import count
from tests.figures.test_api import WEEK, furnish
from typer.testing import CliRunner

from gateway.cli import app
from gateway.database.connections import Database


async def test_figures_are_exported_as_they_are_told(team: Team) -> None:
    await furnish(team)
    answer = await team.call("GET", f"/v1/figures/export?by=queue&{WEEK}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "figures-2026-03-09-2026-03-16-by-queue.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["figure"] for row in rows} >= {"new", "backlog", "first_response", "uncompleted"}
    same = await team.get(f"/v1/figures/export?by=queue&format=json&{WEEK}")
    assert [(row["figure"], row["key"], int(row["cases"])) for row in rows] == [
        (row["figure"], row["key"] or "", row["cases"]) for row in same
    ]
    for row in same:
        told = await team.get(f"/v1/figures?figure={row['figure']}&by=queue&{WEEK}")
        [group] = [each for each in told["groups"] if each["key"] == row["key"]]
        assert (row["value"], row["value_before"]) == (
            group["now"]["value"],
            group["before"]["value"],
        )


async def test_no_cell_is_a_formula(team: Team) -> None:
    message = await team.submit()
    conversation = await team.conversation_of(message["message"])
    path = f"/v1/conversations/{conversation['id']}/tags"
    await team.ask("POST", path, {"add": ["=1+1"], "remove": []}, token=team.agent)
    await count(team)
    text = (await team.call("GET", "/v1/figures/export?by=tag")).text
    assert "'=1+1," in text
    assert ",=1+1," not in text


async def test_a_day_has_nothing_beside_it(team: Team) -> None:
    await furnish(team)
    rows = await team.get(f"/v1/figures/export?by=day&format=json&{WEEK}")
    assert {row["key"] for row in rows} == {"2026-03-10", "2026-03-11"}
    assert "backlog" not in {row["figure"] for row in rows}


async def test_the_command_line_shows_and_counts_anew(team: Team, database: Database) -> None:
    await team.submit()
    for words in (["recompute"], ["show", "--days", "7"]):
        result = await asyncio.to_thread(
            CliRunner().invoke,
            app,
            ["figures", *words, "--workspace=north"],
            env={"DATABASE_URL": database.dsn, "COLUMNS": "120"},
        )
        assert result.exit_code == 0, result.output
    assert re.search(r"New conversations\W+1 ", result.output)
    missing = await asyncio.to_thread(
        CliRunner().invoke,
        app,
        ["figures", "show", "--workspace=nobody"],
        env={"DATABASE_URL": database.dsn},
    )
    assert (missing.exit_code, "no workspace is called" in missing.output) == (1, True)
