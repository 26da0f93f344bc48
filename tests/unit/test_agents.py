"""User agents: apps, devices, operating systems, bots; our table first, the libraries behind it."""

from __future__ import annotations

import json
from typing import Any

import crawleruseragents
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.agents.classify import Agent, classify_agent, lists_version
from queries.ingest.agents.table import DEVICES, Literals, load_table, read_table

IOS_APP = "CFNetwork/1335.0.3 Darwin/21.6.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = "Chrome/116.0 Safari/537.36"
MOBILE = "Chrome/116.0 Mobile Safari/537.36"


def android(model: str, browser: str = MOBILE) -> str:
    return f"Mozilla/5.0 (Linux; Android 13; {model}) {WEBKIT} {browser}"


@pytest.mark.parametrize(
    ("agent", "app", "device", "os"),
    [
        (f"Podcasts/1520.1 {IOS_APP}", "Apple Podcasts", "phone", "iOS"),
        # The app's name in Russian, percent-encoded as it is sent.
        (f"%D0%9F%D0%BE%D0%B4%D0%BA%D0%B0%D1%81%D1%82%D1%8B/1545.1 {IOS_APP}", "Apple Podcasts", "phone", "iOS"),
        ("AppleCoreMedia/1.0.0.19F77 (iPhone; U; CPU OS 15_5 like Mac OS X; en_us)", "AppleCoreMedia", "phone", "iOS"),
        ("AppleCoreMedia/1.0.0.19F77 (iPad; U; CPU OS 15_5 like Mac OS X)", "AppleCoreMedia", "tablet", "iPadOS"),
        ("AppleCoreMedia/1.0.0.20B82 (Macintosh; U; Intel Mac OS X 10_14_1)", "AppleCoreMedia", "computer", "macOS"),
        ("AppleCoreMedia/1.0.0.19T572 (Apple TV; U; CPU OS 15_2 like Mac OS X)", "AppleCoreMedia", "tv", "tvOS"),
        ("AppleCoreMedia/1.0.0.21K365 (HomePod; U; CPU OS 17_2 like Mac OS X)", "HomePod", "smart_speaker", "audioOS"),
        ("Overcast/3.0 (+http://overcast.fm/; iOS podcast app)", "Overcast", "phone", "iOS"),
        ("Overcast/3.0 (+http://overcast.fm/; Apple Watch podcast app)", "Overcast", "watch", "watchOS"),
        ("Overcast (+http://overcast.fm/; Apple Watch podcast app)", "Overcast", "watch", "watchOS"),
        ("AntennaPod/2.5.2", "AntennaPod", "phone", "Android"),
        ("YouTube Music/6.42 (iPhone; iOS 17.4)", "YouTube Music", "phone", "iOS"),
        ("com.google.android.apps.youtube.music/6.42.52 (Linux; U; Android 13) gzip", "YouTube Music", "phone",
         "Android"),
        ("PodcastAddict/v5 (+https://podcastaddict.com/; Android podcast app)", "Podcast Addict", "phone", "Android"),
        ("Spotify/8.6.94 Android/29 (SM-G973F)", "Spotify", "phone", "Android"),
        ("Spotify/8.5.49 iOS/13.3 (iPhone11,8)", "Spotify", "phone", "iOS"),
        ("Spotify/114000192 Win32/0 (PC laptop)", "Spotify", "computer", "Windows"),
        ("Castro 2021.5/2", "Castro", "phone", "iOS"),
        ("AlexaMediaPlayer/2.1 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9", "Amazon Alexa", "smart_speaker", "Fire OS"),
        ("Linux UPnP/1.0 Sonos/57.3-80220 (ZPS13)", "Sonos", "smart_speaker", "Sonos"),
        ("Dalvik/2.1.0 (Linux; U; Android 12; SM-T870 Build/SP1A)", "Android media player", "tablet", "Android"),
        (android("Pixel 7"), "Chrome", "phone", "Android"),
        (android("X", CHROME), "Chrome", "tablet", "Android"),
        (android("AFTMM"), "Chrome", "tv", "Android"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} {CHROME} Edg/116.0", "Edge", "computer", "Windows"),
        # Of what names CFNetwork only a Mac writes its processor or its model; one that does not stays a phone.
        ("Podcasts/2.4 CFNetwork/978.0.7 Darwin/18.7.0 (x86_64)", "Apple Podcasts", "computer", "macOS"),
        ("Downcast/2 CFNetwork/1206 Darwin/20.1.0 (arm64)", "Downcast", "computer", "macOS"),
        ("iTunes/12 CFNetwork/1107.1 Darwin/19.0.0 (x86_64) (MacBookPro8%2C1)", "iTunes", "computer", "macOS"),
        ("Castro/5 Mac14,2 CFNetwork/1206 Darwin/20.1.0", "Castro", "computer", "macOS"),
        ("AmazonMusic/9.15.2 iPhone7,2 CFNetwork/978.0.7 Darwin/18.7.0", "Amazon Music", "phone", "iOS"),
        ("AmazonMusic/22.13.3 iPad7,3 CFNetwork/1335.0.3 Darwin/21.6.0", "Amazon Music", "tablet", "iPadOS"),
        # Watches: Samsung's are no tablets (SM-T), phones (SM-G) or headsets (SM-R322).
        (android("SM-R900", CHROME), "Chrome", "watch", "Wear OS"),
        (android("SM-L310", CHROME), "Chrome", "watch", "Wear OS"),
        (android("Google Pixel Watch 2"), "Chrome", "watch", "Wear OS"),
        ("PocketCasts/1.0 (Wear OS; Android 11)", "Pocket Casts", "watch", "Wear OS"),
        ("Dalvik/2.1.0 (Linux; U; Android 11; SM-R900 Build/RWD1)", "Android media player", "watch", "Wear OS"),
        ("Mozilla/5.0 (Linux; Tizen 2.3.2; SAMSUNG SM-R760) Safari/537.3", "Safari", "watch", "Tizen"),
        ("Dalvik/2.1.0 (Linux; U; Android 7.0; SM-R322 Build/N)", "Android media player", "phone", "Android"),
        ("AppleCoreMedia/1.0.0.16R591 (Apple Watch; CPU OS 5_1 like Mac OS X)", "AppleCoreMedia", "watch", "watchOS"),
        (f"Outcast/1 {IOS_APP}", "Outcast", "watch", "watchOS"),
        # Televisions, speakers, cars and consoles that share a system with phones and computers.
        ("Dalvik/2.1.0 (Linux; U; Android 9; SHIELD Android TV Build/P)", "Android media player", "tv", "Android"),
        (f"Mozilla/5.0 (X11; Linux aarch64) {WEBKIT} {CHROME} CrKey/1.56 DeviceType/SmartSpeaker", "Chrome",
         "smart_speaker", "Chromecast"),
        (f"Mozilla/5.0 (X11; Linux aarch64) {WEBKIT} {CHROME} CrKey/1.56 DeviceType/Chromecast", "Chrome", "tv",
         "Chromecast"),
        ("AirPodcasts/4022.700.8 CFNetwork/1410.0.3 Darwin/22.6.0", "HomePod", "smart_speaker", "audioOS"),
        ("Amazon;Echo_Dot;27d4dfe427b3;;tpapi;3.199.422", "Amazon Alexa", "smart_speaker", "Fire OS"),
        ("Bose;Bose_Home_Speaker_500;1d2cf25b1643;;tpapi;3.198.103", "Bose SoundTouch", "smart_speaker", "unknown"),
        ("Dalvik/2.1.0 (Linux; U; Android 10; Android Automotive Build/Q)", "Android media player", "car", "Android"),
        ("Mozilla/5.0 (PlayStation 5 3.03/SmartTV) AppleWebKit/605.1.15", "Apple Mail", "console", "unknown"),
        # Apps that name their system, but not as a browser does.
        ("Podbean/iOS (http://podbean.com) 5.2.0 - 5d7a2e", "Podbean", "phone", "iOS"),
        ("Podbean/Android App 8.6.4 (http://podbean.com)", "Podbean", "phone", "Android"),
        ("iTunes/12.x (Macintosh; Intel)", "iTunes", "computer", "macOS"),
        ("iTunes/12.11.0 (Macintosh; macOS 11.1)", "iTunes", "computer", "macOS"),
        ("iTunes/12.10.1 (Windows; Microsoft Windows 10 x64; x64)", "iTunes", "computer", "Windows"),
        ("podverse/4.10.0 iOS", "Podverse", "phone", "iOS"),
        ("podverse/Android Mobile App/4.1", "Podverse", "phone", "Android"),
        ("Podverse/Web", "Podverse", "unknown", "unknown"),
        ("Spotify/120500546 OSX/0 (MacBookPro16,1)", "Spotify", "computer", "macOS"),
        ("Downcast/2.11 (Mac; Version 12)", "Downcast", "computer", "macOS"),
        ("Stitcher/iOS", "Stitcher", "phone", "iOS"),
        ("Podimo/2.5 build 1/iOS 16", "Podimo", "phone", "iOS"),
        ("AnytimePodcastPlayer/1.2 (phone;android)", "Anytime", "phone", "Android"),
        ("Music/1.0 (Macintosh; OS X 10.15.7)", "Apple Music", "computer", "macOS"),
        ("Links (2.7; CYGWIN_NT-5.1 1.7.15 i686; text)", "Links", "computer", "Windows"),
        # A word that only holds the name of a system names none, and one that is not written there is not guessed.
        ("Macaroni BigMac xiOSx/1", "unknown", "unknown", "unknown"),
        ("Mozilla/5.0 Gecko/20100115 Firefox/3.6", "Firefox", "unknown", "unknown"),
        # Phones that are none of the large systems.
        ("QS304 Profile/MIDP-2.0 Configuration/CLDC-1.1", "unknown", "phone", "unknown"),
        ("Opera/9.80 (MTK; Opera Mini/2.1199/34.1244; U; id) Presto/2.8.119", "Opera", "phone", "unknown"),
        ("Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0)", "IE", "phone", "Windows Phone"),
        # A phone of the maker Cubot is no bot.
        (android("CUBOT_NOTE_7"), "Chrome", "phone", "Android"),
        ("something nobody knows", "unknown", "unknown", "unknown"),
    ],
)  # fmt: skip
def test_listeners(agent: str, app: str, device: str, os: str) -> None:
    assert classify_agent(agent) == Agent(app, device, os, is_bot=False)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("iTMS", "Apple Podcasts directory"),
        ("Spotify/1.0", "Spotify feed reader"),
        (
            "Overcast/1.0 Podcast Sync (123 subscribers; feed-id=1; +http://overcast.fm/)",
            "Overcast feed reader",
        ),
        ("PocketCasts/1.0 (Pocket Casts Feed Parser; +http://pocketcasts.com/)", "Pocket Casts feed reader"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
        ("Mozilla/5.0 (compatible; BeetleBot; )", "BeetleBot"),
        ("python-requests/2.25", "Python Requests"),
        ("my own spider 1", "my own spider"),
        ("Mozilla/5.0 (compatible; Ezooms/1.0; help@moz.com)", "Programs that fetch"),
        ("Chef Client/10.18.2 (ruby-1.9.3-p327; x86_64-linux)", "Programs that fetch"),
        ("LiveJournal.com (webmaster@livejournal.com; for http://example.org/; 8 readers)", "Feed readers"),
    ],
)
def test_bots(agent: str, name: str) -> None:
    assert classify_agent(agent) == Agent(name, "unknown", "unknown", is_bot=True)


