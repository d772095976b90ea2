"""What scrolls together: slices of a series, frames of an instance. Everything else stays a film by itself. Pure.

- An instance with several frames is one stack.
- Slices (CT, MR, PT, and whatever else has a place in the patient and is no radiograph) of one series, one size and
  one orientation are one stack, in order of their position along the normal, else Instance Number, else file name.
- Radiographs stay film by film, however many a series has.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from viewer.core.study import Film, FilmHeader, SlicePlane, Study

Vector = tuple[float, float, float]

SLICED = frozenset({"CT", "MR", "PT"})
"""Modalities (0008,0060) whose single images are slices, also where the header has lost their place."""
RADIOGRAPHS = frozenset({"CR", "DX", "DR", "RG", "MG", "IO", "PX", "OT", "SC", ""})

PARALLEL = 0.999
"""Cosine above which two directions are one: 2.5 degrees, more than rounding and less than any other view."""
SAME_PLACE_MM = 0.01
GAP = 1.6
"""A step so many times the usual one is a gap: slices are missing."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Pictures that are scrolled in one viewport, first to last; a single film is a stack of one."""

    key: str  # stays the same while more of its slices are found
    slices: tuple[Film, ...]
    positions_mm: tuple[float, ...] = ()  # along `normal`, one for each slice; empty where they are not known
    normal: Vector | None = None

    @property
    def is_scrolled(self) -> bool:
        return len(self.slices) > 1

    @property
    def first(self) -> Film:
        return self.slices[0]

    @property
    def middle(self) -> Film:
        """The slice that shows most: what is measured for all."""
        return self.slices[len(self.slices) // 2]

    @property
    def frame_of_reference_uid(self) -> str:
        return self.first.header.frame_of_reference_uid

    @property
    def frames_per_second(self) -> float | None:
        return self.first.header.frames_per_second

    def at(self, film_key: str) -> int | None:
        """The place of a slice, from 0; None where it is not in this stack."""
        return next((place for place, film in enumerate(self.slices) if film.key == film_key), None)


def is_slice(header: FilmHeader) -> bool:
    """True if the header says that the image is one of a series that is scrolled."""
    modality = header.modality.upper()
    return header.is_verified and (
        modality in SLICED or (header.plane is not None and modality not in RADIOGRAPHS)
    )


def stacks_of(study: Study) -> tuple[Stack, ...]:
    """Return all films of a study as stacks, in the order in which their first films lie in the study."""
    return tuple(stack for series in study.series for stack in stacks_of_films(series.films))


def stacks_of_films(films: Sequence[Film]) -> tuple[Stack, ...]:
    """Return the stacks of one series' films. Every film is in exactly one."""
    slices = [film for film in films if film.header.pixels.frames == 1 and is_slice(film.header)]
    groups = _by_orientation(slices)
    group_of = {id(film): group for group in groups for film in group}
    found: list[Stack] = []
    done: set[int] = set()
    for film in films:
        group = group_of.get(id(film))
        if group is None:
            found.append(_frames_stack(film) if film.header.pixels.frames > 1 else Stack(film.key, (film,)))
        elif id(group) not in done:
            done.add(id(group))
            found.append(_slice_stack(group))
    return tuple(found)


def nearest(stack: Stack, position_mm: float) -> int | None:
    """Return the slice nearest to a position; None where positions are not known or it lies outside the stack."""
    if not stack.positions_mm:
        return None
    reach = max(usual_step_mm(stack.positions_mm), 1.0)
    low, high = min(stack.positions_mm), max(stack.positions_mm)
    if not low - reach <= position_mm <= high + reach:
        return None
    distances = [abs(position - position_mm) for position in stack.positions_mm]
    return distances.index(min(distances))


def share_positions(one: Stack, other: Stack) -> bool:
    """True if positions of the two mean the same: one Frame of Reference, and slices that lie parallel."""
    if not one.frame_of_reference_uid or one.frame_of_reference_uid != other.frame_of_reference_uid:
        return False
    if one.normal is None or other.normal is None:
        return False
    return abs(_dot(one.normal, other.normal)) > PARALLEL


def position_in(stack: Stack, other: Stack, at: int) -> float | None:
    """Return where slice `at` of `other` lies along the normal of `stack`; both share positions."""
    if not other.positions_mm or stack.normal is None or other.normal is None:
        return None
    return other.positions_mm[at] * (1 if _dot(stack.normal, other.normal) > 0 else -1)


def usual_step_mm(positions_mm: Sequence[float]) -> float:
    """Return the usual distance of neighbours that do not lie at one place; 0 where there are none."""
    steps = [abs(b - a) for a, b in itertools.pairwise(positions_mm)]
    apart = [step for step in steps if step > SAME_PLACE_MM]
    return median(apart) if apart else 0.0


def gaps_after(positions_mm: Sequence[float]) -> tuple[int, ...]:
    """Return the slices after which the next one lies too far away: something is missing between them."""
    usual = usual_step_mm(positions_mm)
    steps = itertools.pairwise(positions_mm)
    return tuple(at for at, (a, b) in enumerate(steps) if usual and abs(b - a) > GAP * usual)


def position_text(stack: Stack, at: int) -> str:
    """Return a slice's place in words of the patient, "H 134.5 mm"; empty where it is not known."""
    if not stack.positions_mm or stack.normal is None:
        return ""
    axis = max(range(3), key=lambda number: abs(stack.normal[number]) if stack.normal else 0.0)
    value = stack.positions_mm[at] * (1 if stack.normal[axis] > 0 else -1)
    ahead, back = (("L", "R"), ("P", "A"), ("H", "F"))[axis]
    return f"{ahead if value >= 0 else back} {abs(value):.1f} mm"


def same_place(stack: Stack, at: int) -> tuple[int, int]:
    """Return (which, of how many) slices lie where slice `at` lies: (2, 3) is the second of three."""
    if not stack.positions_mm:
        return 1, 1
    here = stack.positions_mm[at]
    first = last = at
    while first > 0 and abs(stack.positions_mm[first - 1] - here) <= SAME_PLACE_MM:
        first -= 1
    while last + 1 < len(stack.slices) and abs(stack.positions_mm[last + 1] - here) <= SAME_PLACE_MM:
        last += 1
    return at - first + 1, last - first + 1


def _by_orientation(slices: Sequence[Film]) -> list[list[Film]]:
    """Groups of one size and one orientation. Where nearly every slice has its own (a rotation), they stay together."""
    groups: list[list[Film]] = []
    for film in slices:
        fitting = (group for group in groups if _fits(group[0].header, film.header))
        group = next(fitting, None)
        if group is None:
            groups.append([film])
        else:
            group.append(film)
    same_size = len({_size(film.header) for film in slices}) == 1
    if same_size and len(groups) > 2 and len(groups) > len(slices) / 2:
        return [list(slices)]
    return groups


def _fits(one: FilmHeader, other: FilmHeader) -> bool:
    if _size(one) != _size(other) or (one.plane is None) != (other.plane is None):
        return False
    return one.plane is None or other.plane is None or _is_parallel(one.plane, other.plane)


def _size(header: FilmHeader) -> tuple[int, int, int]:
    return header.pixels.rows, header.pixels.columns, header.pixels.samples_per_pixel


def _is_parallel(one: SlicePlane, other: SlicePlane) -> bool:
    rows = _dot(one.row_direction, other.row_direction)
    return rows > PARALLEL and _dot(one.column_direction, other.column_direction) > PARALLEL


def _slice_stack(group: Sequence[Film]) -> Stack:
    header = group[0].header
    planes = [film.header.plane for film in group]
    known = [plane for plane in planes if plane is not None]
    is_placed = len(known) == len(group) and all(_is_parallel(known[0], plane) for plane in known)
    label = _label(known[0]) if is_placed else "by number"
    key = f"stack {header.series_instance_uid} {'x'.join(map(str, _size(header)))} {label}"
    if len(group) == 1:
        return Stack(group[0].key, tuple(group))
    if not is_placed:
        return Stack(key, tuple(sorted(group, key=_number_and_name)))
    normal = _normal(known[0])
    placed = sorted(
        ((_dot(plane.position_mm, normal), film) for plane, film in zip(known, group, strict=True)),
        key=lambda entry: (round(entry[0] / SAME_PLACE_MM), *_number_and_name(entry[1])),
    )
    if _runs_backwards([film for _, film in placed], normal):
        placed.sort(key=lambda entry: (-round(entry[0] / SAME_PLACE_MM), *_number_and_name(entry[1])))
    return Stack(key, tuple(film for _, film in placed), tuple(position for position, _ in placed), normal)


def _frames_stack(film: Film) -> Stack:
    """All frames of an instance: in order of position where all have one and lie parallel, else as they are stored."""
    frames = tuple(replace(film, frame=number) for number in range(film.header.pixels.frames))
    planes = film.header.frame_planes
    if len(planes) != len(frames) or not all(_is_parallel(planes[0], plane) for plane in planes):
        return Stack(film.key, frames)
    normal = _normal(planes[0])
    positions = [_dot(plane.position_mm, normal) for plane in planes]
    if max(positions) - min(positions) <= SAME_PLACE_MM:  # a film of one slice: time, not place
        return Stack(film.key, frames)
    sign = -1 if positions[-1] < positions[0] else 1
    order = sorted(range(len(frames)), key=lambda at: (sign * round(positions[at] / SAME_PLACE_MM), at))
    return Stack(film.key, tuple(frames[at] for at in order), tuple(positions[at] for at in order), normal)


def _number_and_name(film: Film) -> tuple[bool, int, str]:
    number = film.header.instance_number
    return number is None, number or 0, film.source.member or film.source.path.name


def _runs_backwards(placed: Sequence[Film], normal: Vector) -> bool:
    """True if the scanner's numbers fall along the normal; without numbers heads, right sides and fronts come first."""
    numbers = [film.header.instance_number for film in placed if film.header.instance_number is not None]
    rising = sum((b > a) - (b < a) for a, b in itertools.pairwise(numbers))
    if rising:
        return rising < 0
    axis = max(range(3), key=lambda number: abs(normal[number]))
    runs_up = normal[axis] > 0
    return runs_up if axis == 2 else not runs_up


def _label(plane: SlicePlane) -> str:
    return ",".join(
        f"{round(value, 1) + 0.0:.1f}" for value in (*plane.row_direction, *plane.column_direction)
    )


def _normal(plane: SlicePlane) -> Vector:
    a, b = plane.row_direction, plane.column_direction
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    length = math.hypot(*cross)
    return cross[0] / length, cross[1] / length, cross[2] / length


def _dot(one: Iterable[float], other: Iterable[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
