"""Measuring on films: where millimetres come from, geometry, region statistics, and marks that are kept."""
