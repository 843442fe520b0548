"""The `ivr` command: quick help, every sub-command there, one rule for exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr import __version__, cli
from ivr.settings import describe

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = ("flask", "sqlalchemy", "alembic", "onnxruntime", "pydantic", "twilio", "numpy", "gunicorn", "yaml", "requests")


def ivr(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ivr.cli", *arguments],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **environ},
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )


def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from ivr import cli; "
        "print(CliRunner().invoke(cli.group, ['--help']).output); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    listed = re.findall(r"^  ([a-z]+)  +\S", said, re.MULTILINE)
    assert listed == sorted(cli.COMMANDS)
    assert said.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_can_be_asked_for_help(name: str) -> None:
    for wish in ("--help", "-h"):
        done = CliRunner().invoke(cli.group, [name, wish])
        assert (done.exit_code, done.output.startswith("Usage: ")) == (0, True), done.output


@pytest.mark.parametrize("arguments", [["chek"], ["check", "--jsn"], ["--root", "x"], ["serve", "now"]])
def test_bad_arguments_exit_with_two(arguments: list[str]) -> None:
    done = ivr(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_a_mistyped_command_is_named() -> None:
    assert "No such command 'chek'" in ivr("chek").stderr


def test_the_version_is_the_packages() -> None:
    assert ivr("--version").stdout == f"ivr, version {__version__}\n"


@pytest.mark.parametrize("name", ["check", "serve", "work", "records list", "prompts build"])
def test_wrong_settings_are_findings_for_every_command(name: str, tmp_path: Path) -> None:
    done = ivr(*name.split(), IVR_DATA=str(tmp_path / "data"), PORT="no port")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("settings:0: error: PORT: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_setting_is_explained(language: str) -> None:
    said = ivr("settings", "--language", language).stdout
    for name, _, text in describe(language):
        assert re.search(rf"^{name}\s", said, re.MULTILINE)
        assert text in said


def test_a_data_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = ivr("check", IVR_DATA=str(tmp_path / "file/data"))
    assert done.returncode == 1
    assert "IVR_DATA" in done.stderr
    assert "Traceback" not in done.stderr
