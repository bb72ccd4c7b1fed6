"""The Dockerfile's install and start steps, from the built wheel, in an empty folder."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.packaging.dockerfile import ROOT, install, instructions
from tests.served import served

MIGRATIONS = ROOT / "migrations" / "versions"


@dataclass
class Installation:
    wheel: Path
    command: Path


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """Installed by the Dockerfile's steps, where the database's own user may read too."""
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        source = folder / "source"
        source.mkdir()
        install(source, folder / "installed")
        [wheel] = (source / "dist").glob("*.whl")
        yield Installation(wheel, folder / "installed" / "bin" / "sportello")


def test_the_wheel_brings_the_migrations_the_scripts_and_the_licence(
    installation: Installation,
) -> None:
    names = set(zipfile.ZipFile(installation.wheel).namelist())

    assert {f"gateway/migrations/versions/{path.name}" for path in MIGRATIONS.glob("*.py")} <= names
    assert {f"gateway/web/{path.name}" for path in (ROOT / "web" / "embed").iterdir()} <= names
    desk = [path for path in (ROOT / "src/gateway/desk").rglob("*") if path.is_file()]
    assert {path.relative_to(ROOT / "src").as_posix() for path in desk} <= names
    assert {"gateway/migrations/env.py", "gateway/py.typed"} <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not {name for name in names if name.startswith(("tests/", "benchmarks/"))}
    assert not {name for name in names if "node_modules" in name}


def test_it_serves_checks_and_ends_cleanly(installation: Installation) -> None:
    assert [json.loads(line) for line in instructions("ENTRYPOINT")] == [["sportello"]]
    assert [json.loads(line) for line in instructions("CMD")] == [["serve"]]
    with served(installation.command) as gateway:
        assert httpx.get(f"{gateway.url}/health/live").json() == {"status": "alive"}
        assert httpx.get(f"{gateway.url}/openapi.json").status_code == 200
        assert httpx.get(f"{gateway.url}/embed/form.js").status_code == 200
        assert len(gateway.processes()) > 1, "the embedded server should be seen"
        check = gateway.run("check")

        assert gateway.stop() == 0
        assert gateway.processes() == []
    assert "✓ the schema is at" in check.stdout
    wanting = [line for line in check.stdout.splitlines() if line.startswith("✗")]
    assert [line.split()[1] for line in wanting] == ["HTTP", "SMTP", "channel"], check.stdout
    assert "'Support mail' (email) cannot send" in wanting[2]


def test_the_image_answers_for_its_health() -> None:
    [health] = [line for line in instructions("HEALTHCHECK") if "CMD" in line]

    assert "/health/ready" in health
    assert [line.split() for line in instructions("EXPOSE")] == [["8000", "2525"]]
    assert instructions("USER") == ["sportello"]
    assert instructions("VOLUME") == ["/var/lib/sportello"]
