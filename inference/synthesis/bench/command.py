"""`sidelight bench synthesis`: how like real films a generator's films are, and whether they show what was asked for.

    sidelight bench synthesis --data ../data --out docs/benchmarks/synthesis.json
    sidelight bench synthesis --pack DIR --films 16 --seeds 2            a look in minutes
    sidelight bench synthesis --show docs/benchmarks/synthesis.json      the tables of an earlier run

--data names real films with their labels (a source as `sidelight train` takes them, or a folder with
cxr/manifest.csv); only held-out patients are taken. Without it phantoms stand for them, and say less. Twice as many
patients are needed as films are drawn: the other half says how far two sets of real films lie apart.

Films are drawn without their mark, in this process, and never written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from inference.errors import InferenceError
from inference.synthesis.bench.films import KnownFilms, cached_phantoms, halves, held_out_films, phantom_films
from inference.synthesis.bench.measure import Against, Draw, Drawing, Lookers, measured
from inference.synthesis.bench.table import markdown
from inference.synthesis.wish import FilmWish
from viewer.bench.machine import machine


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; tables to standard output (JSON with --json), progress to standard error."""
    options = _parser().parse_args(argv)
    try:
        result = json.loads(options.show.read_text("utf-8")) if options.show else _measured(options)
    except InferenceError as error:
        print(f"sidelight bench synthesis: {error}\n{error.remedy}", file=sys.stderr)
        return 1
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if options.out and not options.show:
        options.out.write_text(text, "utf-8")
    print(text if options.json else markdown(result), end="")
    return 0


def _parser() -> argparse.ArgumentParser:
    first, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        "sidelight bench synthesis",
        description=first,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pack", help="id or folder of the generator's pack (the one that draws here)")
    parser.add_argument("--data", help="real films: a folder with cxr/manifest.csv, or KIND:PATH")
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="only real films of this collection"
    )
    parser.add_argument("--films", type=_count, default=96, help="frontal films to draw (96)")
    parser.add_argument("--laterals", type=_count, default=32, help="lateral films to draw (32)")
    parser.add_argument("--seeds", type=_count, default=8, help="films for each of seven asked labels (8)")
    parser.add_argument("--steps", type=_count, help="denoising steps; the pack's own without it")
    parser.add_argument("--guidance", type=float, help="guidance scale; the pack's own without it")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep computed phantoms there")
    parser.add_argument("--reader", help="pack whose classifier and encoder look at the films (starter)")
    parser.add_argument(
        "--features", action="append", default=[], metavar="NAME=FILE.onnx", help="a further feature space"
    )
    parser.add_argument("--out", type=Path, help="write the numbers there as JSON")
    parser.add_argument("--json", action="store_true", help="print JSON, not tables")
    parser.add_argument("--show", type=Path, metavar="FILE", help="print the tables of an earlier run")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _measured(options: argparse.Namespace) -> dict[str, Any]:
    from inference.film_view import look_at_view
    from inference.packs import GENERATOR, find_pack
    from inference.synthesis.bench.spaces import open_reader, spaces_of
    from inference.synthesis.generator import Generator
    from inference.synthesis.networks import load_networks

    began, on = datetime.now(UTC), machine()
    pack = find_pack(options.pack, GENERATOR)
    networks = load_networks(pack)
    facts = networks.facts
    base = FilmWish("", steps=options.steps or facts.steps, guidance=options.guidance or facts.guidance)
    reader = open_reader(options.reader)
    against = _against(options, min(facts.rows, facts.columns))
    draw: Draw = Generator(networks).draw
    who = Lookers(spaces_of(reader, options.features), reader.scores, look_at_view)
    found = measured(
        Drawing(draw, _tell), against, who, base, options.seeds, has_lateral="lateral" in facts.views
    )
    return {
        "suite": "synthesis",
        "began": began.isoformat(timespec="seconds"),
        "took_s": round((datetime.now(UTC) - began).total_seconds()),
        "machine": on,
        "pack": f"{pack.manifest.id} {pack.manifest.version}",
        "pack_sha256": pack.sha256,
        "classifier": reader.title,
        "side": min(facts.rows, facts.columns),
        "steps": base.steps,
        "guidance": base.guidance,
        "seeds": options.seeds,
        "against": {
            "frontal": f"real films of held-out patients{_of(options.source)}"
            if against.are_real
            else "phantoms",
            "lateral": "phantoms",
        },
    } | found


def _against(options: argparse.Namespace, side: int) -> Against:
    """Real films where there are any, as many in each half as are to be drawn or as there are."""
    lateral = _two(_phantoms(options, 2 * options.laterals, side, "lateral"))
    if not options.data:
        return Against(*_two(_phantoms(options, 2 * options.films, side, "frontal")), None, *lateral)
    real = _real(options.data, side, 3 * options.films, options.source)  # patients have unlike many
    reference, floor = halves(real, options.films)
    if not len(reference):
        raise NoFilmsToCompare(f"{options.data} has no two held-out patients with frontal films.")
    _tell("real films", len(reference), len(reference))
    phantoms = _phantoms(options, len(reference), side, "frontal")
    return Against(reference, floor, phantoms, *lateral)


def _phantoms(
    options: argparse.Namespace, count: int, side: int, kind: Literal["frontal", "lateral"]
) -> KnownFilms:
    _tell(f"{kind} phantoms", 0, count)
    if options.cache is None:
        return phantom_films(count, side, kind)
    options.cache.mkdir(parents=True, exist_ok=True)
    return cached_phantoms(options.cache / f"bench-phantoms-{kind}-{side}-{count}.npz", count, side, kind)


class NoFilmsToCompare(InferenceError):
    """The data hold no real films to compare with."""

    remedy = "Name data with held-out patients, or leave --data out: phantoms then stand for real films."


def _of(sources: Sequence[str]) -> str:
    return f" ({', '.join(sources)})" if sources else ""


def _two(films: KnownFilms) -> tuple[KnownFilms, KnownFilms]:
    return halves(films, len(films) // 2)


def _real(told: str, side: int, most: int, sources: Sequence[str]) -> KnownFilms:
    from inference.training.sources import open_data

    dataset = open_data(told if ":" in told else f"sidelight:{told}")
    return held_out_films(dataset, side, most, sources)


def _tell(what: str, done: int, total: int) -> None:
    if done in (0, total) or done % 10 == 0:
        print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
