"""How long a step stays on show: one pace for the screen and for exports."""

DWELL = 0.08
"""Least seconds that a step stays at speed 1, where the configuration names no other."""
