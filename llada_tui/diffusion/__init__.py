"""Writing with a masked-diffusion language model: the sampler, its schedule and its strategies.

Importing this package or `llada_tui.diffusion.strategies` loads no torch; `llada_tui.diffusion.sampler` does.
"""
