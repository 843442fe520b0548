"""`ivr test`: plays scenarios, many at once, and says which came otherwise than they say."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr import cli

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr.phone.enact import Played
    from ivr.phone.scenario import Loaded

SCENARIOS = Path(__file__).resolve().parents[2] / "tests/scenarios"
FEW = 4
"""So few scenarios are not worth processes of their own."""


@click.command(context_settings=cli.HELP)
@cli.LANGUAGE
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--url", help="Voice webhook of any running service; default: the helpline in this process.")
@click.option("--token", help="Token to sign with; default: IVR_TEST_TOKEN, else the test token under IVR_DATA.")
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help="Processes. Default: one a core.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write the results as JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def test(
    *, paths: tuple[Path, ...], url: str | None, token: str | None, jobs: int | None, junit: Path | None, as_json: bool
) -> None:
    r"""Play scenarios: files, or folders that hold them. Default: tests/scenarios.

    \b
    Exit code 0: all passed; 1: one came otherwise, or cannot be read; 2: bad arguments.
    """
    from ivr.phone import junit as xml  # noqa: PLC0415  (help does not need it)

    if junit and not junit.parent.is_dir():
        raise click.BadParameter(f"there is no folder {junit.parent}", param_hint="--junit")
    if url is not None:
        _check_url(url)
    loaded = _loaded(paths or (SCENARIOS,))
    played = []
    for number, one in enumerate(_played(loaded, url, token, jobs or os.cpu_count() or 1), 1):
        played.append(one)
        mark = "skipped" if one.skipped else "ok" if one.passed else "FAILED"
        click.echo(f"{number:4d} of {len(loaded)}  {mark:7}  {one.seconds:6.1f} s  {one.file}: {one.title}", err=True)
    if junit:
        junit.write_bytes(xml.written(played))
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in played], ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(played)))
    if not all(one.passed for one in played):
        raise SystemExit(1)


def _loaded(paths: Sequence[Path]) -> list[Loaded]:
    """Read every file; raises FindingsError with what is wrong in any of them."""
    from ivr.findings import FindingsError  # noqa: PLC0415
    from ivr.phone import scenario  # noqa: PLC0415

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise click.BadParameter(f"there is no file or folder {missing[0]}", param_hint="PATHS")
    loaded, findings = [], []
    for path in scenario.found(paths):
        try:
            loaded.append(scenario.load(path))
        except FindingsError as error:
            findings += error.findings
    if findings:
        raise FindingsError(findings)
    return loaded


def _check_url(url: str) -> None:
    from ivr.phone import place  # noqa: PLC0415

    try:
        place.voice_url(url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--url") from error


def _played(loaded: Sequence[Loaded], url: str | None, token: str | None, jobs: int) -> Iterator[Played]:
    from ivr.cli.stages import play_all  # noqa: PLC0415

    jobs = min(jobs, len(loaded) // FEW or 1)
    if jobs == 1:
        yield from play_all(url, token, loaded)
        return
    parts = [loaded[first::jobs] for first in range(jobs)]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for part in pool.map(partial(_all, url, token), parts):
            yield from part


def _all(url: str | None, token: str | None, loaded: Sequence[Loaded]) -> list[Played]:
    from ivr.cli.stages import play_all  # noqa: PLC0415

    return list(play_all(url, token, loaded))


def _lines(played: Sequence[Played]) -> Iterator[str]:
    japanese = cli.language() == "ja"
    for one in played:
        for problem in one.problems:
            yield f"{one.file}:{problem.line}: {problem.text_ja if japanese else problem.text}"
        if not one.passed:
            yield from (f"    {line}" for line in one.transcript)
        yield from (f"{one.file}: note: {note}" for note in one.notes)
        if one.skipped:
            yield f"{one.file}: skipped: {one.skipped}"
    failed = sum(not one.passed for one in played)
    skipped = sum(bool(one.skipped) for one in played)
    passed = len(played) - failed - skipped
    total = f"{passed} passed, {failed} failed, {skipped} skipped"
    yield f"合格 {passed} 件、不合格 {failed} 件、省略 {skipped} 件" if japanese else total


def _as_json(one: Played) -> dict[str, Any]:
    return {
        "file": one.file,
        "title": one.title,
        "passed": one.passed,
        "skipped": one.skipped,
        "seconds": one.seconds,
        "problems": [{"line": problem.line, "t": problem.t, "text": problem.text} for problem in one.problems],
        "notes": list(one.notes),
        "transcript": list(one.transcript),
    }
