"""The liveliness of the embedded model's runs: what the suggestions, the tour and a preset are chosen by.

    python -m benchmarks.liveliness                                # what the first screen suggests, with its settings
    python -m benchmarks.liveliness "Tell me a story about a bear." --preset best --seeds 3

A row a run: guesses that changed, the places where they did, the steps that kept only ends of text, all steps, and the
answer.
"""

from __future__ import annotations

import argparse

from llada_tui import SamplerSettings, load_model
from llada_tui.analysis.liveliness import liveliness
from llada_tui.api import Model
from llada_tui.settings.presets import PRESETS, chat_settings
from llada_tui.trace.events import RunEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.chat.tour import QUESTION
from llada_tui.tui.chat.welcome import EXAMPLES


def run_of(model: Model, prompt: str, settings: SamplerSettings) -> Run:
    """A whole run of one prompt, folded."""
    loaded = model.loaded
    start = RunEvent(
        "run-1",
        loaded.info,
        settings,
        loaded.encode_prompt(prompt),
        Resume(canvas=[loaded.mask_id] * settings.gen_length),
    )
    run = Run(start, TokenBytes())
    for step in model.denoise(prompt, settings):
        run.add(StepEvent.of(step.rows[0], run=run.id, index=step.index, seconds=0.0))
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", nargs="*", default=list(dict.fromkeys((*EXAMPLES[True], QUESTION))))
    parser.add_argument("--preset", choices=[preset.name for preset in PRESETS], help="instead of the chat's settings")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--model", default="demo")
    options = parser.parse_args()
    preset = next((preset for preset in PRESETS if preset.name == options.preset), None)
    settings = chat_settings("demo")
    settings = settings if preset is None else preset.apply(settings)
    model = load_model(options.model)
    print(f"{'changes':>7} {'places':>6} {'ends':>4} {'steps':>5}  answer")
    for prompt in options.prompts:
        print(prompt)
        for seed in range(options.seeds):
            run = run_of(model, prompt, settings.replace(seed=seed))
            changes, positions, end_steps, steps = liveliness(run)
            answer = model.loaded.decode(run.ids(run.last))
            print(f"{changes:7} {positions:6} {end_steps:4} {steps:5}  {answer!r}")


if __name__ == "__main__":
    main()
