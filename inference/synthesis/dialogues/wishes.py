"""How people ask for a film: who they are, how they say it, which view they want. Templates, drawn by a given rng."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from inference.backend import FilmView
from inference.synthesis.dialogues.facts import Fact

_WHO = (
    "", "", "", "", "", "", "Hi there. ", "Hello, ", "I am a resident. ", "I teach medical students. ",
        "I am preparing a lecture. ",
    "For my lecture tomorrow: ", "We are stress testing our software. ", "I am a medical student. ", "Thanks. ",
        "OK. ",
    "For teaching, ", "As an example for the students, ", "I had a chest X-ray recently. ", "One more thing: ",
)  # fmt: skip
_ASKS = (
    "Could you {verb}", "Can you {verb}", "Please {verb}", "Would you {verb}", "Could you please {verb}",
        "{Verb}", "{Verb}",
    "I would like you to {verb}", "I want you to {verb}", "Can you please {verb}", "Would it be possible to {verb}",
    "Are you able to {verb}", "Will you {verb}", "Now {verb}", "Let's {verb}", "I need you to {verb}",
)  # fmt: skip
_VERBS = (
    "generate", "generate", "create", "make", "draw", "show me", "produce", "synthesize", "synthesise",
        "simulate", "render",
    "give me", "paint", "make me", "make up", "show", "sketch", "generate me", "create for me", "invent",
        "compose", "build",
)  # fmt: skip
_HAVE = ("I would like to see", "I'd like", "I want", "I need", "We need", "Let me see", "I would love to see",
    "May I have", "Can I have", "Could I get", "I wish for", "Can I see", "Next,")  # fmt: skip
_NOUNS = (
    "chest X-ray", "chest x-ray", "chest film", "chest radiograph", "film", "radiograph", "X-ray", "picture",
        "image", "CXR", "x-ray image",
    "synthetic film", "synthetic chest X-ray", "X-ray of the chest", "picture of a chest", "image of the chest",
        "thorax X-ray", "example", "case",
)  # fmt: skip
_VIEW_NOUNS = {
    "lateral": ("lateral view", "lateral view", "lateral chest X-ray", "lateral film", "lateral radiograph",
        "side view", "lateral", "lateral image", "lateral picture", "lateral projection", "lateral x-ray",
        "view from the side", "left lateral view", "lateral CXR", "profile view"),
    "PA": ("PA view", "PA chest X-ray", "PA film", "frontal view", "frontal chest X-ray", "posteroanterior view",
        "PA radiograph", "PA image", "frontal film", "frontal radiograph", "view from the front", "PA",
        "front view"),
    "AP": ("AP view", "AP chest X-ray", "AP film", "portable chest X-ray", "portable film", "supine film",
        "bedside film", "anteroposterior view", "AP radiograph", "portable AP view", "bedside chest X-ray"),
}  # fmt: skip
_VIEW_BEHIND = {
    "lateral": ("from the side", "in lateral view", "seen from the side", "in the lateral projection",
        "as a lateral view", "lateral view please", "sideways", "lateral", "in profile", "viewed laterally"),
    "PA": ("from the front", "in PA view", "PA view", "seen from the front", "as a PA view", "frontal view",
        "in the frontal projection", "PA please"),
    "AP": ("taken at the bedside", "AP view", "in AP projection", "portable AP", "as a portable film",
        "taken supine", "AP please"),
}  # fmt: skip
_HAS = ("with", "with", "with", "with", "showing", "that shows", "of a patient with", "of somebody who has",
    "demonstrating", "having", "which shows", "of", "where there is", "that has", "depicting", "including",
    "containing", "for")  # fmt: skip
_ENDS = ("?", "?", ".", ".", "", " please.", ", please?", " for me?", " for me.", " thanks", "!",
    " for my students.")  # fmt: skip
_NOTHING = ("", "", "without any finding", "without findings", "of a healthy person", "of healthy lungs",
    "with no abnormality", "without abnormalities", "with clear lungs", "that is unremarkable",
    "with nothing on it", "of a patient without any disease")  # fmt: skip
_TOLD = (
    'my report mentioned "{facts}". ', "The report says {facts}. ", "I was told that I have {facts}. ",
        "The patient has {facts}. ",
    "There is {facts}. ", "Imagine a patient with {facts}. ", "Think of {facts}. ", "Suppose there is {facts}. ",
        "We talked about {facts}. ",
)  # fmt: skip
_THAT = ("with that", "with that condition", "of that", "showing this", "like that", "of such a case",
    "with those findings", "of such a patient", "")  # fmt: skip
_WOULD = ("How would {facts} look {behind}?", "What would {facts} look like {behind}?",
    "I wonder how {facts} would look {behind}.", "How does {facts} appear {behind}, show me a picture.",
    "Show me {facts} {behind}.", "Draw {facts} {behind}.", "{facts}, {behind}.",
    "An X-ray: {facts}, {behind}.")  # fmt: skip
_THIS = ("this", "this film", "this chest", "this patient", "this X-ray", "it", "the same patient",
    "the same chest", "the same findings", "the report", "this report", "this study", "this case", "the findings",
    "that", "the same", "these findings", "my X-ray", "my chest")  # fmt: skip
_POINTING = (
    "How would {this} look {behind}?", "What would {this} look like {behind}?", "Show me {this} {behind}.",
        "{Ask} the {noun} of {this}{end}",
    "{Ask} a {noun} of {this}{end}", "{Ask} the matching {noun}{end}",
        "{Ask} the {noun} that belongs to {this}{end}", "Now {behind}.",
    "{Ask} {this} {behind}{end}", "And {behind}?", "The same {behind}, please.",
        "{Ask} the corresponding {noun}{end}", "I want to see {this} {behind}.",
    "{Have} the {noun} of {this}{end}", "{Have} {this} {behind}{end}", "Same, but {behind}.",
        "What about {behind}?", "How does {this} look {behind}?",
    "Can I see {this} {behind}?", "{Ask} a {noun} with the same findings{end}", "{Ask} a {noun} for {this}{end}",
        "Make it {behind}.", "{Ask} the {noun}{end}",
)  # fmt: skip
_SAME_POINTING = (
    "{Ask} a picture of {this}{end}", "{Ask} another one like {this}{end}", "{Ask} a film of {this}{end}",
        "Once more, please.", "Another one with the same findings.",
    "{Ask} an X-ray that shows {this}{end}", "{Ask} a chest X-ray with the findings of the report{end}",
        "{Ask} {this} again as a picture{end}", "{Have} a synthetic film of {this}{end}",
    "{Ask} a synthetic film from the report{end}", "{Ask} an image from this report{end}",
        "Show one more like this.",
)  # fmt: skip
_LARGER = ("make the {x} larger", "a larger {x}", "with a larger {x}", "with a bigger {x}",
    "the {x} should be larger", "let the {x} grow", "increase the {x}", "make the {x} bigger", "more {x}",
    "with more {x}", "show a worse {x}", "the {x} larger", "with the {x} twice as large", "if the {x} gets worse",
    "let the {x} get bigger", "when the {x} has grown")  # fmt: skip
_SMALLER = ("make the {x} smaller", "a smaller {x}", "with a smaller {x}", "the {x} should be smaller",
    "let the {x} shrink", "decrease the {x}", "reduce the {x}", "less {x}", "with less {x}", "the {x} smaller",
    "if the {x} gets better", "an earlier stage of the {x}", "when the {x} was smaller")  # fmt: skip
_WITHOUT = ("without the {x}", "without {x}", "but without the {x}", "remove the {x}", "take away the {x}",
    "take the {x} out", "no {x}", "with the {x} gone", "leave out the {x}", "without any {x}",
    "after the {x} has gone", "if there were no {x}", "minus the {x}")  # fmt: skip
_ALSO = ("with {facts} as well", "add {facts}", "and also {facts}", "with {facts} in addition",
    "now also with {facts}", "plus {facts}", "put {facts} in", "with an additional {bare}",
    "let there be {facts} too")  # fmt: skip
_CHANGING = ("{change}.", "{Change}.", "Now {change}.", "The same {change}.", "{Ask} the same {change}{end}",
    "Can you {change}?", "Could you {change}?", "How would {this} look {change}?",
    "What would {this} look like {change}?", "Show me {this} {change}.", "{Ask} {this} {change}{end}",
    "Please {change}.", "And {change}?", "The same film {change}.", "{Have} {this} {change}.",
    "Show it {change}.", "{Ask} a picture of {this} {change}{end}")  # fmt: skip
_SIDED = ("{grade} {side} {name}", "{grade} {name} on the {side}", "{grade} {side}-sided {name}",
    "{grade} {name} on the {side} side", "{side} {grade} {name}", "{grade} {name}, {side}",
    "{grade} {name} at the {side}")  # fmt: skip
_BOTH = ("{grade} bilateral {many}", "{grade} {many} on both sides", "{grade} {many} left and right",
    "bilateral {grade} {many}")  # fmt: skip
_AS_FILM = ("as a film", "please", "as a picture", "on a chest X-ray, please", "an image please")
_GRADES = {
    "size": {"small": ("small", "tiny", "little", "minimal", "slight"), "moderate": ("moderate", "medium-sized",
        "moderately large"), "large": ("large", "big", "huge", "massive", "very large")},
    "severity": {"small": ("mild", "slight", "minimal"), "moderate": ("moderate",), "large": ("severe", "marked",
        "massive")},
    "degree": {"small": ("mild", "slight"), "moderate": ("moderate",), "large": ("severe", "marked", "massive")},
}  # fmt: skip
_LOBES = {"upper lobe": ("upper lobe", "upper lobe", "upper lung", "upper zone"), "middle lobe": ("middle lobe",),
    "lower lobe": ("lower lobe", "lower lobe", "base", "lower zone", "lower lung")}  # fmt: skip


def spoken(fact: Fact, rng: Random) -> str:
    """The fact as a person says it: without its article."""
    thing = fact.thing
    name = rng.choice(thing.called)
    grade = rng.choice(_GRADES[thing.grades][fact.grade]) if thing.grades and fact.grade else ""
    if fact.name == "cardiomegaly" and grade:
        name = "cardiomegaly"
    place = rng.choice(_LOBES.get(fact.place, (fact.place,))) if fact.place else ""
    if place and thing.places == "zone":
        name, place = f"{place} {name}", ""
    if place:
        at = (
            f"in both {place}s"
            if fact.side == "both"
            else f"{rng.choice(('in', 'of'))} the {fact.side} {place}"
        )
        said = (
            rng.choice((f"{grade} {name} {at}", f"{fact.side} {place} {name}"))
            if fact.side in ("left", "right")
            else f"{grade} {name} {at}"
        )
    elif fact.side == "both":
        said = rng.choice(_BOTH).format(grade=grade, many=_many(name, fact))
    elif fact.side:
        said = rng.choice(_SIDED).format(grade=grade, side=fact.side, name=name)
    else:
        said = f"{grade} {name}"
    return " ".join(said.split())


def listed(facts: Sequence[Fact], rng: Random) -> str:
    """Several facts in a row, with articles most of the time."""
    told = [_with_article(fact, spoken(fact, rng), rng) for fact in facts]
    joint = rng.choice((" and ", " and ", ", ", " plus ", " together with "))
    return told[0] if len(told) == 1 else ", ".join(told[:-1]) + joint + told[-1]


def film_wish(facts: Sequence[Fact], view: FilmView | None, rng: Random) -> str:
    """A wish that says what shall be on the film, all of it."""
    if not facts:
        return _of_nothing(view, rng)
    told = listed(facts, rng)
    frame = rng.random()
    if frame < 0.12 and view:
        return _sentence(rng.choice(_WOULD).format(facts=told, behind=rng.choice(_VIEW_BEHIND[view])), rng)
    if frame < 0.24:
        intro = _capital(rng.choice(_TOLD).format(facts=told))
        return (
            intro
            + _capital(f"{_ask(rng)} {_film(view, rng)} {rng.choice(_THAT)}".strip())
            + rng.choice(_ENDS)
        )
    if frame < 0.32:
        told_view = f", {rng.choice(_VIEW_BEHIND[view])}" if view else ""
        return _sentence(f"{told}{told_view}, {rng.choice(_AS_FILM)}.", rng)
    if frame < 0.5 and view:
        behind = rng.choice((" ", ", ")) + rng.choice(_VIEW_BEHIND[view])
        return _sentence(
            f"{_ask(rng)} {_film(None, rng)} {rng.choice(_HAS)} {told}{behind}{rng.choice(_ENDS)}", rng
        )
    return _sentence(f"{_ask(rng)} {_film(view, rng)} {rng.choice(_HAS)} {told}{rng.choice(_ENDS)}", rng)


def pointing_wish(view: FilmView | None, rng: Random) -> str:
    """A wish about what was told already: this patient, this report, the film before."""
    if view is None:
        return _sentence(_filled(rng.choice(_SAME_POINTING), rng), rng)
    behind = rng.choice(_VIEW_BEHIND[view])
    return _sentence(
        _filled(rng.choice(_POINTING), rng, behind=behind, noun=rng.choice(_VIEW_NOUNS[view])), rng
    )


def changing_wish(how: str, fact: Fact, view: FilmView | None, rng: Random) -> str:
    """A wish that something be otherwise than before. `how` is a kind of `answer.Change`."""
    from inference.synthesis.dialogues.answer import ALSO, LARGER, SMALLER  # it reads what is said here

    forms = {LARGER: _LARGER, SMALLER: _SMALLER, ALSO: _ALSO}.get(how, _WITHOUT)
    bare = spoken(fact, rng)
    x = rng.choice([one.removeprefix("a ").removeprefix("an ") for one in fact.thing.called])
    change = rng.choice(forms).format(x=x, facts=_with_article(fact, bare, rng), bare=bare)
    if view:
        change = f"{change} {rng.choice(('', 'and '))}{rng.choice(_VIEW_BEHIND[view])}"
    return _sentence(_filled(rng.choice(_CHANGING), rng, change=change), rng)


def _of_nothing(view: FilmView | None, rng: Random) -> str:
    nothing = rng.choice(_NOTHING if view else _NOTHING[2:])
    if rng.random() < 0.1:
        nothing = rng.choice(("no finding", "nothing special", "without pathology"))
    return _sentence(f"{_ask(rng)} {_film(view, rng)} {nothing}".rstrip() + rng.choice(_ENDS), rng)


def _filled(form: str, rng: Random, **parts: str) -> str:
    change = parts.pop("change", "")
    return form.format(
        this=rng.choice(_THIS), Ask=_ask(rng), Have=rng.choice(_HAVE), end=rng.choice(_ENDS),
        change=change, Change=_capital(change), **parts,
    )  # fmt: skip


def _ask(rng: Random) -> str:
    if rng.random() < 0.2:
        return rng.choice(_HAVE)
    verb = rng.choice(_VERBS)
    return rng.choice(_ASKS).format(verb=verb, Verb=_capital(verb))


def _film(view: FilmView | None, rng: Random) -> str:
    noun = rng.choice(_NOUNS if view is None else _VIEW_NOUNS[view])
    if view and rng.random() < 0.2:
        noun = f"{noun} of {rng.choice(('a chest X-ray', 'the chest', 'a chest'))}"
    front = rng.choice(("a", "a", "a", "a", "one", "another", "a new", "a realistic", ""))
    return f"{'an' if front == 'a' and noun[0] in 'aeiouAX' else front} {noun}".strip()


def _with_article(fact: Fact, said: str, rng: Random) -> str:
    is_many = fact.side == "both" and fact.thing.many
    if said.startswith(("a ", "an ")) or not fact.thing.article or is_many or rng.random() < 0.1:
        return said
    return f"{'an' if said[0] in 'aeiou' else 'a'} {said}"


def _many(name: str, fact: Fact) -> str:
    if not fact.thing.many:
        return name
    return "pneumothoraces" if name == "pneumothorax" else name if name.endswith(("x", "X")) else f"{name}s"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str, rng: Random) -> str:
    """With somebody in front who says it; written carelessly now and then."""
    text = " ".join(text.replace(" ,", ",").replace("?.", "?").replace("..", ".").split())
    text = rng.choice(_WHO) + _capital(text)
    draw = rng.random()
    if draw < 0.12:
        return text.lower()
    return text.rstrip(".?!") if draw < 0.2 else text
