"""Families whose prompts come from a grammar of ways to ask, for tasks on arbitrary words, numbers and things."""
