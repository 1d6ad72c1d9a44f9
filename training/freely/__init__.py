"""Prompts written by hand without sight of the corpus, their checks, and the share that a model answers rightly."""
