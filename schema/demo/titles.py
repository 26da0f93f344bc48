"""Titles of the demo's episodes, newest first: invented, and enough for two years of weeks without a repeat."""

from __future__ import annotations

_TRADES = (
    "airport bookshops", "night-shift laundries", "village cinemas", "ferry companies", "piano tuners",
    "greenhouse growers", "corner pharmacies", "mobile dentists", "map makers", "seed banks", "ice houses",
    "typewriter repairers", "food-truck fleets", "regional theaters", "mail-order nurseries", "toy libraries",
    "river cruises", "paint mixers", "school caterers", "clock restorers", "bicycle couriers", "salt farmers",
    "lost-and-found offices", "balloon pilots", "button factories", "tea blenders", "self-storage halls",
    "rooftop beekeepers", "charter bakeries", "crossword publishers", "costume hire shops", "barge operators",
    "sign painters", "umbrella makers", "hotel orchestras", "vending routes", "ski rental sheds",
)  # fmt: skip

_CASES = (
    "The keeper's second ledger", "Eleven boats at Marrow Point", "The widow of Pier Nine",
    "A bell without a church",
    "The man who sold the tide", "Fog over Calder Sound", "The borrowed name",
    "What the harbor master burned",
    "The night ferry to Ennis", "Seven letters from Gull Rock", "The drowned postbox",
    "A passenger for Quill Bay",
    "The photographer's alibi", "Under the salt line", "The silent regatta", "Two anchors, one rope",
    "The cannery fire", "A house that faced the sea", "The last signal from Orrin", "The pilot's daughter",
    "The sinking of the Anna Wray", "Twelve minutes at low water", "The oyster king",
    "The cartographer's debt",
    "A lantern on the wrong shore", "The smuggler's choir", "The chapel beneath the dunes",
    "The unpaid captain",
    "The winter the bay froze", "A receipt for a ghost ship", "The stowaway of Lot 14",
    "The customs house tapes",
    "The girl who counted waves", "The empty berth", "The forger of Hallow Quay",
    "The long way round the cape",
)  # fmt: skip

_EVERYDAY = (
    "toast lands butter side down", "kettles sing before they boil", "honey folds into ropes",
    "the shower curtain attacks",
    "ice cubes crack in a drink", "a spoon flips you over", "wet sand is stronger", "soap bubbles go black",
    "bread goes stale in the fridge", "the moon looks bigger low down", "coffee leaves rings",
    "bicycles stay up",
    "spaghetti never breaks in two", "hot water sounds different", "paper cuts hurt so much",
    "mirrors swap left and right",
    "thunder rolls", "tape tears in triangles", "cereal clumps together", "the big nuts rise to the top",
    "stars twinkle and planets do not", "cats land on their feet", "velvet feels warm",
    "your voice sounds wrong on tape",
    "puddles show rainbows", "popcorn jumps", "a whip cracks", "glue does not stick to its bottle",
    "the wind has a pitch", "candles burn blue at the bottom", "snow is quiet",
    "ketchup waits and then rushes",
    "a full glass rings lower", "dust gathers in corners", "batteries fade in the cold",
    "a tea leaf finds the middle",
)  # fmt: skip

_OBJECTS = (
    "zippers", "escalators", "boomerangs", "pressure cookers", "church bells", "trampolines", "pencil lead",
    "yo-yos",
    "sourdough", "skipping stones", "fountain pens", "garden hoses", "soap films", "spinning tops",
    "slide whistles",
    "thermos flasks", "see-saws", "magnets on fridges", "hammocks", "paper planes", "drinking straws",
    "wind chimes",
    "salad spinners", "guitar strings", "sand castles", "rubber bands", "elevators", "ice skates", "blankets",
    "kaleidoscopes", "doorbells", "umbrellas", "candles", "dominoes", "bottle openers", "ladders",
)  # fmt: skip

