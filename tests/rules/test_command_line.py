"""`sportello rules`: files in and out, cases run, versions put in force."""

import asyncio
import re

from tests.house import House
from typer.testing import CliRunner

from gateway.cli import app
from gateway.database.connections import Database

FILE = """\
rules:
  - id: refunds
    name: Refunds to specialists
    stage: route
    when: {field: text, op: contains_any, value: [refund]}
    then:
      queue: specialists
cases:
  - name: A refund
    message: {kind: email, text: "A refund, please"}
    expect:
      queue: Specialists
"""


async def sportello(database: Database, *words: str, file: str = "") -> tuple[int, str, str]:
    """Exit status, output and errors of `sportello rules ...`."""
    result = await asyncio.to_thread(
        CliRunner().invoke,
        app,
        ["rules", *words, "--workspace=house"],
        input=file,
        env={"DATABASE_URL": database.dsn},
    )
    return result.exit_code, result.stdout, result.stderr


async def in_force(house: House, version: int) -> None:
    """Another process has published: this one hears of it."""
    configuration, id_ = house.gateway.configuration, house.team.workspace_id
    async with asyncio.timeout(5):
        while configuration.workspace(id_).rules.version != version:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_file_is_tested_imported_published_and_rolled_back(house: House) -> None:
    database = house.gateway.database
    status, told, errors = await sportello(database, "test", "-", file=FILE)
    assert (status, told, errors) == (0, "1 of 1 cases pass\n", "")
    status, told, _ = await sportello(database, "import", "-", file=FILE)
    assert (status, told) == (0, "the draft has 1 rules and 1 cases\n")
    assert await house.get("/v1/rules") == []
    status, told, _ = await sportello(database, "publish", "--comment=From the file")
    assert (status, told) == (0, "version 1 is in force\n")
    await in_force(house, 1)
    [version] = await house.get("/v1/rules/versions")
    assert (version["created_by"], version["comment"]) == ("command line", "From the file")
    _, exported, _ = await sportello(database, "export")
    assert "queue: Specialists" in exported
    assert (await sportello(database, "import", "-", "--publish", file=exported))[0] == 0
    assert (await sportello(database, "export"))[1] == exported
    status, told, _ = await sportello(database, "rollback")
    assert told == "version 1 is in force again, in place of 2\n"
    status, _, errors = await sportello(database, "publish")
    assert (status, errors) == (1, "the draft is what is in force: change it first\n")


async def test_failing_cases_and_mistakes_end_in_1(house: House) -> None:
    database = house.gateway.database
    failing = re.sub("text: .*}", "text: Hello}", FILE)
    status, told, errors = await sportello(database, "test", "-", file=failing)
    assert (status, told) == (1, "0 of 1 cases pass\n")
    assert errors.startswith('case "A refund": queue is General, not Specialists\n')
    status, _, errors = await sportello(database, "import", "-", "--publish", file=failing)
    assert status == 1
    assert "/cases/0/expect/queue" in errors
    assert not (await house.get("/v1/rules/draft"))["is_changed"]
    for file, mistake in (
        (FILE.replace("specialists", "nobody"), "/rules/0: no queue is called 'nobody'"),
        (FILE.replace("contains_any", "has"), "/rules/0/when/op"),
        ("rules: [", "this is no YAML"),
    ):
        status, _, errors = await sportello(database, "test", "-", file=file)
        assert (status, mistake in errors) == (1, True), errors
