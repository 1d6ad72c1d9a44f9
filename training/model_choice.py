"""The model that a script asks: an exported folder, or a run's checkpoint with the tokenizer it was trained with."""

import argparse
from pathlib import Path

from training.checkpoint import load_network
from training.export import take_weights
from training.model import Network
from training.settings import DEFAULT_RUN_FOLDER, ModelSettings
from training.tokenizer import Vocabulary


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --model, --run and --tokenizer."""
    parser.add_argument("--model", type=Path, help="an exported folder, which has its own tokenizer")
    parser.add_argument("--run", type=Path, default=DEFAULT_RUN_FOLDER / "run", help="a run's folder")
    parser.add_argument("--tokenizer", type=Path, default=DEFAULT_RUN_FOLDER / "tokenizer", help="the run's tokenizer")


def chosen_model(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> tuple[Network, Vocabulary]:
    """The network, ready to be asked, and its vocabulary; ends the program in a sentence where a file is missing."""
    weights = arguments.model / "model.safetensors" if arguments.model else arguments.run / "checkpoint.pt"
    tokenizer = arguments.model or arguments.tokenizer
    for file in (weights, tokenizer / "tokenizer.json"):
        if not file.exists():
            parser.error(f"there is no {file}: name another folder with --model, or with --run and --tokenizer")
    if arguments.model:
        network = Network(ModelSettings())
        take_weights(network, arguments.model)
    else:
        network = load_network(weights)
    return network.eval(), Vocabulary.load(tokenizer)