_WRITERS = (
    "Ines Calloway", "Tobias Wrenfield", "Odile Marchetti", "Kofi Adewale-Brandt", "Hanneke Bloom",
    "Ravi Santhanam-Lowe",
    "Greta Ollerton", "Marcus Thistlewood", "Yara Benhaim", "Silas Pemberwick", "Noor El-Hadi",
    "Beatrix Faulk",
    "Caspian Orr", "Lucinda Vega-Stroud", "Emeka Lindqvist", "Florence Abernethy-Cho", "Dashiell Moon",
    "Petra Zollinger",
    "Winifred Ashgrove", "Jonah Castellane", "Mirela Dunmore", "Ansel Whitlock", "Thea Okparaku",
    "Rupert Snowdon-Kaye",
    "Isolde Brannigan", "Pascal Etheridge", "Nadia Korhonen", "Cormac Velasquez", "Juno Hartwell",
    "Selwyn Barr",
    "Marguerite Tolland", "Idris Farrow", "Cleo Vandermeer", "Alder Quist", "Sunniva Crane", "Leopold Nash",
)  # fmt: skip

_CRAFT = (
    "first sentences", "throwing away a novel", "writing in a second language", "rhythm",
    "the unreliable map",
    "borrowed endings", "dialogue that lies", "the year of no adjectives", "minor characters",
    "writing with a newborn",
    "research as procrastination", "letters as plot",
)  # fmt: skip

_GLEIS = (
    "der Nachtzug", "die leere Innenstadt", "das Dorf ohne Arzt", "die Schule am Rand", "der letzte Kiosk",
    "die Brücke, die keiner wollte", "der Streit ums Freibad", "die neue Nachbarschaft",
    "das Amt und die Geduld",
    "der Bus um fünf", "die Wärmepumpe im Altbau", "das Ehrenamt", "der Bürgerentscheid", "die stille Fabrik",
    "das Krankenhaus auf Zeit", "die Mietpause", "der Wochenmarkt", "die Umgehungsstraße",
    "das geteilte Auto",
    "der Kirchturm als Funkmast", "die Pendlerinnen", "das Schwimmbad im Winter", "der Acker vor der Stadt",
    "die Bibliothek der Dinge", "das Vereinsheim", "der Hafen nach Feierabend", "die Grenze im Wald",
    "das Rathaus antwortet", "der Bahnhof als Wohnzimmer", "die Stimme im Stadtrat", "das Jahr ohne Ernte",
    "der Spielplatz der Zukunft", "die Werkstatt im Keller", "das Tempo dreißig", "der Ton der Straße",
    "die zweite Heimat",
)  # fmt: skip

_CODE = (
    "Rückwärtskompatibilität", "Nachtbereitschaft", "Zeitzonen", "Technische Schulden",
    "Ein Monolith, der bleibt",
    "Barrierefreiheit", "Datenbankmigrationen", "Code-Reviews ohne Tränen", "Namen für Dinge",
    "Der erste Commit",
    "Feature-Flags", "Log-Dateien lesen", "Schätzungen", "Der Ausfall am Freitag", "Open Source im Betrieb",
    "Testdaten", "Warteschlangen", "Caches und andere Lügen", "Das Onboarding", "Schnittstellen, die altern",
    "Vom Prototyp zum Produkt", "Verschlüsselung im Alltag", "Pair Programming", "Der leise Umbau",
    "Nebenläufigkeit",
    "Fehlermeldungen", "Dokumentation, die lebt", "Suchmaschinen im Kleinen", "Rechnen mit Geld",
    "Das alte Skript",
    "Performance messen", "Schriften und Zeichen", "Abhängigkeiten", "Ein Server im Wohnzimmer",
    "Backups üben",
    "Mut zum Löschen",
)  # fmt: skip

