"""`sportello staffing`, as its guide shows it."""

import re
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli import app

GUIDE = Path(__file__).parents[2] / "docs" / "staffing.md"


def test_the_guide_shows_what_is_printed() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    command = re.search(r"^    sportello (staffing .*)$", guide, re.MULTILINE)
    assert command is not None
    printed = CliRunner().invoke(app, command[1].split(), env={"COLUMNS": "100"})
    assert printed.exit_code == 0, printed.output
    shown = re.search(r"^```\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert printed.output == shown[1]


def test_what_cannot_be_is_refused() -> None:
    refused = CliRunner().invoke(app, ["staffing", "--arrivals", "10", "--handling", "0"])
    assert refused.exit_code == 2
    assert "--handling" in refused.output
