"""Where the audio lies behind those that measure in front of it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.enclosures import Enclosure, enclosure, is_public_audio, read_measurers

AUDIO = "cdn.example/show/one.mp3?key=a&s=1"


@pytest.mark.parametrize(
    ("prefix", "measurer"),
    [
        ("dts.podtrac.com/redirect.mp3/", "Podtrac"), ("www.podtrac.com/pts/redirect.m4a/", "Podtrac"),
        ("play.podtrac.com/npr-510289/", "Podtrac Play"), ("chtbl.com/track/ABC123/", "Chartable"),
        ("chrt.fm/track/ABC123/", "Chartable"), ("op3.dev/e/", "OP3"), ("op3.dev/e,pg=9b024349/", "OP3"),
        ("pdst.fm/e/", "Spotify Ad Analytics"), ("prfx.byspotify.com/e/", "Spotify Ad Analytics"),
        ("pscrb.fm/rss/p/", "Podscribe"), ("verifi.podscribe.com/rss/p/", "Podscribe"),
        ("mgln.ai/e/121/", "Magellan AI"), ("claritaspod.com/measure/", "Claritas"),
        ("clrtpod.com/m/", "Claritas, short"), ("arttrk.com/p/24FDE/", "ArtsAI"), ("pfx.vpixl.com/2jSe3/", "Vpixl"),
        ("pdcn.co/e/", "Podcorn"), ("tracking.swap.fm/track/abcDEF/", "SWAP.fm"), ("2.gum.fm/", "Gumball"),
        ("media.blubrry.com/show/", "Blubrry"), ("media.blubrry.com/show/p/", "Blubrry"),
        ("growx.podkite.com/https/ABC/", "Podkite"), ("p.podderapp.com/123/", "Podder"),
    ],
)  # fmt: skip
def test_each_measurer_is_known(prefix: str, measurer: str) -> None:
    assert enclosure(f"https://{prefix}{AUDIO}") == Enclosure(f"https://{AUDIO}", (measurer,))


def test_a_chain_of_them_is_taken_off_from_the_front() -> None:
    chain = (
        "https://claritaspod.com/measure/arttrk.com/p/24FDE/verifi.podscribe.com/rss/p/pfx.vpixl.com/2jSe3/"
        "prfx.byspotify.com/e/dts.podtrac.com/redirect.mp3/mgln.ai/e/121/"
    )
    assert enclosure(chain + AUDIO) == Enclosure(
        f"https://{AUDIO}",
        ("Claritas", "ArtsAI", "Podscribe", "Vpixl", "Spotify Ad Analytics", "Podtrac", "Magellan AI"),
    )


@pytest.mark.parametrize(
    "address",
    [
        f"https://{AUDIO}",
        # Nobody's prefix that we know, and a host that is only called like one.
        f"https://track.example/redirect.mp3/{AUDIO}", f"https://chtbl.com.evil.example/track/A/{AUDIO}",
        # A measurer's own page, and one with nothing behind its prefix.
        "https://op3.dev/show/9b024349", "https://chtbl.com/track/ABC123/", "https://pdst.fm/e/one.mp3",
    ],
)  # fmt: skip
def test_any_other_address_stays_as_it_is(address: str) -> None:
    assert enclosure(address) == Enclosure(address)


def test_the_address_behind_a_prefix_may_say_its_own_scheme() -> None:
    assert enclosure(f"https://pdst.fm/e/http://{AUDIO}").audio_url == f"http://{AUDIO}"
    assert enclosure(f"http://pdst.fm/e/{AUDIO}").audio_url == f"http://{AUDIO}"


def test_a_prefix_of_ours_never_leads_back_to_us() -> None:
    ours = f"https://podboard.example/e/{uuid4()}"
    assert enclosure(f"{ours}/{AUDIO}") == Enclosure(f"https://{AUDIO}", ("podboard",))
    assert (
        enclosure(f"https://pdst.fm/e/{ours.removeprefix('https://')}/op3.dev/e/{AUDIO}").audio_url
        == f"https://{AUDIO}"
    )
    for nothing in (ours, f"{ours}/", f"{ours}/one.mp3", f"{ours.upper().replace('HTTPS', 'https')}/"):
        assert enclosure(nothing).audio_url is None


@given(
    st.lists(
        st.sampled_from(["pdst.fm/e/", "op3.dev/e/", "chtbl.com/track/A/", "pfx.vpixl.com/x/"]), max_size=8
    )
)
def test_what_is_left_begins_with_no_prefix(prefixes: list[str]) -> None:
    found = enclosure(f"https://{''.join(prefixes)}{AUDIO}")
    assert found.audio_url == f"https://{AUDIO}"
    assert len(found.measurers) == len(prefixes)
    assert enclosure(found.audio_url) == Enclosure(found.audio_url)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"hosts": ["a.example"], "paths": ["e"]}, "no name"),
        ({"name": "A", "hosts": [], "paths": ["e"]}, "A: needs exactly hosts, name, paths"),
        ({"name": "A", "hosts": ["a.example"], "path": ["e"]}, "A: needs exactly"),
    ],
)
def test_a_mistake_in_the_table_is_named(entry: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_measurers({"measurer": [entry]})


def test_two_entries_of_one_name_are_a_mistake() -> None:
    entry = {"name": "A", "hosts": ["a.example"], "paths": ["e"]}
    with pytest.raises(ValueError, match="'A'"):
        read_measurers({"measurer": [entry, entry]})


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.org/a.mp3", "http://cdn.example.org/a.mp3", "http://stream.example.org:8000/a.mp3?x=1@2",
        "https://müsli.example.org/ä b.mp3".replace(" ", "%20"), "https://93.184.216.34/a.mp3",
        "https://cdn.example.org/@show/a:b.mp3", f"https://pdst.fm/e/{AUDIO}",
    ],
)  # fmt: skip
def test_listeners_are_sent_to_public_hosts(url: str) -> None:
    assert is_public_audio(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.8/a.mp3", "http://127.0.0.1/a.mp3", "http://127.1/a.mp3", "http://[::1]/a.mp3",
        "http://0x7f000001/a",
        "https://nas.local/a.mp3", "http://localhost:8000/a.mp3", "http://intranet/a.mp3",
        "http://169.254.169.254/latest",
        "https://joe:secret@cdn.example.org/a.mp3", "https://joe@cdn.example.org/a.mp3", "ftp://cdn.example.org/a.mp3",
        "https://pdst.fm/e/https://joe:secret@cdn.example.org/a.mp3",
        "https://pdst.fm/e/joe:secret@cdn.example.org/a.mp3",
        "https://cdn.example.org\\@10.0.0.8/a.mp3",
    ],
)  # fmt: skip
def test_listeners_are_not_sent_inside_nor_with_a_log_in(url: str) -> None:
    assert not is_public_audio(url)
