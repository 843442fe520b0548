"""The engines by name. Importing this loads none of their libraries; making one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.speech.engines.gtts import GttsEngine
from ivr.speech.engines.quick import QuickEngine
from ivr.speech.engines.tone import ToneEngine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr.speech.engines.base import Engine

ENGINES: Mapping[str, type[Engine]] = {engine.name: engine for engine in (QuickEngine, GttsEngine, ToneEngine)}
