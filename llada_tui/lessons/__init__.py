"""Lessons: Markdown files that show a run beside their text. The format is told in ``docs/lessons.md``."""
