"""What is said from which second on, out of WebVTT, SubRip and JSON; what is no cue is named by its line."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.imports import ImportRefused
from queries.ingest.tally import Refusal
from queries.ingest.transcripts.formats import TranscriptFormat, TranscriptLink, best_link
from queries.ingest.transcripts.reader import CUT, LARGEST_TRANSCRIPT, Cue, read_transcript

VTT = b"""\xef\xbb\xbfWEBVTT - The Lamp
Kind: captions

STYLE
::cue { color: red }

NOTE nobody says this --> ever

1
00:01.000 --> 00:02.500 align:start
<v Ann Alba>Who lit <i>it</i>?

two
00:00:03.000 --> 00:00:04.000
<v Ann Alba>Nobody &amp; no one,
I think.

00:00:0x.000 --> 00:00:05.000
Badly timed

00:00:07.000 --> 00:00:06.000
<v Bo>Backwards

lost words

00:00:08.000 --> 00:00:09.000

01:00:00.250 --> 01:00:01.000
<v Bo>And you?
"""
SRT = (
    "1\r\n00:00:01,000 --> 00:00:02,500\r\nWho lit\r\nit?\r\n\r\n"
    + "2\r\n00:00:02,600 --> 00:00:04,000\r\n<i>Nobody.</i>\r\n\r\n"
)
SEGMENTS = [
    {"speaker": "Ann", "startTime": 1, "endTime": 2.5, "body": "Who lit it?"},
    {"speaker": "Bo", "startTime": 2.6, "body": "Nobody."},
]


def _json(*segments: object) -> bytes:
    return json.dumps({"version": "1.0.0", "segments": segments}).encode()


def test_web_vtt_is_read_and_what_is_no_cue_is_named_by_its_line() -> None:
    read = read_transcript(VTT)
    assert read.cues == (
        Cue(1.0, 2.5, "Who lit it?", "Ann Alba"),
        Cue(3.0, 4.0, "Nobody & no one, I think.", "Ann Alba"),
        Cue(3600.25, 3601.0, "And you?", "Bo"),
    )
    assert read.refusals == (
        Refusal(18, "The times of the cue cannot be read.", "00:00:0x.000 --> 00:00:05.000"),
        Refusal(21, "The cue ends before it begins.", "7.0 to 6.0 s"),
        Refusal(24, "This is no cue: it has no times.", "lost words"),
        Refusal(26, "The cue has no words."),
    )
    text, places = read.text
    assert text == "Ann Alba: Who lit it? Nobody & no one, I think.\n\nBo: And you?"
    assert [(place["s"], text[int(place["at"]) :][:8]) for place in places] == [
        (1.0, "Ann Alba"), (3.0, "Nobody &"), (3600.25, "Bo: And "),
    ]  # fmt: skip


def test_sub_rip_is_read() -> None:
    read = read_transcript(SRT.encode())
    assert read.cues == (Cue(1.0, 2.5, "Who lit it?"), Cue(2.6, 4.0, "Nobody."))
    assert (read.refusals, read.text[0]) == ((), "Who lit it? Nobody.")


def test_json_of_the_podcast_namespace_is_read() -> None:
    read = read_transcript(_json(*SEGMENTS))
    assert read.cues == (Cue(1.0, 2.5, "Who lit it?", "Ann"), Cue(2.6, 2.6, "Nobody.", "Bo"))
    assert read.text[0] == "Ann: Who lit it?\n\nBo: Nobody."


@pytest.mark.parametrize(
    ("spelled", "seconds"),
    [
        ("2", 2.0),
        ("2.5", 2.5),
        ("007", 7.0),
        ("1e3", None),
        ("\uff12", None),
        ("+2", None),
        ("", None),
        ("nan", None),
    ],
)
def test_a_time_may_be_a_plain_number_in_quotes(spelled: str, seconds: float | None) -> None:
    read = read_transcript(_json(SEGMENTS[0], {"startTime": spelled, "endTime": "9", "body": "x"}))
    assert [cue.starts_at for cue in read.cues] == [1.0, *([] if seconds is None else [seconds])]
    assert [cue.ends_at for cue in read.cues[1:]] == ([] if seconds is None else [9.0])
    assert [one.line_number for one in read.refusals] == ([2] if seconds is None else [])


def test_a_bad_segment_is_named_by_its_place() -> None:
    bad = [
        7, {"startTime": "1 s", "endTime": 2, "body": "x"}, {"startTime": True, "body": "x"},
        {"startTime": -1, "body": "x"},
        {"startTime": 3, "endTime": 2, "body": "x"}, {"startTime": 1, "endTime": 2},
        {"startTime": 1, "body": " \u200b "},
        {"startTime": 10**9, "body": "x"},
    ]  # fmt: skip
    read = read_transcript(_json(*bad, SEGMENTS[0]))
    assert [(one.place, one.line_number) for one in read.refusals] == [
        ("segment", number) for number in range(1, len(bad) + 1)
    ]
    assert [cue.words for cue in read.cues] == ["Who lit it?"]
    negative = read.refusals[3]
    assert (negative.reason, negative.detail) == (BEFORE_ALL, "-1.0 to -1.0 s")
    assert negative.told == "segment 4: -1.0 to -1.0 s"
    assert read.refusals[0].told == "segment 1"
    late = read_transcript(_json(SEGMENTS[0], {"startTime": 9000, "body": "x"})).within(1200)
    assert [(one.place, one.line_number) for one in late.refusals] == [("segment", 2)]


BEFORE_ALL = "The cue begins or ends before the episode does: a time is negative."


@pytest.mark.parametrize("timing", ["-00:00:01.000 --> 00:00:02.000", "00:00:01.000 --> -00:00:02.000"])
@pytest.mark.parametrize("head", ["WEBVTT\n\n", ""])
def test_a_negative_time_is_told_as_such(head: str, timing: str) -> None:
    good = "1\n00:00:05.000 --> 00:00:06.000\nGood.\n\n".replace(".", "." if head else ",", 2)
    read = read_transcript(f"{head}{good}{timing}\nEarly.\n".encode(), "vtt" if head else "srt")
    assert [(one.reason, one.detail) for one in read.refusals] == [(BEFORE_ALL, timing)]


@pytest.mark.parametrize(
    "words", ["word " * 5000, "<p>word</p> " * 5000, "w" * 3_000_000, "<b>w</b>" * 100_000]
)
def test_a_cue_that_is_cut_says_so(words: str) -> None:
    read = read_transcript(_json(SEGMENTS[0], {"startTime": 9, "body": words}))
    cue = read.cues[-1]
    assert len(cue.words) <= 20_000
    assert cue.words.endswith("…")
    (refusal,) = read.refusals
    assert (refusal.place, refusal.line_number, refusal.reason) == ("segment", 2, CUT)
    assert refusal.detail.startswith("begins: w")
    lines = read_transcript(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{words}\n".encode())
    assert [(one.place, one.line_number, one.reason) for one in lines.refusals] == [("line", 3, CUT)]


def test_a_cue_of_as_many_characters_as_are_taken_is_whole() -> None:
    read = read_transcript(
        _json({"startTime": 9, "body": "w" * 20_000}, {"startTime": 10, "body": "<i></i>" * 9000 + "x"})
    )
    assert ([len(cue.words) for cue in read.cues], read.refusals) == ([20_000, 1], ())


def test_a_line_that_is_not_utf_8_is_refused_and_the_rest_stands() -> None:
    read = read_transcript(SRT.encode() + b"3\n00:00:09,000 --> 00:00:10,000\ncaf\xe9\n")
    assert len(read.cues) == 2
    assert read.refusals == (Refusal(12, "The line is not valid UTF-8."),)


def test_cues_stand_in_the_order_of_time_and_a_silence_begins_a_paragraph() -> None:
    spoken = [(9, 10, "third"), (1, 2, "first"), (2.5, 3, "second"), (12, 13, "fourth")]
    read = read_transcript(_json(*({"startTime": s, "endTime": e, "body": b} for s, e, b in spoken)))
    assert read.text[0] == "first second\n\nthird\n\nfourth"


def test_a_stray_tag_or_control_character_is_never_kept() -> None:
    read = read_transcript(
        _json({"startTime": 1, "body": "<script>alert(1)</script>Hello\u202e <b>you</b>\x00"})
    )
    assert read.cues[0].words == "Hello you"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "no transcript in WebVTT"), (b"<html>", "no transcript in WebVTT"), (b"WEBVTT\n\n", "no cue"),
        (b"{", "not valid JSON"), (b'{"segments": 3}', "an array called segments"), (b'{"segments": []}', "no cue"),
        (b'{"a": "caf\xe9"}', "not valid JSON"), (b"x" * (LARGEST_TRANSCRIPT + 1), "larger than 10 MB"),
        (_json(*({"startTime": n, "body": "word " * 3000} for n in range(40))), "longer than 400,000"),
    ],
    ids=["empty", "page", "no cues", "half", "no array", "none", "latin", "large", "long"],
)  # fmt: skip
def test_what_is_no_transcript_is_said_in_one_line(document: bytes, message: str) -> None:
    with pytest.raises(ImportRefused, match=message):
        read_transcript(document)


def test_a_told_format_is_believed() -> None:
    with pytest.raises(ImportRefused, match="begins with the line WEBVTT"):
        read_transcript(SRT.encode(), "vtt")


@given(
    st.binary(max_size=300)
    | st.text(alphabet='0123456789:., ->\n<v>{}"[]a\u00a0', max_size=300).map(str.encode),
    st.sampled_from([None, "vtt", "srt", "json"]),
)
def test_anything_is_read_or_refused(document: bytes, told: TranscriptFormat | None) -> None:
    for start in (b"", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n\n"):
        try:
            read = read_transcript(start + document, told)
        except ImportRefused:
            continue
        text, places = read.text
        assert len(places) == len(read.cues)
        assert all(0 <= place["at"] < len(text) for place in places)
        assert "\x00" not in text


def test_an_hour_of_talk_is_read_in_a_moment() -> None:
    lines = (
        f"{n}\n{n // 60:02}:{n % 60:02}.000 --> {n // 60:02}:{n % 60:02}.900\nTalk {n}\n" for n in range(3600)
    )
    began = time.process_time()
    assert len(read_transcript("\n".join(["WEBVTT\n", *lines]).encode()).cues) == 3600
    assert time.process_time() - began < 3


def test_of_several_addresses_the_one_that_says_most_is_taken_in_the_language_of_the_podcast() -> None:
    offered = [
        ("https://a.example/html", "text/html", ""), ("https://a.example/srt", "application/x-subrip", ""),
        ("https://a.example/de", "application/json", "de"),
        ("https://a.example/vtt", "text/vtt; charset=utf-8", "en-GB"),
    ]  # fmt: skip
    assert best_link(offered, "en") == TranscriptLink("https://a.example/vtt", "vtt", "en-GB")
    assert best_link(offered, "de-AT") == TranscriptLink("https://a.example/de", "json", "de")
    assert best_link(offered[:2], "en") == TranscriptLink("https://a.example/srt", "srt", None)
    assert best_link(offered[:1], "en") is None
