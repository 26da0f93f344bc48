"""What people say in the demo's episodes: invented talk about a topic, and the words of ads that hosts read out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Voice:
    """The sentences of one language. `talk` speaks of {thing}, {place}, {person} and {number}."""

    opening: str
    talk: tuple[str, ...]
    closing: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    people: tuple[str, ...]
    ad: tuple[str, ...]
    offer: str
    no_offer: str

    def sentences(self, random: Random) -> Iterator[str]:
        """Talk without end, in which no sentence comes again before all others were said."""
        while True:
            for number in random.permutation(len(self.talk)).tolist():
                said = self.talk[number].format(
                    thing=self.things[int(random.integers(len(self.things)))],
                    place=self.places[int(random.integers(len(self.places)))],
                    person=self.people[int(random.integers(len(self.people)))],
                    number=int(random.integers(2, 40)),
                )
                yield said[0].upper() + said[1:]

    def read_out(self, sponsor: str, campaign: str, vanity: str, code: str | None, random: Random) -> str:
        """The host's words for a sponsor, with its address, and its code unless that is left out."""
        address = vanity.removeprefix("https://")
        words = [line.format(sponsor=sponsor, campaign=campaign, address=address) for line in self.ad]
        first, *middle = words
        kept = [middle[i] for i in sorted(random.permutation(len(middle))[: len(middle) - 1].tolist())]
        last = (self.offer if code else self.no_offer).format(sponsor=sponsor, address=address, code=code)
        return " ".join([first, *kept, last])


ENGLISH = Voice(
    opening="Welcome back to {show}. I'm {host}, and today it is about this: {topic}.",
    talk=(
        "The first time I came across it was in {place}, and I did not think much of it.",
        "{person} told us that it took {number} years before anybody wrote it down.",
        "You would expect {thing} to be the expensive part, and it is not.",
        "So we went to {place} and asked.",
        "What struck me was how quiet it was there.",
        "There were {number} of us in the room, and nobody had {thing}.",
        "I asked {person} to say that again, slowly.",
        "Well, yes and no.",
        "If you look at it from the other side, the whole story turns round.",
        "{person} laughed and said that {place} was never the point.",
        "That is the part most people leave out when they talk about it.",
        "We counted, and then we counted again: {number}.",
        "Somebody had kept {thing} in a drawer all that time.",
        "And that, for me, is where it becomes interesting.",
        "Let me read you what {person} wrote to us last week.",
        "It is the sort of thing you only notice once it is gone.",
        "Nobody in {place} remembers it that way.",
        "You can do it with {thing}, but you have to be patient.",
        "Of course there is a simpler explanation, and we will come to it.",
        "I kept a list, and by the end it had {number} lines.",
        "Hold that thought, because it comes back later.",
        "The answer depends on whom you ask, and on which day.",
        "{person} disagrees, and has been disagreeing for {number} years.",
        "We had {thing} on the table between us, which helped.",
        "A week later the phone rang, and it was somebody from {place}.",
        "That is not in any of the books, by the way.",
        "Try to picture it: early morning, {place}, and {number} people waiting.",
        "I would have given up by then.",
        "And still nobody had asked the obvious question.",
        "There is a word for that, and I had to look it up.",
    ),
    closing="That was {show}. If you liked it, tell one person about it. I'm {host}, until next time.",
    things=(
        "a notebook", "a borrowed van", "an old receipt", "the spare key", "a paper map", "a good lamp",
        "a bucket of nails", "the wrong size", "a tape recorder", "a second opinion", "warm gloves",
    ),
    places=(
        "the back room", "a town you would drive past", "the harbor office", "the old station",
        "a kitchen in the hills", "the reading room", "a yard behind the market", "the far end of the pier",
    ),
    people=(
        "Harriet from the ferry", "my neighbor Osric", "a man called Pell", "Dr. Imogen Vance", "the caretaker",
        "Wilhelmina Crake", "the youngest of the three", "our producer", "an old friend of the show",
    ),
    ad=(
        "A word about {sponsor}, who make this episode possible.",
        "I have had {sponsor} at home for a few weeks now, and I will tell you what I told my sister.",
        "It does what it says, it came on the day they said, and I forgot to think about it, which is a compliment.",
        "They asked me to be honest, so here is the one thing I would change: I would have started sooner.",
        "Right now it is all about {campaign}, and it is worth a look even if you only look.",
    ),
    offer="Go to {address} and use the code {code} at the checkout, so they know that we sent you. "
    "That is {code}. Now back to it.",
    no_offer="Go to {address} and tell them that we sent you. Now back to it.",
)  # fmt: skip

