"""Writes docs/families.json: what every family of models takes, and the sentence where it does not. It is tried on a
tiny model of random weights of each.

python -m docs.families
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs.table import table

if TYPE_CHECKING:
    from llada_tui.models.loaded_model import LoadedModel

RESULTS = Path(__file__).resolve().parent / "families.json"

_SIZES: dict[str, Any] = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "head_dim": 8,
    "pad_token_id": 0,
}
_EXPERTS: dict[str, Any] = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
_BLOCKS: dict[str, Any] = {"block_size": 4}
_VARIANTS: dict[str, dict[str, Any]] = {
    "llada2_moe": {**_BLOCKS, "num_shared_experts": 1, "n_group": 2, "topk_group": 1},
    "sdar": _BLOCKS,
    "sdar_moe": _BLOCKS,
    "Fast_dLLM_Qwen": {"bd_size": 4},
}
"""What makes a tiny model of a family, beside the sizes."""
_MASK, _EOS, _PROMPT, _CANVAS, _BLOCK = 95, 94, [5, 9, 20, 31, 44], 4, 2


def rows_of_models() -> list[tuple[str, Callable[[], LoadedModel]]]:
    """The rows of the table: a family, or one of its two kinds of attention, and what makes a tiny model of it."""
    from llada_tui.models import families

    makers: list[tuple[str, Callable[[], LoadedModel]]] = []
    for kind, architecture in families.by_model_type().items():
        if kind == "llava_llada":
            continue  # without a picture it is LLaDA
        makers.append((architecture.name, partial(_model, architecture, _VARIANTS.get(kind, {}))))
        if kind.startswith("a2d-"):
            makers.append((f"{architecture.name} in blocks", partial(_model, architecture, _BLOCKS)))
    return makers


def _model(architecture: Any, fields: dict[str, Any]) -> LoadedModel:
    import torch

    from llada_tui.models.loaded_model import LoadedModel
    from llada_tui.models.special_ids import id_count
    from llada_tui.trace.events import ModelInfo

    torch.manual_seed(0)
    experts = _EXPERTS if architecture.experts else {}
    config = architecture.config.from_dict({**_SIZES, **experts, **fields})
    network = architecture.network(config).eval()
    beyond = config.vocab_size if getattr(config, "extra_ids", 0) else config.mask_token_id
    mask = _MASK if beyond is None else beyond
    with torch.no_grad():  # no trained model predicts the mask
        network.lm_head.weight[mask:] = 0
    info = ModelInfo(
        id="tiny",
        family=config.model_type,
        dtype="float32",
        device="cpu",
        mask_id=mask,
        eos_id=_EOS,
        vocab_size=id_count(config),
        context=128,
        block_size=network.block_size,
        blocks_from_canvas=network.blocks_from_canvas and bool(network.block_size),
        first_alone=network.first_alone,
    )
    return LoadedModel(network, None, info)


def tried(model: LoadedModel, prompt: Sequence[int] = _PROMPT) -> dict[str, str]:
    """What was tried with a model after a prompt, and the sentence that it was refused with; empty where it works."""
    import torch

    from llada_tui.diffusion import caches, strategies
    from llada_tui.diffusion.influence import influence
    from llada_tui.models.scoring import score_pairs, scored_pair
    from llada_tui.settings.sampler_settings import SamplerSettings

    canvas = torch.tensor([[*prompt, *[model.mask_id] * _CANVAS]])
    plain = SamplerSettings(_CANVAS, _CANVAS, _BLOCK)

    def run(**changes: Any) -> None:
        steps = list(model.denoise(canvas, plain.replace(**changes), prompt_length=len(prompt)))
        if bool((steps[-1].canvas == model.mask_id).any()):
            raise AssertionError(f"a run with {changes} left masks")

    def lean() -> None:
        model.check_influence()
        influence(model, torch.tensor([*prompt, 7, 8]), len(prompt), 7, [[1], [2]])

    attempts: dict[str, Callable[[], object]] = {
        **{
            f"strategy {name}": partial(run, remasking=name)
            for name, kind in strategies.by_name().items()
            if model.knows_noise(kind.noise)
        },
        **{f"cache {name}": partial(run, cache=name) for name in caches.by_name()},
        "guidance": lambda: run(cfg_scale=1.0),
        "look-ahead": lambda: run(look_ahead=True),
        "influence": lean,
        "likelihood": lambda: score_pairs(
            model, [scored_pair(prompt, [7, 8, 9], 0)], mc_num=4, cfg_scale=0.0, batch_size=4
        ),
    }
    return {name: _sentence(attempt) for name, attempt in attempts.items()}


def _sentence(attempt: Callable[[], object]) -> str:
    from llada_tui.models.errors import ModelError
    from llada_tui.settings.sampler_settings import SettingsError

    try:
        attempt()
    except (ModelError, SettingsError) as error:
        return str(error)
    return ""


def rows() -> list[tuple[str, ...]]:
    """The table of docs/models.md, from what was found."""
    asked = ("cache dllm_cache", "guidance", "influence", "likelihood")
    lines: list[tuple[str, ...]] = [
        ("family", "strategies", "`prefix`, `dual`", "`dllm_cache`", "guidance", "influence", "likelihood")
    ]
    for family, results in json.loads(RESULTS.read_text("utf-8")).items():
        refused = [name.removeprefix("strategy ") for name, why in results["refused"].items() if "strategy" in name]
        kept = "no" if "cache prefix" in results["refused"] else results["caches"]
        marks = ["no" if name in results["refused"] else "yes" for name in asked]
        lines.append((family, f"all but `{'`, `'.join(refused)}`" if refused else "all", kept, *marks))
    return lines


def summary_of(model: LoadedModel) -> dict[str, Any]:
    """What docs/families.json says of a model."""
    results = tried(model)
    return {
        "caches": "exact" if model.block_size else "approximate",
        "refused": {name: why for name, why in results.items() if why},
    }


def page_part() -> str:
    """The part of docs/models.md."""
    return table(rows())


if __name__ == "__main__":
    text = json.dumps({name: summary_of(make()) for name, make in rows_of_models()}, indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", "utf-8")
