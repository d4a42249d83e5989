from __future__ import annotations

from collections import Counter
from pathlib import Path

import producers
from producers.registry.feedlist import parse_feed_list

WORLD = Path(producers.__file__).with_name("feeds") / "world.opml"


def test_the_list_of_real_feeds_is_one_that_a_producer_reads() -> None:
    feeds = parse_feed_list(WORLD.read_bytes(), WORLD.name)
    assert len(feeds) >= 40
    assert len({feed.url for feed in feeds}) == len({feed.id for feed in feeds}) == len(feeds)
    assert all(feed.url.startswith("https://") and feed.outlet and feed.tags for feed in feeds)
    assert len(Counter(feed.tags for feed in feeds)) == 5
    assert {"thehindu.com", "ndtv.com", "bbc.co.uk", "aljazeera.com"} <= {feed.outlet for feed in feeds}
