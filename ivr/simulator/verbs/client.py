"""<Client>: a browser or an app of the account within a Dial."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.leg import NOBODY, Callbacks
from ivr.simulator.parameters import LONGEST_IDENTITY
from ivr.simulator.verbs.noun import Callee, callbacks, whisper
from ivr.simulator.verbs.parameter import Parameter

if TYPE_CHECKING:
    from ivr.simulator.process import Target
    from ivr.simulator.reader import Reader


@dataclass(frozen=True)
class Client(Callee):
    """An identity, written as text or in <Identity>; <Parameter>s go to the app and are not heard."""

    text: str
    whisper: Target | None = None
    callbacks: Callbacks = NOBODY

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read whom, the whisper and who is told."""
        inner: dict[str, type[Identity | Parameter]] = {"Identity": Identity, "Parameter": Parameter}
        identities = [part.text for part in reader.children(inner, 12200, text=True) if isinstance(part, Identity)]
        return cls(identities[0] if identities else reader.text(), whisper(reader), callbacks(reader))

    @property
    def address(self) -> str | None:
        """Give `client:` and the identity."""
        good = re.fullmatch(r"\S.*", self.text) and len(self.text) <= LONGEST_IDENTITY
        return f"client:{self.text}" if good else None

    @property
    def wrong(self) -> tuple[int, str]:
        """Tell why nobody has that name."""
        return 13224, f"a client's identity has 1 to {LONGEST_IDENTITY} characters"


@dataclass(frozen=True)
class Identity:
    """The name of a client."""

    text: str

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read it."""
        return cls(reader.text())