GERMAN = Voice(
    opening="Willkommen bei {show}. Am Mikrofon ist {host}, und heute geht es um Folgendes: {topic}.",
    talk=(
        "Das erste Mal bin ich in {place} darauf gestoßen und habe mir nichts dabei gedacht.",
        "{person} sagt, es habe {number} Jahre gedauert, bis es jemand aufgeschrieben hat.",
        "Man würde denken, {thing} sei das Teure daran, aber das stimmt nicht.",
        "Also sind wir hingefahren, nach {place}, und haben gefragt.",
        "Was mir auffiel, war die Ruhe.",
        "Wir waren zu {number} im Raum, und niemand hatte {thing} dabei.",
        "Ja und nein.",
        "Von der anderen Seite gesehen dreht sich die ganze Geschichte um.",
        "{person} hat gelacht und gesagt, um {place} sei es nie gegangen.",
        "Genau das lassen die meisten weg, wenn sie davon erzählen.",
        "Wir haben gezählt und dann noch einmal gezählt: {number}.",
        "Irgendwer hatte {thing} die ganze Zeit in einer Schublade.",
        "Und da wird es für mich spannend.",
        "Ich lese mal vor, was {person} uns geschrieben hat.",
        "So etwas merkt man erst, wenn es fehlt.",
        "Es geht auch mit {thing}, aber man braucht Geduld.",
        "Natürlich gibt es eine einfachere Erklärung, dazu kommen wir noch.",
        "Meine Liste hatte am Ende {number} Zeilen.",
        "Den Gedanken bitte merken, der kommt wieder.",
        "Die Antwort hängt davon ab, wen man fragt und an welchem Tag.",
        "{person} widerspricht seit {number} Jahren.",
        "Eine Woche später klingelte das Telefon, und es war jemand aus {place}.",
        "Das steht übrigens in keinem Buch.",
        "Und immer noch hatte niemand die naheliegende Frage gestellt.",
    ),
    closing="Das war {show}. Wenn es euch gefallen hat, erzählt es einer Person weiter. "
    "Bis zum nächsten Mal, sagt {host}.",
    things=(
        "ein Notizbuch", "einen geliehenen Transporter", "eine alte Quittung", "den Ersatzschlüssel",
        "eine Karte aus Papier", "eine gute Lampe", "die falsche Größe", "ein Tonbandgerät", "warme Handschuhe",
    ),
    places=(
        "einem Hinterzimmer", "einer Stadt, an der man vorbeifährt", "dem alten Bahnhof", "einer Küche im Hügelland",
        "dem Lesesaal", "einem Hof hinter dem Markt", "dem Ende der Linie",
    ),
    people=(
        "Frau Tilgner vom Fundbüro", "mein Nachbar Ottokar", "ein Herr Wesselbrand", "die Hausmeisterin",
        "Dr. Alwine Sturm", "unsere Redaktion", "der Jüngste von dreien",
    ),
    ad=(
        "Kurz ein Wort zu {sponsor}, die diese Folge möglich machen.",
        "Ich habe {sponsor} seit ein paar Wochen zu Hause und sage euch dasselbe wie meiner Schwester.",
        "Es tut, was es soll, es kam an dem Tag, der versprochen war, und ich musste nicht mehr daran denken.",
        "Ich sollte ehrlich sein, also eines würde ich anders machen: früher anfangen.",
        "Gerade geht es um {campaign}, und das lohnt einen Blick, auch wenn es beim Blick bleibt.",
    ),
    offer="Geht auf {address} und nehmt den Code {code} an der Kasse, dann wissen sie, dass ihr von uns kommt. "
    "Also: {code}. Und weiter geht es.",
    no_offer="Geht auf {address} und sagt, dass ihr von uns kommt. Und weiter geht es.",
)  # fmt: skip


def voice_of(language: str) -> Voice:
    """The sentences of a show's language."""
    return GERMAN if language.startswith("de") else ENGLISH
