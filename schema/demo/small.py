"""The three tenants of the small demo, each with a story that its figures tell."""

from __future__ import annotations

from schema.demo import titles
from schema.demo.northlight import northlight
from schema.demo.plans import (
    BookingPlan,
    Brand,
    CampaignPlan,
    Hit,
    Place,
    Placement,
    ShowPlan,
    SponsorPlan,
    TenantPlan,
    demo_people,
)

_SECOND_WAVE_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Second Wave Media">'
    '<g fill="none" stroke="#b4472a" stroke-width="4.5" stroke-linecap="round">'
    '<path d="M5 20c6-8 13-8 19 0s13 8 19 0"/><path d="M5 33c6-8 13-8 19 0s13 8 19 0" opacity=".55"/></g></svg>'
)
_HARBOUR_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Harbour and Pine">'
    '<path d="M24 4l9 13h-5l8 12H12l8-12h-5z" fill="#37784a"/>'
    '<path d="M6 37c4-4 8-4 12 0s8 4 12 0 8-4 12 0" fill="none" '
    'stroke="#37784a" stroke-width="4" stroke-linecap="round"/>'
    "</svg>"
)


def small_tenants() -> tuple[TenantPlan, ...]:
    """Northlight Audio, Second Wave Media and Harbour & Pine."""
    return (northlight(), _second_wave(), _harbour())


