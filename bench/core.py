"""The engine over cleaned articles in memory, one at a time: what MinHash libraries are held against."""

from __future__ import annotations

import time
from collections.abc import Mapping

from schemas.clean import Clean
from schemas.public_records import Article
from stream_apps.dedup.replay import Replay
from stream_apps.fingerprint.features import features
from wirecopy.settings import DedupSettings


class Core:
    """Articles that have come, and the stories that they are of."""

    def __init__(self) -> None:
        self.replay = Replay(DedupSettings().window_days)
        self.seconds: list[float] = []
        """Of processor time, for each decision from the cleaned text to what is published of it."""

    def add(self, article: Article) -> None:
        started = time.process_time()
        self.replay.take([Clean(features(article).to_bytes(), article.to_bytes()).to_bytes()])
        self.seconds.append(time.process_time() - started)


def stories(articles: Mapping[str, Article]) -> dict[str, str]:
    """The story of each article, by its name."""
    core = Core()
    for article in articles.values():
        core.add(article)
    places = core.replay.places()
    return {name: places[article.id].story for name, article in articles.items()}
