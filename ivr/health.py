"""Whether the service is well: `/healthz` for whoever restarts it, `/readyz` for people, `/metrics` for Prometheus.

Calls go on without a store, a background process or sound; each of these lacking is a reason to look, not to take the
service away. So `/healthz` is 200 as long as the process answers, and `/readyz` is 503 as soon as anything needs a
person. Neither names an address, a path or a caller: the reason stands in the log, once for each change.
"""

from __future__ import annotations

import hmac
import os
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, abort, current_app, jsonify, request
from prometheus_client.core import GaugeMetricFamily

from ivr import __version__
from ivr.findings import errors
from ivr.hours import TOKYO
from ivr.metrics import TYPE
from ivr.records import progress
from ivr.records.store import StoreError
from ivr.sets.kept import Sets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from prometheus_client import Metric

    from ivr.metrics import Metrics
    from ivr.records.spool import Spool
    from ivr.records.store import Store
    from ivr.sets.current import Set

LOOK_SECONDS = 3.0
"""Rest between two looks at the store."""
STALE = progress.GONE
"""Seconds without a look at the store, or without a round of the background process, after which it counts as gone."""
STANDS = 30.0
"""Seconds for which something recorded may stand still while the background process does its rounds."""
SPOILT = 10
"""So many lines set aside within ten minutes are no accident."""
ROOM = 50 * 1024 * 1024
"""Bytes that must be free under IVR_DATA."""
JUMP = 30.0
"""Seconds by which the clock may be set while the service runs."""
CALM = 600.0
"""Seconds after which a clock that jumped counts as right."""
LATE = 60.0
"""Seconds after which a process that still answers with another set than the published one is not well."""
LATEST = 2090
"""A later year is none that this clock can be in: the calendar of holidays soon ends."""
log = structlog.get_logger(__name__)
health = Blueprint("health", __name__)


class Clock:
    """Whether the time of day can be right: hours are spoken by it."""

    def __init__(self) -> None:
        """Begin to compare at the first question."""
        self._offset: float | None = None
        self._jumped = -float("inf")

    def problem(self, now: datetime, checked: date) -> str:
        """Say what is wrong with the clock, or nothing; it cannot be before the day on which the facts were checked."""
        if now.date() < checked - timedelta(days=1) or now.year > LATEST:
            return f"the clock says {now:%Y-%m-%d}: set it"
        steady = time.monotonic()
        offset = now.timestamp() - steady
        if self._offset is not None and abs(offset - self._offset) > JUMP:
            self._jumped = steady
        if self._offset is None or self._jumped == steady:
            self._offset = offset
        if steady - self._jumped < CALM:
            return "the clock was set while the service ran: see whether it is right now"
        return ""


class Files:
    """Whether callers hear what is on disk."""

    def __init__(self, data: Path) -> None:
        """Touch nothing yet."""
        self._sets = Sets(data)
        self._since: tuple[tuple[str, str], float] = (("", ""), 0.0)

    def problem(self, heard: str) -> str:
        """Say why callers do not hear the files, or nothing; `heard` is the version that this process answers with."""
        refusal = self._sets.refusal()
        if refusal:
            count, at = len(errors(refusal.findings)), refusal.at.astimezone(TOKYO)
            return (
                f"the files on disk were refused ({count} errors, {at:%Y-%m-%d %H:%M}), so callers do not hear them: "
                "`ivr flows list` says what to mend"
            )
        try:
            use = self._sets.uses().now
        except (OSError, ValueError) as error:
            return f"nobody can tell which set callers are to hear: {error}; `ivr flows rollback` names one again"
        return self._late(use.version, heard) if use and use.version != heard else ""

    def _late(self, wanted: str, heard: str) -> str:
        """Say that this process goes on with another set than the one published, once it has had time to load that."""
        now = time.monotonic()
        if self._since[0] != (wanted, heard):
            self._since = ((wanted, heard), now)
        if now - self._since[1] < LATE:
            return ""
        return f"callers of a process hear {heard} instead of {wanted}: `set_not_taken_over` in the log says why"


