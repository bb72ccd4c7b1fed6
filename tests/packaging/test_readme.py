"""The README speaks the truth: its table, its commands, its links."""

import re
import subprocess

from tests.packaging.dockerfile import ROOT
from tests.packaging.settings_table import README, shown, table
from tests.served import served

from channels.registry import ADAPTERS
from gateway.database.schema import Base
from gateway.feed.log import EventType

LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
CODE = re.compile(r"```bash\n(.*?)```", re.DOTALL)


def test_the_table_of_settings_is_that_of_the_program() -> None:
    assert shown() == table(), "run python -m tests.packaging.settings_table"


def test_links_lead_somewhere() -> None:
    pages = [README, ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for link in LINK.findall(page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_commands_that_are_named_exist() -> None:
    made = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in (README, ROOT / "CONTRIBUTING.md"):
        assert set(re.findall(r"`make ([a-z-]+)", page.read_text())) <= made


def test_the_main_job_by_hand_works_as_it_is_printed() -> None:
    [script] = [block for block in CODE.findall(README.read_text()) if "curl" in block]
    with served() as gateway:
        filled = (
            script.replace("http://127.0.0.1:8000", gateway.url)
            .replace("sk_...", gateway.printed("sk_"))
            .replace("ch_...", gateway.printed(f"{gateway.url}/in/forms/").rpartition("/")[2])
        )
        shell = ["bash", "-euo", "pipefail", "-c", filled]
        run = subprocess.run(shell, capture_output=True, text=True, timeout=60, check=False)
        said = run.stdout + run.stderr

    assert run.returncode == 0, said
    assert '"status":4' not in said, said
    for answer in ('"duplicate":false', '"because":["queue General', '"ver":3', '"ver":4'):
        assert answer in said


def test_the_tests_that_hold_promises_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    files = re.findall(r"`(tests/[\w/]+\.py)`", page)
    names = re.findall(r"`(test_\w+)`", page)
    everything = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))

    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []
    assert [name for name in names if f"def {name}(" not in everything] == []


def test_every_table_and_every_event_is_named() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    data, feed = (
        page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        for heading in ("The data", "The feed")
    )

    assert [name for name in Base.metadata.tables if not re.search(rf"\b{name}\b", data)] == []
    assert [event.value for event in EventType if f"`{event.value}`" not in feed] == []


def test_every_setting_of_a_channel_is_named() -> None:
    text = README.read_text()

    for adapter in ADAPTERS.values():
        for name in adapter.settings | adapter.secrets:
            assert f"`{name}`" in text or name == "base_url", name
