"""`ivr walk --compare GITREF`: what callers hear differently since that version of flows and prompts."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from ivr.cli.walkers import Pool
from ivr.content import load
from ivr.findings import Finding, FindingsError
from ivr.phone.place import TOKYO
from ivr.phone.walk.compare import differences
from ivr.phone.walk.moments import classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr.content import Content
    from ivr.phone.walk.explore import Walked
    from ivr.settings import Settings

FOLDERS = ("flows", "prompts")


def compared(settings: Settings, ref: str, jobs: int, moments: Sequence[datetime], *, as_json: bool) -> None:
    """Print the differences; raises a bad argument for a version that is none, FindingsError for one unusable now."""
    now = load(settings.root, settings)
    with checked_out(settings.root, ref) as folder:
        before = _loaded(folder, settings, ref)
        at = list(moments) or sorted({*_moments(now), *_moments(before)})
        click.echo(f"{len(at)} moments, {before.version} against {now.version}", err=True)
        old = _walked(settings.model_copy(update={"root": folder}), jobs, at)
    found = differences(old, _walked(settings, jobs, at), now.titles.over(before.titles))
    if as_json:
        whole = {"before": before.version, "after": now.version, "differences": [each.as_json() for each in found]}
        click.echo(json.dumps(whole, ensure_ascii=False, indent=1))
        return
    for each in found:
        click.echo("\n".join(each.lines()))
    click.echo(f"{len(found)} differences", err=bool(found))


@contextmanager
def checked_out(root: Path, ref: str) -> Iterator[Path]:
    """Put the flows and prompts of a version into a folder of their own."""
    git = shutil.which("git")
    if not git:
        raise click.ClickException("git is not installed; it is needed to look at an earlier version")
    done = subprocess.run(  # noqa: S603  (git itself; the version is one argument after `--end-of-options`)
        [git, "-C", str(root), "archive", "--format=tar", "--end-of-options", f"{ref}:./", *FOLDERS],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise click.BadParameter(f"{ref!r} is no version with flows/ and prompts/: {said}", param_hint="--compare")
    with TemporaryDirectory(prefix="ivr-") as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def _loaded(folder: Path, settings: Settings, ref: str) -> Content:
    try:
        return load(folder, settings)
    except FindingsError as error:
        first = Finding(
            ref,
            0,
            "error",
            "this version cannot be answered with by the present code, so it cannot be compared",
            "この版は、いまのプログラムでは使えないため、比べられません",
        )
        raise FindingsError([first, *error.findings]) from error


def _walked(settings: Settings, jobs: int, at: Sequence[datetime]) -> list[Walked]:
    with Pool(settings, jobs) as pool:
        return list(pool.compared(at))


def _moments(content: Content) -> tuple[datetime, ...]:
    return classes(content, datetime.now(TOKYO).replace(hour=10, minute=0, second=0, microsecond=0)).answers