def test_every_crawler_of_the_public_list_is_a_bot() -> None:
    instances = [
        instance for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA for instance in entry["instances"]
    ]
    assert len(instances) > 2_000
    missed = [instance for instance in instances if not classify_agent(instance).is_bot]
    # A model of telephone inside Instagram, which one scraper happened to imitate.
    assert [agent for agent in missed if "Instagram 406" not in agent] == []


def test_the_fast_matcher_agrees_with_the_lists_own() -> None:
    patterns = [entry["pattern"] for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA]
    machine = Literals(patterns)
    tried = [
        entry["instances"][0] for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA if entry["instances"]
    ][::7]
    tried += [
        f"Podcasts/1 {IOS_APP}",
        "AntennaPod/2",
        f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/1 Safari/1",
    ]
    for agent in tried:
        assert (machine.first(agent) is not None) == crawleruseragents.is_crawler(agent)


def test_every_entry_of_the_table_is_found_by_its_own_agents() -> None:
    table = load_table()
    matcher = table.matcher()
    hidden = [
        (entry.name, text)
        for entry in table.entries
        for text in (*entry.begins, *entry.holds)
        if (position := matcher.first(text)) is None or table.entries[position] is not entry
    ]
    assert hidden == []
    assert all(entry.device in (*DEVICES, None) for entry in table.entries)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"begins": ["Abc"]}, "has no name"),
        ({"name": "A"}, "A: needs begins or holds"),
        ({"name": "A", "begins": ["ab"]}, "of three letters at least"),
        ({"name": "A", "begins": ["Abc"], "device": "toaster"}, "A: the device is one of phone"),
        ({"name": "A", "begins": ["Abc"], "colour": "red"}, "A: unknown colour"),
    ],
)
def test_a_mistake_in_the_table_is_named(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table({"version": "1", "app": [entry]})
    twice = {"name": "A", "begins": ["Abc"]}
    with pytest.raises(ValueError, match="two entries are called 'A'"):
        read_table({"version": "1", "app": [twice, twice]})


def test_the_version_names_every_list() -> None:
    said = lists_version()
    assert said.startswith(f"apps {load_table().version}, crawler-user-agents 1.")
    assert ", ua-parser rules 20" in said


@given(st.text(max_size=80))
def test_any_text_is_classified(agent: str) -> None:
    found = classify_agent(agent)
    assert found == classify_agent(agent)
    assert found.device in DEVICES
    json.dumps(found.app + found.os)