def _second_wave() -> TenantPlan:
    return TenantPlan(
        slug="second",
        name="Second Wave Media",
        time_zone="Europe/Berlin",
        currency="EUR",
        week_start="monday",
        brand=Brand("Second Wave Media", "#b4472a", _SECOND_WAVE_LOGO),
        people=demo_people(
            "second.example",
            ("Stine Sponholz", "Pelle Podmann", "Mila Managerow", "Anton Adminski"),
            ("radwerk", "lindenhof"),
            ("code",),
        ),
        places=(
            Place("DE", "DE-BE", 0.15, 0), Place("DE", "DE-NW", 0.145, 0), Place("DE", "DE-BY", 0.125, 0),
            Place("DE", "DE-HH", 0.08, 0), Place("DE", "DE-BW", 0.09, 0), Place("DE", "DE-HE", 0.055, 0),
            Place("DE", "DE-SN", 0.05, 0), Place("DE", "DE-NI", 0.05, 0), Place("AT", "AT-9", 0.085, 0),
            Place("CH", "CH-ZH", 0.07, 0), Place("NL", "NL-NH", 0.022, 0), Place("GB", "GB-ENG", 0.02, -1),
            Place("US", "US-NY", 0.018, -6), Place("ES", "ES-CT", 0.015, 0), Place("FR", "FR-IDF", 0.013, 0),
            Place("DK", "DK-84", 0.007, 0), Place("LU", "LU-LU", 0.005, 0),
        ),
        app_bias={
            "Apple Podcasts": 0.72, "Spotify": 1.35, "AntennaPod": 3.0, "Podcast Addict": 1.5,
            "Overcast": 0.7,
            "iHeartRadio": 0.03, "Amazon Music": 1.15, "Pocket Casts": 1.1,
        },
        shows=(
            ShowPlan(
                "gleis", "Gleis Neun", "Reportagen aus Orten, an denen der Zug noch hält.",
                "Society & Culture",
                "Hedda Brinkmann", "de", weekday=0, publish_minute=330, minutes=38, level=560,
                yearly_growth=1.08,
                titles=titles.GLEIS, weekend_factor=0.8, completion=0.63, pauses=((-121, -101),),
            ),
            ShowPlan(
                "code", "Feierabend Code", "Zwei Entwicklerinnen, ein Thema, keine Folien.", "Technology",
                "Jule Kempf & Tarek Nasr", "de", weekday=4, publish_minute=960, minutes=55, level=430,
                yearly_growth=1.42,
                titles=titles.CODE, weekend_factor=0.72, completion=0.52,
                hits=(Hit(-297, 2.8, "Der Ausfall, den niemand bemerkte",
                "Lief auf einer Konferenz als Beispiel."),),
            ),
            ShowPlan(
                "wald", "Waldweg", "Eine halbe Stunde draußen, zum Mitgehen.", "Health & Fitness",
                "Karla Ostwald", "de",
                weekday=5, publish_minute=390, minutes=31, level=240, yearly_growth=1.22, titles=titles.WALD,
                weekend_factor=1.35, completion=0.74, pauses=((-125, -107),),
            ),
        ),
        sponsors=(
            SponsorPlan("radwerk", "Radwerk Altona", "https://radwerk-altona.example"),
            SponsorPlan("lindenhof", "Lindenhof Säfte", "https://lindenhof.example"),
            SponsorPlan("falkentor", "Falkentor Versicherung", "https://falkentor.example"),
            SponsorPlan("nordstrom", "Deichstrom", "https://deichstrom.example"),
            SponsorPlan("papierboot", "Papierboot Verlag", "https://papierboot.example"),
        ),
        campaigns=(
            CampaignPlan(
                "stadtrad", "Stadtrad im Abo", "radwerk",
                "Host-Reads in Gleis Neun, Mid-Rolls bei Feierabend Code.", "live",
                start=-40, end=25, stage_changed=-40,
                bookings=(BookingPlan("cpm", 34, "RAD30", "https://radwerk-altona.example/abo"),),
                placements=(
                    Placement("gleis", "host", 60, -40, 24, pull=1.6), Placement("code", "mid_1", 45, 3,
                    400, pull=0.8),
                    Placement("wald", "mid_1", 45, -20, 400, pull=0.6),
                ),
                delivery=1.0, visits=0.014, orders=0.0032, prices=(29.0, 39.0, 39.0), slow=1.4,
            ),
            CampaignPlan(
                "saftkiste", "Saftkiste", "lindenhof", "Drei Sorten zum Probieren.", "live", start=-28,
                end=14,
                stage_changed=-28,
                bookings=(BookingPlan("cpm", 24, "SAFT5", "https://lindenhof.example/kiste"),),
                placements=(Placement("wald", "pre", 20, -30, 400, pull=1.5), Placement("gleis", "pre", 20,
                -10, 400)),
                delivery=0.78, visits=0.011, orders=0.0030, prices=(19.9, 27.9),
            ),
            CampaignPlan(
                "haftpflicht", "Haftpflicht einfach", "falkentor", "Ein Lead ist ein angefragtes Angebot.",
                "completed",
                start=-152, end=-96, stage_changed=-95,
                bookings=(BookingPlan("cpm", 27, "FALKE", "https://falkentor.example/einfach"),),
                placements=(Placement("code", "host", 60, -30, 400, pull=1.2), Placement("gleis", "mid_1",
                45, -30, 400)),
                delivery=1.04, conversion_type="lead", visits=0.012, orders=0.0040, prices=(58.0, 74.0),
                lead_value=9.0,
            ),
            CampaignPlan(
                "wechselwochen", "Wechselwochen", "nordstrom",
                "Ein Lead ist ein ausgefüllter Tarifrechner.", "live",
                start=-20, end=36, stage_changed=-20,
                bookings=(BookingPlan("cpm", 30, "DEICH", "https://deichstrom.example/wechsel"),),
                placements=(Placement("code", "host", 60, -30, 400, pull=1.1), Placement("gleis", "mid_2",
                45, -30, 400)),
                delivery=1.13, conversion_type="lead", visits=0.014, orders=0.0041, prices=(95.0, 120.0),
                lead_value=14.0,
            ),
            CampaignPlan(
                "neue-romane", "Neue Romane", "papierboot", "Zwei Titel, eine kleine Auflage.", "completed",
                start=-90, end=-55, stage_changed=-54,
                bookings=(BookingPlan("cpm", 19, "BOOT", "https://papierboot.example/neu"),),
                placements=(Placement("gleis", "pre", 20, -20, 400),),
                delivery=0.83, visits=0.010, orders=0.0026, prices=(22.0, 24.0, 46.0),
            ),
            CampaignPlan(
                "dienstrad", "Dienstrad für Teams", "radwerk", "Angebot liegt beim Kunden.", "proposed",
                start=30, end=72,
                stage_changed=-5, booked=24_000,
                bookings=(BookingPlan("cpm", 35, "TEAMRAD", "https://radwerk-altona.example/team"),),
            ),
            CampaignPlan(
                "winterkiste", "Winterkiste", "lindenhof", "Schließt an die Saftkiste an.", "booked",
                start=16, end=50,
                stage_changed=-8, booked=15_000,
                bookings=(BookingPlan("cpm", 24, "KISTE", "https://lindenhof.example/winter"),),
            ),
        ),
        quiet_days={-51: 0.45},
    )  # fmt: skip


