"""The fingerprint app: any number of workers, a share of the outlets each."""

from __future__ import annotations

from schemas.topics import OUTLET_STATE, RAW
from stream_apps.fingerprint.epochs import FORMAT
from stream_apps.fingerprint.languages import engine_of
from stream_apps.fingerprint.stage import FingerprintStage
from stream_apps.runtime.stage_interface import StageSpec
from stream_apps.runtime.worker import Worker
from stream_apps.text import agencies
from wirecopy.settings import Settings


def run(settings: Settings) -> None:
    """Work until told to stop. Raises ``SettingsError`` where the agencies cannot be read."""
    Worker("fingerprint", settings, [stage(settings)]).run()


def stage(settings: Settings) -> StageSpec:
    """The stage with its topic and its state. Raises ``SettingsError`` where the agencies cannot be read."""
    catalogue = agencies.load(settings.text.agencies)
    dedup, engine = settings.dedup, engine_of(settings.dedup.engine_languages)
    return StageSpec(
        (RAW,),
        lambda rows: FingerprintStage(rows, dedup.window_days, dedup.max_text, catalogue, engine),
        OUTLET_STATE,
        FORMAT,
    )
