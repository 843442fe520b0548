"""`prompts/voices.yaml`: the voices of the helpline, each an engine with its tempos."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from ivr.findings import Finding, FindingsError
from ivr.speech import morae
from ivr.yamlfile import parse, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ivr.passage import Pace

FILE = "prompts/voices.yaml"


class Tempo(BaseModel):
    """How fast a pace is: `rate` in morae a second, pauses apart; `comma` the silence at a 、 in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float = Field(ge=3.0, le=12.0)
    comma: float = Field(ge=0.1, le=3.0)


class Voice(BaseModel):
    """One voice. `address` is the base address of an online engine's service, empty for its own one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["quick", "gtts", "tone"]
    language: str = "ja"
    address: str = Field("", pattern=r"^(https?://[^\s/]+(/[^\s]*)?)?$")
    normal: Tempo = Tempo(rate=morae.NORMAL_RATE, comma=morae.COMMA_SECONDS)
    slow: Tempo = Tempo(rate=morae.SLOW_RATE, comma=morae.SLOW_COMMA_SECONDS)
    name: str = ""

    def tempo(self, pace: Pace) -> Tempo:
        """Give rate and pauses of a pace."""
        return self.slow if pace == "slow" else self.normal

    @property
    def id(self) -> str:
        """Name the voice with all that changes its sound (12 hexadecimal digits)."""
        content = self.model_dump_json(exclude={"address"})
        return hashlib.sha256(content.encode()).hexdigest()[:12]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    voices: dict[str, Voice] = Field(min_length=1)


def load(root: Path) -> dict[str, Voice]:
    """Read the voices by name, in the order of the file; raises FindingsError."""
    content = parse(read(root / FILE, root), _File)
    return {name: voice.model_copy(update={"name": name}) for name, voice in content.voices.items()}


def choose(voices: Mapping[str, Voice], *, name: str = "", engine: str = "") -> Voice:
    """Give the voice of that name, else the first one of that engine; raises FindingsError that lists what there is."""
    for voice in voices.values():
        if voice.name == name or (not name and voice.engine == engine):
            return voice
    known = ", ".join(f"{voice.name} ({voice.engine})" for voice in voices.values())
    wanted = f"voice {name!r}" if name else f"voice with the engine {engine!r}"
    wanted_ja = f"「{name}」という音声" if name else f"エンジン {engine} の音声"
    finding = Finding(
        FILE, 0, "error", f"no {wanted}; there are: {known}", f"{wanted_ja}はありません。あるもの: {known}"
    )
    raise FindingsError([finding])
