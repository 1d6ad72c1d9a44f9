"""What the commands do. The command line itself, with its options and their words, is `llada_tui.cli`.

Nothing here is imported before its command runs, except `options` and `output`."""
