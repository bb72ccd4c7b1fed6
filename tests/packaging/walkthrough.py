"""Pages that show commands with their output: run, and written anew, against a real gateway.

A bash block is run; the text block right after it, if there is one, is what it printed. All blocks
of a page run in one shell, in which `API`, `KEY` and `FORM` name a gateway that has just started,
and `sportello` is its command.

    python -m tests.packaging.walkthrough docs/routing.md
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.served import Served, served

PATIENCE_S = 300
BLOCK = re.compile(r"```bash\n(?P<code>.*?)```\n(?:\n```text\n(?P<output>.*?)```\n)?", re.DOTALL)
END = "-- end of the block --"

ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
SECRET = re.compile(r"\b(?P<sort>s[a-z]|ch|whsec)_[A-Za-z0-9_-]{12,}")
SOME_INSTANT = "2026-01-05T09:00:00Z"


def told(page: str, gateway: Served) -> list[str]:
    """What each block of a page prints, made alike: ids, instants and secrets differ each time.

    Raises:
        AssertionError: a command has failed.
    """
    codes = [match["code"] for match in BLOCK.finditer(page)]
    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "".join(f"{code}\necho '{END}'\n" for code in codes)],
        cwd=gateway.folder,
        env=_environment(gateway),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert shell.returncode == 0, f"{codes[shell.stdout.count(END)]}\n{shell.stdout[-3_000:]}"
    outputs = shell.stdout.split(f"{END}\n")[:-1]
    return list(_alike(outputs))


def _environment(gateway: Served) -> dict[str, str]:
    return {
        **gateway.environment,
        "PATH": f"{gateway.command.parent}:{gateway.environment['PATH']}",
        "API": gateway.url,
        "KEY": gateway.printed("sk_"),
        "FORM": gateway.printed(f"{gateway.url}/in/forms/").rpartition("/")[2],
        "COLUMNS": "100",
    }


def _alike(outputs: list[str]) -> Iterator[str]:
    """Ids become `id-1`, `id-2`, by their first appearance on the page."""
    known: dict[str, str] = {}
    for output in outputs:
        plain = ID.sub(lambda match: known.setdefault(match[0], f"id-{len(known) + 1}"), output)
        plain = SECRET.sub(lambda match: f"{match['sort']}_...", plain)
        yield INSTANT.sub(SOME_INSTANT, plain)


def shown(page: str) -> list[str | None]:
    """The outputs that a page has; None for a block that shows none."""
    return [match["output"] for match in BLOCK.finditer(page)]


def rewritten(page: str, outputs: list[str]) -> str:
    """The page with these outputs in the place of those that it shows."""
    each = iter(outputs)

    def with_output(match: re.Match[str]) -> str:
        output = next(each)
        block = f"```bash\n{match['code']}```\n"
        return f"{block}\n```text\n{output}```\n" if output else block

    return BLOCK.sub(with_output, page)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        with served() as started:
            path.write_text(rewritten(path.read_text(), told(path.read_text(), started)))
