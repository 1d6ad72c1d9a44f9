"""``python -m llada_tui`` is the ``llada-tui`` command."""

from llada_tui.start import main

main()
