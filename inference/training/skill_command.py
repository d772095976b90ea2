"""`sidelight train dialogues | skill | skill-scores`: the `<Xray>` skill from a site's reports, and its measure."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from inference.errors import InvalidRequest
from inference.training.run_command import SOURCE


def add_parsers(commands: Any) -> None:
    """Add both commands to an argparse subparsers object."""
    one = commands.add_parser(
        "dialogues", help="write dialogues that ask for films, three for each report, each checked"
    )
    one.add_argument("data", nargs="+", metavar="KIND:PATH", help=f"{SOURCE}; or reports:FILE.jsonl")
    one.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="JSON lines; must not be there yet"
    )
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(carry_out=write_dialogues)
    one = commands.add_parser(
        "skill", help="teach a language model to answer a wish for a film with its description"
    )
    one.add_argument("data", nargs="+", metavar="KIND:PATH", help=f"{SOURCE}; or reports:FILE.jsonl")
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help="the adapter's folder")
    one.add_argument("--pack", default="", help="language model, an id or a folder (the bundled starter)")
    one.add_argument("--steps", type=int, help="optimizer steps (400)")
    one.add_argument("--batch", type=int, help="dialogues a step (8)")
    one.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    one.add_argument(
        "--nf4", action="store_true", help="hold the base's projections in 4 bits (graphics card)"
    )
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(carry_out=teach_skill)
    one = commands.add_parser("skill-scores", help="does a skill fire where it should, and only there?")
    one.add_argument("skill", type=Path, metavar="DIR", help="the adapter's folder")
    one.add_argument("data", nargs="*", metavar="KIND:PATH", help="held-out reports, besides wishes by hand")
    one.add_argument("--pack", default="", help="language model, an id or a folder (the bundled starter)")
    one.add_argument("--most", type=int, default=60, help="cases of each kind from the reports (60)")
    one.set_defaults(carry_out=measure_skill)


def write_dialogues(arguments: argparse.Namespace) -> int:
    """Write the dialogues of all patients who are not held out. 1: one of them did not pass its check."""
    from inference.synthesis.dialogues.check import complaints
    from inference.synthesis.dialogues.compose import dialogues_of
    from inference.training.mix.film_dialogues import report_of
    from inference.training.sources import open_data
    from inference.training.splits import split_patients

    if arguments.out.exists():
        raise InvalidRequest(f"{arguments.out} is there already. Name another file.")
    datasets = [open_data(spec) for spec in arguments.data]
    splits = split_patients(datasets)
    written = faulty = 0
    with arguments.out.open("w", encoding="utf-8") as file:
        for dataset in datasets:
            for study in dataset.studies:
                report = report_of(study) if splits[study.patient] != "test" else ""
                for made in dialogues_of(study.id, report, arguments.seed) if report else ():
                    if told := complaints(made, report):
                        faulty += 1
                        print(f"{made.id}: {'; '.join(told)}", file=sys.stderr)
                        continue
                    file.write(json.dumps(asdict(made), ensure_ascii=False) + "\n")
                    written += 1
    print(f"{written} dialogues in {arguments.out}; {faulty} left out because they did not pass their check.")
    print("They hold words of the reports they were made of: keep the file as you keep the reports.")
    return 1 if faulty else 0


def teach_skill(arguments: argparse.Namespace) -> int:
    """Teach it; prints the adapter's folder."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    from inference.packs import find_pack
    from inference.training.skill import SkillPlan, teach
    from inference.training.sources import open_data

    plan = SkillPlan(seed=arguments.seed, device=arguments.device, storage="nf4" if arguments.nf4 else "full")
    wished = {"steps": arguments.steps, "batch": arguments.batch}
    plan = replace(plan, **{name: value for name, value in wished.items() if value})
    data = [open_data(spec) for spec in arguments.data]
    print(teach(find_pack(arguments.pack or None), data, arguments.out, plan))
    return 0


def measure_skill(arguments: argparse.Namespace) -> int:
    """Print the counts: wishes by hand first, then those of held-out reports."""
    from inference.packs import find_pack
    from inference.training.skill_scores import by_hand, held_out, lines, skill_of
    from inference.training.sources import open_data

    skill = skill_of(arguments.skill, find_pack(arguments.pack or None))
    print("Written by hand")
    for line in lines(skill, by_hand()):
        print(f"  {line}")
    if arguments.data:
        print("From held-out reports")
        for line in lines(skill, held_out([open_data(spec) for spec in arguments.data], arguments.most)):
            print(f"  {line}")
    return 0
