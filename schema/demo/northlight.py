"""The first tenant of the small demo, Northlight Audio: an American house with campaigns in every stage."""

from __future__ import annotations

from schema.demo import titles
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

_NORTHLIGHT_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Northlight Audio">'
    '<g fill="none" stroke="#2563c9" stroke-width="4" stroke-linecap="round">'
    '<path d="M6 34c6-16 12-22 18-22s12 6 18 22"/><path d="M14 36c3-9 6-13 10-13s7 4 10 13"/></g>'
    '<circle cx="24" cy="37" r="3.5" fill="#2563c9"/></svg>'
)


def northlight() -> TenantPlan:
    """The tenant of the log-ins at demo.example."""
    return TenantPlan(
        slug="northlight",
        name="Northlight Audio",
        time_zone="America/New_York",
        currency="USD",
        week_start="sunday",
        brand=Brand("Northlight Audio", "#2563c9", _NORTHLIGHT_LOGO),
        people=demo_people(
            "demo.example",
            ("Sabine Sponsworth", "Paloma Podwick", "Magnus Managall", "Ada Adminton"),
            ("bramble", "quietroom"),
            ("saltline", "kitchen"),
        ),
        places=(
            Place("US", "US-NY", 0.155, 0), Place("US", "US-CA", 0.115, -3), Place("US", "US-TX", 0.07, -1),
            Place("US", "US-MA", 0.065, 0), Place("US", "US-PA", 0.05, 0), Place("US", "US-FL", 0.05, 0),
            Place("US", "US-IL", 0.045, -1), Place("US", "US-WA", 0.045, -3), Place("US", "US-NJ", 0.035, 0),
            Place("US", "US-CO", 0.03, -2), Place("US", "US-GA", 0.025, 0), Place("CA", "CA-ON", 0.06, 0),
            Place("CA", "CA-BC", 0.03, -3), Place("GB", "GB-ENG", 0.085, 5), Place("GB", "GB-SCT", 0.012, 5),
            Place("AU", "AU-NSW", 0.03, 15), Place("IE", "IE-D", 0.02, 5), Place("DE", "DE-BE", 0.018, 6),
            Place("NZ", "NZ-AUK", 0.015, 17), Place("IN", "IN-KA", 0.014, 10.5), Place("NL", "NL-NH", 0.011,
            6),
            Place("SE", "SE-AB", 0.008, 6), Place("MX", "MX-CMX", 0.007, -1),
        ),
        app_bias={"AntennaPod": 0.6},
        shows=(
            ShowPlan(
                "ledger", "Ledger & Lantern", "How small trades earn their living, told on the shop floor.",
                "Business",
                "Mara Ellery", "en", weekday=1, publish_minute=300, minutes=34, level=1120,
                yearly_growth=1.30,
                titles=titles.LEDGER, weekend_factor=0.62, completion=0.66,
            ),
            ShowPlan(
                "saltline", "Salt Line Stories", "Unsolved cases from small harbors, in three parts each.",
                "True Crime",
                "Jonas Wick", "en", weekday=3, publish_minute=270, minutes=46, level=900, yearly_growth=1.55,
                titles=titles.SALTLINE, weekend_factor=0.95, completion=0.70, season_length=36,
                hits=(
                    Hit(
                        -20, 4.0, "The lighthouse that kept its own time",
                        "A single-part case. A newspaper column recommended it the day after it was out.",
                    ),
                ),
            ),
            ShowPlan(
                "kitchen", "Kitchen Table Physics", "One everyday question, half an hour, no equations.",
                "Science",
                "Priya Lund", "en", weekday=2, publish_minute=360, minutes=28, level=560, yearly_growth=1.18,
                titles=titles.KITCHEN, weekend_factor=0.85, completion=0.72,
                hits=(
                    Hit(
                        -236, 2.6, "Why your second cup of tea tastes different",
                        "Shared by a science teachers' newsletter.",
                    ),
                ),
            ),
            ShowPlan(
                "draft", "Second Draft", "Writers on the page they threw away.", "Arts", "Theo Marsh", "en",
                weekday=6,
                publish_minute=420, minutes=52, level=330, yearly_growth=0.80, titles=titles.DRAFT,
                weekend_factor=1.12,
                completion=0.55,
            ),
        ),
        sponsors=(
            SponsorPlan("bramble", "Bramble & Oat", "https://brambleandoat.example"),
            SponsorPlan("quietroom", "Quietroom Headphones", "https://quietroom.example"),
            SponsorPlan("larkspur", "Larkspur Insurance", "https://larkspur.example"),
            SponsorPlan("tallow", "Tallow Bikes", "https://tallowbikes.example"),
            SponsorPlan("pennywhistle", "Pennywhistle Bank", "https://pennywhistle.example"),
            SponsorPlan("morrow", "Morrow Mattress", "https://morrowmattress.example"),
            SponsorPlan("juniper", "Juniper Desk Co.", "https://juniperdesk.example"),
        ),
        campaigns=(
            CampaignPlan(
                "breakfast-box", "Breakfast box launch", "bramble",
                "Salt Line Stories opened the flight with host reads; the other shows follow up.",
                "live", start=-47, end=23, stage_changed=-47,
                bookings=(
                    BookingPlan("cpm", 45, "OATS15", "https://brambleandoat.example/salt", 0.4),
                    BookingPlan("cpm", 34, "OATS10", "https://brambleandoat.example/morning", 0.6),
                ),
                placements=(
                    Placement("saltline", "host", 60, -75, 22, pull=1.9),
                    Placement("ledger", "mid_1", 45, 9, 400, pull=1.5),
                    Placement("kitchen", "host", 60, 10, 400, pull=0.8),
                    Placement("draft", "mid_1", 45, -40, 400, pull=0.25),
                ),
                delivery=1.015, visits=0.014, orders=0.0041, prices=(19.0, 24.0, 24.0, 38.0), slow=2.2,
            ),
            CampaignPlan(
                "sampler-push", "Sampler push", "bramble", "Six bars for the price of shipping.", "completed",
                start=-206, end=-151, stage_changed=-150,
                bookings=(BookingPlan("cpm", 22, "SAMPLER", "https://brambleandoat.example/six"),),
                placements=(
                    Placement("ledger", "mid_1", 45, -60, 400, pull=1.3),
                    Placement("kitchen", "pre", 20, -60, 400, pull=0.6),
                ),
                delivery=1.03, visits=0.013, orders=0.0032, prices=(6.5, 6.5, 24.0),
            ),
            CampaignPlan(
                "oat-bar-tasting", "Oat bar tasting", "bramble", "Pre-rolls before the holidays.", "booked",
                start=9, end=44, stage_changed=-6, booked=18_000,
                bookings=(BookingPlan("cpm", 20, "OATBAR", "https://brambleandoat.example/bar"),),
            ),
            CampaignPlan(
                "commuter-noise", "Commuter noise", "quietroom", "Noise cancelling for the morning train.",
                "live",
                start=-33, end=16, stage_changed=-33,
                bookings=(BookingPlan("cpm", 31, "QUIET20", "https://quietroom.example/train"),),
                placements=(Placement("ledger", "pre", 30, -35, 400), Placement("kitchen", "mid_1", 45, -10,
                400, pull=1.4)),
                delivery=0.71, visits=0.010, orders=0.0012, prices=(129.0, 129.0, 179.0), slow=1.3,
            ),
            CampaignPlan(
                "studio-line", "Studio line teaser", "quietroom", "Waits for an answer on the host reads.",
                "proposed",
                start=24, end=66, stage_changed=-9, booked=40_000,
                bookings=(BookingPlan("cpm", 36, "STUDIO", "https://quietroom.example/studio"),),
            ),
            CampaignPlan(
                "renters-cover", "Renters cover", "larkspur",
                "Second flight after a short first one. A lead is a quote asked for.",
                "live", start=-26, end=30, stage_changed=-26,
                bookings=(BookingPlan("cpm", 28, "LARK25", "https://larkspur.example/rent"),),
                placements=(
                    Placement("saltline", "mid_1", 45, -60, 400, pull=1.2),
                    Placement("draft", "host", 60, -40, 400, pull=0.7),
                    Placement("ledger", "post", 30, -20, 400, pull=0.5),
                ),
                delivery=1.17, conversion_type="lead", visits=0.014, orders=0.0046, prices=(148.0, 212.0),
                lead_value=12.0,
            ),
            CampaignPlan(
                "renters-cover-one", "Renters cover, first flight", "larkspur",
                "Two episodes were moved behind the flight.",
                "completed", start=-178, end=-122, stage_changed=-121,
                bookings=(BookingPlan("cpm", 27, "LARK10", "https://larkspur.example/first"),),
                placements=(Placement("saltline", "host", 60, -14, 400, pull=1.1), Placement("draft",
                "host", 60, -14, 400)),
                delivery=0.79, conversion_type="lead", visits=0.012, orders=0.0036, prices=(148.0, 212.0),
                lead_value=12.0,
            ),
            CampaignPlan(
                "city-bike", "City bike subscription", "tallow",
                "Paused by the sponsor: bikes sold out in two cities.", "paused",
                start=-50, end=20, stage_changed=-12, stopped=-13,
                bookings=(BookingPlan("cpm", 29, "TALLOW", "https://tallowbikes.example/city"),),
                placements=(Placement("kitchen", "mid_2", 45, -30, 400), Placement("ledger", "host", 60,
                -14, 400, pull=1.2)),
                delivery=0.99, visits=0.011, orders=0.0016, prices=(42.0, 59.0),
            ),
            CampaignPlan(
                "cargo-bike", "Cargo bike launch", "tallow", "First talk was held; no dates agreed.",
                "prospect",
                start=41, end=97, stage_changed=-20, budget=4_000,
            ),
            CampaignPlan(
                "savings-pot", "Savings pot", "pennywhistle",
                "One price for the whole flight, brand safety first.", "live",
                start=-61, end=30, stage_changed=-61,
                bookings=(BookingPlan("flat", 940, "POT5", "https://pennywhistle.example/pot"),),
                placements=(Placement("ledger", "mid_2", 30, -40, 400), Placement("draft", "pre", 20, -40,
                400, pull=0.7)),
                delivery=1.01, conversion_type="lead", visits=0.009, orders=0.0019, upsell=0.0,
            ),
            CampaignPlan(
                "student-account", "Student account", "pennywhistle",
                "Cancelled when the offer was withdrawn.", "cancelled",
                start=-88, end=-40, stage_changed=-66, stopped=-67,
                bookings=(BookingPlan("cpm", 21, "CAMPUS", "https://pennywhistle.example/campus"),),
                placements=(Placement("kitchen", "post", 30, -30, 400), Placement("saltline", "pre", 20,
                -30, 400)),
                delivery=0.95, conversion_type="lead", visits=0.008, orders=0.0011, upsell=0.0,
            ),
            CampaignPlan(
                "better-sleep", "Better sleep weeks", "morrow",
                "Pillows sell at once, mattresses after weeks.", "completed",
                start=-112, end=-64, stage_changed=-63,
                bookings=(BookingPlan("cpm", 33, "SLEEPWELL", "https://morrowmattress.example/weeks"),),
                placements=(
                    Placement("saltline", "mid_2", 45, -60, 400, pull=1.2), Placement("ledger", "host", 60,
                    -30, 400, pull=0.9),
                ),
                delivery=1.02, visits=0.012, orders=0.0005, prices=(119.0, 119.0, 189.0, 189.0, 690.0),
                slow=3.0,
            ),
            CampaignPlan(
                "guest-room", "Guest room sale", "morrow", "Begun two weeks ago; the first orders come in.",
                "live",
                start=-16, end=28, stage_changed=-16,
                bookings=(BookingPlan("cpm", 30, "GUEST", "https://morrowmattress.example/guest"),),
                placements=(
                    Placement("saltline", "post", 30, -70, 400), Placement("draft", "mid_2", 45, -40, 400),
                    Placement("kitchen", "pre", 20, -40, 400),
                ),
                delivery=1.035, visits=0.011, orders=0.0008, prices=(119.0, 189.0, 690.0), slow=2.0,
            ),
            CampaignPlan(
                "standing-desk", "Standing desk test", "juniper", "A first, small test.", "completed",
                start=-150, end=-122, stage_changed=-121,
                bookings=(BookingPlan("cpm", 25, "STANDUP", "https://juniperdesk.example/test"),),
                placements=(Placement("ledger", "post", 30, -30, 400),),
                delivery=0.88, visits=0.010, orders=0.0022, prices=(89.0, 149.0, 389.0), slow=1.5,
            ),
        ),
        quiet_days={-74: 0.38, -73: 0.82},
    )  # fmt: skip
