"""Write a checkpoint in the layout of the hub: config.json, model.safetensors in bfloat16, and the tokenizer.

    python -m training.export --run FOLDER --out llada_tui/models/demo

The head shares the embedding's weights in training; the file holds it as a tensor of its own, as the 8B's does.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.checkpoint import load_network
from training.corpus.mixture import EARLIER_TURNS
from training.model import Network
from training.settings import DEFAULT_RUN_FOLDER, ModelSettings
from training.tokenizer import Vocabulary

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def hub_config(
    sizes: ModelSettings,
    vocabulary: Vocabulary,
    earlier_rounds: int = max(EARLIER_TURNS),
    noises: Sequence[str] = (),
) -> dict[str, object]:
    """The fields of the hub's config.json with this model's sizes and ids; no auto_map: there is no code to load.

    `earlier_rounds` is a field of ours: how many rounds stood before a question in training, at most. The chat sends no
    more. So is `noises`: the kinds of noise that it was trained with, where they are not masks alone.
    """
    kinds = {"noises": [*noises]} if noises else {}
    return {
        **kinds,
        "activation_type": "silu",
        "alibi": False,
        "alibi_bias_max": 8.0,
        "architectures": ["LLaDAModelLM"],
        "attention_dropout": 0.0,
        "attention_layer_norm": False,
        "attention_layer_norm_with_affine": True,
        "bias_for_layer_norm": False,
        "block_group_size": 1,
        "block_type": "llama",
        "d_model": sizes.width,
        "earlier_rounds": earlier_rounds,
        "embedding_dropout": 0.0,
        "embedding_size": sizes.vocabulary,
        "eos_token_id": vocabulary.eos,
        "flash_attention": False,
        "include_bias": False,
        "include_qkv_bias": False,
        "init_cutoff_factor": None,
        "init_device": "meta",
        "init_fn": "mitchell",
        "init_std": 0.02,
        "input_emb_norm": False,
        "layer_norm_type": "rms",
        "layer_norm_with_affine": True,
        "mask_token_id": vocabulary.mask,
        "max_sequence_length": sizes.longest,
        "mlp_hidden_size": sizes.feed_forward,
        "mlp_ratio": 4,
        "model_type": "llada",
        "multi_query_attention": None,
        "n_heads": sizes.heads,
        "n_kv_heads": sizes.heads,
        "n_layers": sizes.layers,
        "pad_token_id": vocabulary.eos,
        "precision": "amp_bf16",
        "residual_dropout": 0.0,
        "rms_norm_eps": sizes.norm_eps,
        "rope": True,
        "rope_full_precision": True,
        "rope_theta": sizes.rope_theta,
        "scale_logits": False,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.46.3",
        "use_cache": False,
        "vocab_size": sizes.vocabulary,
        "weight_tying": False,
    }


def hub_tensors(network: Network, dtype: torch.dtype = torch.bfloat16) -> dict[str, Tensor]:
    """The weights under the hub's key names."""
    tensors = {
        f"model.transformer.{name}": tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in network.state_dict().items()
    }
    tensors["model.transformer.ff_out.weight"] = tensors["model.transformer.wte.weight"].clone()
    return tensors


def take_weights(network: Network, folder: Path) -> None:
    """Set a network's weights to those of an exported folder. Raises RuntimeError if their names or shapes differ.

    A network with more layers than the folder's computes the same: the layers that it has more are spread evenly among
    the others and add nothing until they have learnt something.
    """
    tensors = load_file(folder / "model.safetensors")
    tensors.pop("model.transformer.ff_out.weight")
    weights = {name.removeprefix("model.transformer."): value for name, value in tensors.items()}
    saved_layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
    layers = network.settings.layers
    if layers > saved_layers:
        places = [round((index + 1) * layers / saved_layers) - 1 for index in range(saved_layers)]
        state = network.state_dict()
        for name, value in state.items():
            if name.endswith(("attn_out.weight", ".ff_out.weight")):
                value.zero_()
        for name, value in weights.items():
            start, _, rest = name.partition(".")
            index, _, inner = rest.partition(".")
            state[f"blocks.{places[int(index)]}.{inner}" if start == "blocks" else name] = value
        weights = state
    network.load_state_dict(weights)


def export(
    network: Network,
    tokenizer_folder: Path,
    out: Path,
    dtype: torch.dtype = torch.bfloat16,
    noises: Sequence[str] = (),
) -> None:
    """Write the folder. `noises` are the kinds of noise that config.json names."""
    out.mkdir(parents=True, exist_ok=True)
    vocabulary = Vocabulary.load(tokenizer_folder)
    (out / "config.json").write_text(
        json.dumps(hub_config(network.settings, vocabulary, noises=noises), indent=1) + "\n"
    )
    weights = out / "model.safetensors"
    save_file(hub_tensors(network, dtype), weights, metadata={"format": "pt"})
    weights.chmod(0o644)
    for name in TOKENIZER_FILES:
        shutil.copyfile(tokenizer_folder / name, out / name)


def main() -> None:
    """Export a run's checkpoint."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--run", type=Path, default=DEFAULT_RUN_FOLDER / "run")
    parser.add_argument("--tokenizer", type=Path, default=DEFAULT_RUN_FOLDER / "tokenizer")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--noises", nargs="*", default=[], choices=["mask", "uniform"], help="if not masks alone")
    arguments = parser.parse_args()
    export(load_network(arguments.run / "checkpoint.pt"), arguments.tokenizer, arguments.out, noises=arguments.noises)
    size = sum(file.stat().st_size for file in arguments.out.iterdir()) / 1e6
    print(f"{arguments.out}: {size:.1f} MB")


if __name__ == "__main__":
    main()
