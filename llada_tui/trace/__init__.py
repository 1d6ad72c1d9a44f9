"""The record of a run, as data: events, folded runs, printable token text and session files.

Nothing here imports torch, a process or a screen."""
