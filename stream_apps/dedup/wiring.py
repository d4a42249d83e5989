"""The stages of the dedup app and the topics that each takes, for the Faust app and for runs in one process."""

from __future__ import annotations

from schemas.topics import (
    BOILERPLATE_STATE,
    CANDIDATES,
    CLEAN,
    COMPARISONS,
    EVENTS_STATE,
    FAMILIES,
    FAMILIES_STATE,
    FAMILY_PROFILES,
    MATCHES_STATE,
    POSTINGS,
    POSTINGS_STATE,
    RAW,
    VERDICTS,
)
from stream_apps.dedup.events.stage import EventsStage
from stream_apps.dedup.families import FamiliesStage
from stream_apps.dedup.fingerprinting import FingerprintStage
from stream_apps.dedup.matching import MatchingStage
from stream_apps.dedup.postings import PostingsStage
from stream_apps.runtime.messages import StageSpec
from stream_apps.text import agencies
from wirecopy.settings import Settings


def stages(settings: Settings) -> tuple[StageSpec, ...]:
    """The stages in the order of the flow. Raises ``SettingsError`` where the agencies cannot be read."""
    catalogue = agencies.load(settings.text.agencies)
    window, ranges = settings.dedup.window_days, settings.kafka.partitions
    return (
        StageSpec(
            (RAW,),
            lambda rows: FingerprintStage(rows, window, ranges, settings.dedup.max_text, catalogue),
            BOILERPLATE_STATE,
        ),
        StageSpec((POSTINGS,), lambda rows: PostingsStage(rows, window), POSTINGS_STATE),
        StageSpec((CLEAN, CANDIDATES, COMPARISONS, VERDICTS), lambda rows: MatchingStage(rows, window), MATCHES_STATE),
        StageSpec((FAMILIES,), lambda rows: FamiliesStage(rows, window), FAMILIES_STATE),
        StageSpec((FAMILY_PROFILES,), lambda rows: EventsStage(rows, window), EVENTS_STATE),
    )