_WALD = (
    "Moos", "der Specht", "Barfuß gehen", "Nebel am Morgen", "alte Buchen", "der Fuchsbau", "Pilze lesen",
    "die Lichtung",
    "Regen im Mischwald", "Rehe bei Nacht", "Harzduft", "der Hohlweg", "Eulenrufe", "Beeren und Blätter",
    "das Totholz",
    "der Quellbach", "Schnee auf Fichten", "Wurzeln", "die Waldameise", "der erste Frost", "Stille hören",
    "Vogelzug",
    "die Schonung", "Farn", "der Eichelhäher", "Licht im November", "Spuren lesen", "das Moor",
    "der Köhlerpfad",
    "Knospen", "die Linde am Dorf", "Holunder", "der Siebenschläfer", "Atem und Schritt", "der Steinbruch",
    "Glühwürmchen",
)  # fmt: skip

_GARDEN = (
    "saltbush hedges", "rainwater tanks", "winter lemons", "soil you can smell", "sparrow-proof seedlings",
    "native bees", "kangaroo paws in pots", "a lawn worth keeping", "coastal vegetables", "frost pockets",
    "old fruit trees", "shade cloth", "worm farms", "the compost that failed", "bottlebrush pruning",
    "herbs by the door",
    "garlic", "grey water", "a child's first bed", "lawn into meadow", "possums", "figs",
    "wind and windbreaks",
    "raised beds", "tomatoes in a hot week", "the two-hour garden", "balcony natives", "seed saving", "mulch",
    "hand tools", "a pond in a weekend", "quinces", "roses by the sea", "chooks and beds", "dry shade",
    "the gate path",
)  # fmt: skip

_COMEDY = (
    "the neighbor's ladder", "a sausage sizzle gone wrong", "the longest committee meeting",
    "a caravan with opinions",
    "Uncle Terrence's boat", "the sausage dog parade", "the lost parcel", "one magpie",
    "the school fete raffle",
    "a haircut in Whyalla", "the esky incident", "two tents and a storm", "the karaoke ban",
    "a very small earthquake",
    "the great scone debate", "the pool inspector", "the ute that would not", "nine ways to be late",
    "the honesty box",
    "a wedding in a shed", "the town mascot", "the wrong funeral", "the speed camera choir",
    "a possum called Kevin",
    "the lawn bowls coup", "the trivia night protest", "a kayak and a grudge", "the missing trophy",
    "the bin-night feud",
    "a letter from the council", "the tea urn", "the third cousin", "a map of every pothole",
    "the talent quest",
    "the boomerang salesman", "the tin roof in hail",
)  # fmt: skip


def _rounds(topics: tuple[str, ...], *patterns: str) -> tuple[str, ...]:
    """Each pattern with each topic, patterns taking turns."""
    titles = []
    for turn in range(len(patterns)):
        for n, topic in enumerate(topics):
            text = patterns[(n + turn) % len(patterns)].format(topic)
            titles.append(text[0].upper() + text[1:])
    return tuple(titles)


LEDGER = _rounds(_TRADES, "How {} make money", "The trouble with {}", "Who still needs {}?")
SALTLINE = tuple(f"{case}, part {part}" for case in _CASES for part in ("three", "two", "one"))
KITCHEN = tuple(
    title
    for n in range(len(_EVERYDAY))
    for title in (
        f"Why {_EVERYDAY[n]}",
        f"The physics of {_OBJECTS[n]}",
        f"Your questions, number {len(_EVERYDAY) - n}",
    )
)
DRAFT = tuple(
    f"{_WRITERS[(n * 7 + n // 36) % len(_WRITERS)]} on {_CRAFT[n % len(_CRAFT)]}"
    for n in range(3 * len(_WRITERS))
)
GLEIS = _rounds(_GLEIS, "{}", "{} – ein Jahr später", "Umsteigen: {}")
CODE = _rounds(_CODE, "{}", "{} im Team", "{}, zweiter Anlauf")
WALD = _rounds(_WALD, "{}", "Unterwegs: {}", "{}, noch einmal")
GARDEN = _rounds(_GARDEN, "The case for {}", "{}", "What we got wrong about {}")
COMEDY = _rounds(_COMEDY, "{}", "The truth about {}", "{}: the appeal")
