"""What stands at a mark: its number, and always where its millimetres come from."""

from __future__ import annotations

from viewer.core.language import tr
from viewer.core.measure.annotation import Annotation, Kind
from viewer.core.measure.geometry import (
    angle,
    cardiothoracic_ratio,
    cardiothoracic_widths,
    cobb_angle,
    ellipse_area,
    length,
    rectangle_area,
)
from viewer.core.measure.region import RegionStatistics
from viewer.core.measure.spacing import Spacing


def lines_at(
    mark: Annotation, statistics: RegionStatistics | None = None, *, is_waiting: bool = False
) -> tuple[str, ...]:
    """The lines of text at a mark, the number first.

    Args:
        mark: Any mark with all its points.
        statistics: Of a region; None where there is nothing to say.
        is_waiting: The statistics are on their way.
    """
    lines = list(_numbers(mark, mark.spacing))
    if mark.kind in (Kind.ELLIPSE, Kind.RECTANGLE):
        lines[:0] = _values(statistics, is_waiting=is_waiting)
    if mark.former is not None and has_length(mark.kind):
        lines.append(tr("was {value}", value=_main_number(mark, mark.former)))
    if mark.proposal_note:
        lines.append(mark.proposal_note)
    return tuple(lines)


def has_length(kind: Kind) -> bool:
    """True where a number of this kind changes with the spacing."""
    return kind in (Kind.LENGTH, Kind.CTR, Kind.ELLIPSE, Kind.RECTANGLE)


def length_text(value: float, spacing: Spacing) -> str:
    """A length with its label: "123.4 mm at detector", "512.0 px"."""
    return f"{value:.1f} {spacing.label}"


def area_text(value: float, spacing: Spacing) -> str:
    """An area with its label: "314.2 mm² · mm at detector", "1200 px²"."""
    if not spacing.is_mm:
        return f"{value:.0f} {spacing.label}²"
    return (
        f"{value:.1f} mm² · {spacing.label}" if value < 1000 else f"{value / 100:.2f} cm² · {spacing.label}"
    )


def _numbers(mark: Annotation, spacing: Spacing) -> tuple[str, ...]:
    points, size = mark.points, spacing.pixel_size
    match mark.kind:
        case Kind.LENGTH:
            return (length_text(length(points[0], points[1], size), spacing),)
        case Kind.ANGLE:
            return (_degrees(angle(points, size)),)
        case Kind.COBB:
            return (tr("Cobb {angle}", angle=_degrees(cobb_angle(points, size))),)
        case Kind.CTR:
            ratio = cardiothoracic_ratio(points, size)
            number = "–" if ratio is None else f"{ratio:.2f}"
            return tr("CTR {ratio}", ratio=number), _widths(mark, spacing)
        case Kind.ELLIPSE:
            return (area_text(ellipse_area(points[0], points[1], size), spacing),)
        case Kind.RECTANGLE:
            return (area_text(rectangle_area(points[0], points[1], size), spacing),)
        case Kind.ARROW:
            return (mark.text,) if mark.text else ()


def _main_number(mark: Annotation, spacing: Spacing) -> str:
    """The number of a mark that depends on the spacing."""
    return _numbers(mark, spacing)[-1]


def _widths(mark: Annotation, spacing: Spacing) -> str:
    heart, thorax = cardiothoracic_widths(mark.points, spacing.pixel_size)
    return tr("heart {heart} / thorax {thorax}", heart=f"{heart:.1f}", thorax=length_text(thorax, spacing))


def _degrees(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}°"


def _values(statistics: RegionStatistics | None, *, is_waiting: bool) -> tuple[str, ...]:
    if statistics is None:
        return (tr("measuring…"),) if is_waiting else (tr("no grey values here"),)
    unit = statistics.unit or tr("modality values")
    return (
        tr("mean {mean}  SD {sd}", mean=f"{statistics.mean:.5g}", sd=f"{statistics.sd:.4g}"),
        tr(
            "min {low}  max {high}  ({unit})",
            low=f"{statistics.minimum:.5g}",
            high=f"{statistics.maximum:.5g}",
            unit=unit,
        ),
    )
