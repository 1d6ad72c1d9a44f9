"""What happened in a run, as data: settings, events, folded runs, printable token text and session files.

Nothing here imports torch, a process or a screen."""