def _harbour() -> TenantPlan:
    return TenantPlan(
        slug="third",
        name="Harbour & Pine",
        time_zone="Australia/Adelaide",
        currency="AUD",
        week_start="monday",
        brand=Brand("Harbour & Pine", "#37784a", _HARBOUR_LOGO),
        people=demo_people(
            "third.example",
            ("Shay Sponsford", "Poppy Podlington", "Mack Managham", "Addie Adminster"),
            ("mallee",),
            ("garden",),
        ),
        places=(
            Place("AU", "AU-SA", 0.29, 0), Place("AU", "AU-VIC", 0.19, 0.5), Place("AU", "AU-NSW", 0.165,
            0.5),
            Place("AU", "AU-QLD", 0.09, -0.5), Place("AU", "AU-WA", 0.06, -2.5), Place("AU", "AU-TAS", 0.03,
            0.5),
            Place("NZ", "NZ-AUK", 0.07, 2.5), Place("GB", "GB-ENG", 0.05, -10.5), Place("US", "US-CA", 0.03,
            -18.5),
            Place("SG", "SG-01", 0.015, -2.5), Place("IE", "IE-D", 0.01, -10.5),
        ),
        app_bias={"Apple Podcasts": 1.15, "iHeartRadio": 0.6, "AntennaPod": 0.8},
        shows=(
            ShowPlan(
                "garden", "Tidewater Garden", "Growing things where the air is salty.", "Leisure",
                "Wren Halloran", "en",
                weekday=3, publish_minute=330, minutes=33, level=250, yearly_growth=1.15,
                titles=titles.GARDEN,
                weekend_factor=1.25, completion=0.68,
            ),
            ShowPlan(
                "tinroof", "Tin Roof Radio", "True stories from towns with one pub.", "Comedy",
                "Dougal & Bree", "en",
                weekday=1, publish_minute=1020, minutes=41, level=210, yearly_growth=1.85,
                titles=titles.COMEDY,
                weekend_factor=0.9, completion=0.6,
            ),
        ),
        sponsors=(
            SponsorPlan("mallee", "Mallee Coffee Roasters", "https://malleecoffee.example"),
            SponsorPlan("saltbush", "Saltbush Nursery", "https://saltbushnursery.example"),
            SponsorPlan("cuttlefish", "Cuttlefish Wetsuits", "https://cuttlefish.example"),
        ),
        campaigns=(
            CampaignPlan(
                "first-bag", "First bag free", "mallee", "Host reads in both shows.", "live", start=-35,
                end=21,
                stage_changed=-35,
                bookings=(BookingPlan("cpm", 42, "FIRSTBAG", "https://malleecoffee.example/bag"),),
                placements=(Placement("garden", "host", 60, -30, 400), Placement("tinroof", "mid_1", 45,
                -30, 400, pull=1.5)),
                delivery=1.01, visits=0.018, orders=0.0040, prices=(18.0, 34.0, 34.0),
            ),
            CampaignPlan(
                "seed-box", "Native seed box", "saltbush", "Sold out before the flight was over.",
                "completed", start=-120,
                end=-78, stage_changed=-77,
                bookings=(BookingPlan("flat", 320, "SEEDS", "https://saltbushnursery.example/box"),),
                placements=(Placement("garden", "mid_1", 45, -60, 400, pull=1.6),),
                delivery=1.05, visits=0.016, orders=0.0060, prices=(45.0,),
            ),
            CampaignPlan(
                "cold-water", "Cold water club", "cuttlefish", "Pre-rolls on new episodes only.", "live",
                start=-24, end=18,
                stage_changed=-24,
                bookings=(BookingPlan("cpm", 28, "COLD", "https://cuttlefish.example/club"),),
                placements=(Placement("tinroof", "pre", 20, 0, 400),),
                delivery=0.74, visits=0.012, orders=0.0024, prices=(39.0, 59.0), slow=1.6,
            ),
            CampaignPlan(
                "wild-edges", "Wild edges", "saltbush", "Signed last week.", "booked", start=12, end=47,
                stage_changed=-7,
                booked=7_500,
                bookings=(BookingPlan("cpm", 30, "EDGES", "https://saltbushnursery.example/edges"),),
            ),
        ),
    )  # fmt: skip
