"""One model for many people, over HTTP (the extra ``serve``): OpenAI's API, with every step of a run for who asks.

What the extra brings is imported by `llada_tui.serving.application` and by nothing that other commands import.
"""

NOT_INSTALLED = 'Serving needs starlette, uvicorn and websockets: pip install "llada-tui[serve]".'
NO_RAY = 'Serving on Ray needs ray[serve] too: pip install "llada-tui[serve,ray]".'