@dataclass(eq=False)
class Health:
    """What `/readyz` and `/metrics` look at. All but `look` is memory and a few questions to the disk.

    `keys` maps the files that hold secrets to how they must begin; `token` opens `/metrics`, empty in local mode for
    anybody, otherwise for nobody.
    """

    data: Path
    folder: Path
    store: Store | None
    spool: Spool
    current: Callable[[], Set]
    now: Callable[[], datetime]
    keys: Mapping[Path, str]
    metrics: Metrics
    token: str
    local: bool
    _read: dict[str, int] = field(default_factory=dict)
    _looked: float = -float("inf")
    _why: str = "nobody has looked yet"
    _known: bool = False
    _set: Set | None = None
    _why_unheard: str = ""
    _missing: int = 0
    _told: dict[str, str] = field(default_factory=dict)
    _clock: Clock = field(default_factory=Clock)
    _progress: progress.Progress = field(init=False)
    _aside: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Begin to watch how records get on, and the sets of the same folder."""
        self._progress = progress.Progress(self.folder)
        self._files = Files(self.data)

    def look(self) -> None:
        """See what callers hear, whether the store is there and how far it has read each spool: for a `Ticker`."""
        now = self.current()
        self._why_unheard = self._files.problem(now.content.version)
        if now is not self._set:
            self._missing = sum(now.file_of(passage) is None for passage in now.content.passages)
            self._set = now
        if self.store is None:
            self._why = "its address cannot be used: correct IVR_STORE_URL"
            return
        try:
            if not self._known:
                self.store.check()
                self._known = True
            self._read = progress.read_so_far(self.store)
        except StoreError as error:
            self._why, self._known = str(error), False
            return
        self._looked = time.monotonic()
        self._progress.look(self._read, self._looked)
        self._aside = progress.aside(self.folder), progress.aside(self.folder, time.time() - CALM)

    def problems(self) -> dict[str, str]:
        """Give what is checked by name, with why it is not well; an empty reason is well. Changes are logged."""
        found = {
            "files": self._why_unheard,
            "prompts": f"{self._missing} passages have no sound: run `ivr prompts build`" if self._missing else "",
            "keys": self._keys(),
            "clock": self._clock.problem(self.now(), self.current().content.facts.checked),
            "disk": self._disk(),
            "store": self._why if time.monotonic() - self._looked > STALE else "",
            "background": self._background(),
            "records": self._records(),
        }
        for name, why in found.items():
            if why and not self._told.get(name):
                log.warning("not_well", check=name, reason=why)
            if self._told.get(name) and not why:
                log.info("well_again", check=name)
        self._told = found
        return found

    def waiting(self) -> int:
        """Count the bytes in all spools that are not in the store yet, as far as it could be asked last."""
        return sum(progress.unread(self.folder, self._read).values())

    def beat(self) -> float | None:
        """Give the seconds since the background process last did a round; None if there was never one."""
        return progress.beat(self.folder)

    def free(self) -> int:
        """Give the bytes that are free under IVR_DATA."""
        disk = os.statvfs(self.data)
        return disk.f_bavail * disk.f_frsize

    def collect(self) -> Iterator[Metric]:
        """Give what is known only at the moment of asking: for Prometheus's library, whose word this is."""
        ready = GaugeMetricFamily("ivr_ready", "Whether a check of /readyz is well", labels=["check"])
        for name, why in self.problems().items():
            ready.add_metric([name], 0.0 if why else 1.0)
        yield ready
        yield GaugeMetricFamily("ivr_spool_waiting_bytes", "Recorded and not in the store yet", value=self.waiting())
        stands = self._progress.longest(time.monotonic())
        yield GaugeMetricFamily("ivr_spool_stands_seconds", "Since a spool that waits was last read", value=stands)
        yield GaugeMetricFamily("ivr_lines_set_aside", "Recorded, but in files *.bad", value=self._aside[0])
        yield GaugeMetricFamily("ivr_disk_free_bytes", "Free under IVR_DATA", value=self.free())
        beat = self.beat()
        if beat is not None:
            yield GaugeMetricFamily(
                "ivr_background_round_age_seconds", "Since the background process last did a round", value=beat
            )
        running = GaugeMetricFamily("ivr_info", "What runs", labels=["version", "flow", "voice"])
        now = self.current()
        running.add_metric([__version__, now.content.version, now.voice_set.id], 1.0)
        yield running

    def _keys(self) -> str:
        for path, begins in self.keys.items():
            try:
                if path.read_text().startswith(begins):
                    continue
            except OSError as error:
                return f"{path.name} cannot be read: {error.strerror}; put it back, or restart to have a new one made"
            return f"{path.name} is not what this process began with: restart to use it"
        return ""

    def _disk(self) -> str:
        try:
            free = self.free()
        except OSError as error:
            return f"IVR_DATA cannot be read: {error.strerror}"
        if self.spool.failing:
            return "turns cannot be recorded: free space under IVR_DATA, or look who owns it"
        return "" if free >= ROOM else f"only {free // 2**20} MB are free under IVR_DATA"

    def _background(self) -> str:
        beat = self.beat()
        if beat is None:
            return "no background process has ever run here: start `ivr work`"
        return "" if beat <= STALE else f"the background process did nothing for {beat:.0f} s: start `ivr work` again"

    def _records(self) -> str:
        stuck = self._progress.stuck(self._looked, STANDS)
        if stuck:
            return f"{stuck[0]} is not moved into the store, round after round: look for task_failed in the log"
        if self._aside[1] >= SPOILT:
            return f"{self._aside[1]} lines could not be stored within ten minutes: look at the files *.bad"
        return ""


@health.get("/healthz")
def alive() -> Response:
    """Tell that this process answers."""
    return Response("ok\n", content_type="text/plain")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """Tell what is well and what is not, by name; 503 if anything is not."""
    found = _health().problems()
    checks = {name: "not well" if why else "well" for name, why in found.items()}
    return jsonify({"ready": not any(found.values()), "checks": checks}), 503 if any(found.values()) else 200


@health.get("/metrics")
def metrics() -> Response:
    """Give the figures of all processes: to whoever bears the token, in local mode to anybody at this machine."""
    here = _health()
    if not here.token and not here.local:
        abort(404)
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if here.token and not (scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), here.token.encode())):
        abort(401)
    return Response(here.metrics.text(here), content_type=TYPE)


def _health() -> Health:
    found: Health = current_app.extensions["health"]
    return found
