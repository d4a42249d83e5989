from __future__ import annotations

import contextlib
import gzip
import random
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import FetchError
from producers.web.decoding import MAX_MEMBERS, MAX_RATIO, BodyDecoder

TEXT = b"<rss version='2.0'><channel><title>Harbour</title></channel></rss>" * 50
PACKED = {
    "": TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
}


def decode(encoding: str, body: bytes, *, limit: int = 1_000_000, step: int = 1 << 16) -> bytes:
    decoder = BodyDecoder(encoding, limit)
    for start in range(0, len(body), step):
        decoder.feed(body[start : start + step])
    return decoder.finish()


def reason(encoding: str, body: bytes, *, limit: int = 1_000_000, step: int = 1 << 16) -> str:
    with pytest.raises(FetchError) as error:
        decode(encoding, body, limit=limit, step=step)
    return error.value.reason


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("step", [1, 7, 1 << 16])
def test_a_body_is_the_same_however_it_is_cut(encoding: str, step: int) -> None:
    assert decode(encoding, PACKED[encoding], step=step) == TEXT


@given(st.binary(max_size=5000), st.sampled_from(["gzip", "br", "deflate"]), st.integers(1, 500))
def test_what_was_packed_comes_back(body: bytes, encoding: str, step: int) -> None:
    if body.startswith(b"\x1f\x8b\x08"):
        return
    packed = {"gzip": gzip.compress, "br": brotli.compress, "deflate": zlib.compress}[encoding](body)
    assert decode(encoding, packed, step=step) == body


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "br", "deflate", ""]), st.integers(1, 500))
def test_whatever_comes_gives_a_bounded_body_or_a_fetch_error(body: bytes, encoding: str, step: int) -> None:
    with contextlib.suppress(FetchError):
        assert len(decode(encoding, body, limit=10_000, step=step)) <= 10_000


@pytest.mark.parametrize("step", [1, 1 << 16])
def test_members_in_a_row_are_one_body_and_padding_is_none(step: int) -> None:
    members = gzip.compress(TEXT[:10]) + gzip.compress(b"") + gzip.compress(TEXT[10:])
    assert decode("gzip", members, step=step) == TEXT
    assert decode("gzip", members + b"\0\0\x1f", step=step) == TEXT
    assert decode("gzip", members + b"\x1f", step=step) == TEXT


def test_the_bare_stream_of_deflate() -> None:
    assert decode("deflate", zlib.compress(TEXT)[2:-4], step=3) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
def test_a_body_that_ends_in_the_middle(encoding: str) -> None:
    assert reason(encoding, PACKED[encoding][:-3]) == "broken_body"
    assert decode(encoding, b"") == b""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", b"not compressed"), ("br", b"\xff" * 20), ("deflate", b"<rss></rss>"), ("zstd", b""), ("gzip, br", b"")],
)
def test_a_body_that_is_not_what_it_says(encoding: str, body: bytes) -> None:
    assert reason(encoding, body) == "bad_encoding"


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "iso-8859-1", "none", "identity", "binary", ""])
def test_a_charset_in_the_wrong_header_packs_nothing(encoding: str) -> None:
    assert decode(encoding, TEXT) == TEXT
    assert decode(f"gzip, {encoding}", PACKED["gzip"]) == TEXT


def test_a_body_packed_twice_or_without_saying_so_is_unpacked() -> None:
    assert decode("", gzip.compress(TEXT)) == TEXT
    assert decode("gzip", gzip.compress(gzip.compress(TEXT))) == TEXT
    assert decode("br", brotli.compress(gzip.compress(TEXT))) == TEXT
    assert reason("", gzip.compress(TEXT)[:-9]) == "broken_body"


def test_brotli_gives_all_of_a_long_body() -> None:
    """``can_accept_more_data`` is true although output is left, where all input was taken."""
    body = random.Random(1).randbytes(4000) * 200
    packed = brotli.compress(body)
    assert len(packed) < 5000
    assert decode("br", packed) == decode("br", packed, step=100) == body


def test_a_body_packed_three_times_is_not() -> None:
    assert decode("gzip", gzip.compress(gzip.compress(gzip.compress(TEXT)))) == gzip.compress(TEXT)


BOMBS = {
    "gzip": gzip.compress(b"\0" * 50_000_000),
    "br": brotli.compress(b"\0" * 50_000_000, quality=5),
    "deflate": zlib.compress(b"\0" * 50_000_000),
    "": gzip.compress(b"\0" * 50_000_000),
}


@pytest.mark.parametrize("encoding", BOMBS)
def test_a_bomb_is_noticed_before_it_unfolds(encoding: str) -> None:
    decoder = BodyDecoder(encoding, 1_000_000)
    with pytest.raises(FetchError) as error:  # noqa: PT012  # a bomb that says nothing is found at the end
        decoder.feed(BOMBS[encoding])
        decoder.finish()
    assert error.value.reason == "too_large"
    # One step of the decoder beyond the limit at most; brotli's own blocks double until they reach it.
    assert len(decoder._body) <= 1_000_000 + 128 * 1024


def test_a_bomb_within_a_bomb() -> None:
    assert reason("gzip", gzip.compress(BOMBS["gzip"])) == "too_large"


def test_a_body_that_unfolds_too_well_is_a_bomb_although_it_would_fit() -> None:
    assert reason("br", brotli.compress(b"\0" * 900_000)) == "too_large"
    honest = zlib.compress(b"".join(b"%d," % number for number in range(100_000)))
    assert len(decode("deflate", honest)) < len(honest) * MAX_RATIO


def test_the_limit_counts_before_and_after_decoding() -> None:
    assert reason("", b"x" * 1001, limit=1000) == "too_large"
    assert reason("gzip", b"\x1f\x8b" + b"x" * 1001, limit=1000) == "too_large"
    assert reason("gzip", PACKED["gzip"], limit=len(TEXT) - 1) == "too_large"
    assert decode("gzip", PACKED["gzip"], limit=len(TEXT)) == TEXT


def test_members_without_end_are_refused() -> None:
    assert reason("gzip", gzip.compress(b"") * (MAX_MEMBERS + 1)) == "too_large"
    assert decode("gzip", gzip.compress(b"x") * MAX_MEMBERS) == b"x" * MAX_MEMBERS
