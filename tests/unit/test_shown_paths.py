"""What is shown of a path that is no episode's: nothing in it may tell of whom."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.logs.shown import shown_path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "/"), ("/logo.png", "/logo.png"), ("/wp-login.php", "/wp-login.php"), ("/Feed.xml", "/Feed.xml"),
        ("/shows/ep-012.mp3", "/shows/ep-#.mp3"), ("/s01/episode12.m4a", "/s#/episode#.m4a"), ("//a//b", "//a//b"),
        ("/u/9f3b2c/feed.xml", "/u/…/feed.xml"), ("/u/1234567", "/u/#"), ("/u/jane.doe", "/u/…"),
        ("/private/jane-doe-x8f9/feed.rss", "/private/…/feed.rss"), ("/jane@host.example/a", "/…/a"),
        ("/550e8400-e29b-41d4-a716-446655440000.mp3", "/….mp3"), ("/deadbeef/x", "/…/x"), ("/kXqPzRtY", "/…"),
        ("/192.0.2.1/x", "/…/x"), ("/2001:db8::1", "/…"), ("/a;jsessionid=7A", "/…"), ("/café/x", "/…/x"),
        ("*", "…"), ("host:443", "…"), ("/a b/c", "/…/c"), ("/=1+1", "/…"),
    ],
)  # fmt: skip
def test_words_stand_and_what_may_be_an_id_does_not(path: str, shown: str) -> None:
    assert shown_path(path) == shown


@given(
    st.one_of(
        st.uuids().map(str), st.uuids().map(lambda one: one.hex), st.ip_addresses(v=4).map(str),
        st.ip_addresses(v=6).map(str), st.integers(min_value=0).map(str),
    ),
    st.sampled_from(["/{}", "/u/{}/feed.xml", "/shows/{}.mp3", "/{}/{}"]),
)  # fmt: skip
def test_no_id_and_no_address_is_shown(secret: str, pattern: str) -> None:
    shown = shown_path(pattern.format(secret, secret))
    assert secret not in shown
    assert not re.search(r"[0-9]", shown.removesuffix(".mp3"))


@given(st.text(max_size=300))
def test_any_path_is_short_and_printable(path: str) -> None:
    shown = shown_path(path)
    assert len(shown) <= 81
    assert shown.isprintable()
