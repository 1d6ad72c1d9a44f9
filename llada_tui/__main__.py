"""``python -m llada_tui`` is the ``llada-tui`` command."""

try:
    from llada_tui.start import main

    main()
except KeyboardInterrupt:
    raise SystemExit(130) from None
