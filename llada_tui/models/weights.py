"""The tensors of a checkpoint's safetensors files, read from their headers before anything is loaded."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from llada_tui.models.checkpoint_files import INDEX, SINGLE, check_header, read_json
from llada_tui.models.errors import ModelError

_EXPERT = re.compile(r"(.+\.experts)\.(\d+)\.(.+)")
_NF4, _INT8 = ".quant_state.bitsandbytes__nf4", ".SCB"
"""The suffixes of what bitsandbytes keeps beside each quantised matrix."""
_DTYPES = {"F32": ("float32", 4), "BF16": ("bfloat16", 2), "F16": ("float16", 2)}


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a checkpoint: name to shape, and the dtype in which most of the numbers are saved.

    ``quantization`` is nf4 or int8 for a quantised copy. Its matrices count as what they stand for, and their scales
    are left out.
    """

    shapes: dict[str, tuple[int, ...]]
    dtype: str
    quantization: str | None = None

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def linear(self) -> int:
        """Parameters in the layers' matrices, which are what quantisation shrinks: experts are, routers and what sees
        are not."""
        return sum(
            math.prod(shape)
            for name, shape in self.shapes.items()
            if len(shape) == 2
            and (".blocks." in name or ".layers." in name)
            and not name.endswith(".mlp.gate.weight")
            and ".vision_tower." not in name
        )


def inspect(folder: Path) -> Weights:
    """Reads the headers of all weights in ``folder``. Raises `ModelError` for a missing, cut or broken file."""
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
    for shard in _shards(folder):
        tensors |= _header(shard)
    return summarise(tensors, folder)


def summarise(tensors: Mapping[str, tuple[str, tuple[int, ...]]], source: object) -> Weights:
    """A summary of tensors (name to dtype, as safetensors names it, and shape). Raises `ModelError`."""
    packed = {name.removesuffix(_NF4) for name in tensors if name.endswith(_NF4)}
    eight = {f"{name.removesuffix(_INT8)}.weight" for name in tensors if name.endswith(_INT8)}
    shapes: dict[str, tuple[int, ...]] = {}
    numbers: Counter[str] = Counter()
    for name, (dtype, shape) in tensors.items():
        if name.endswith((_INT8, ".weight_format")) or _is_scale(name, packed):
            continue
        shapes[name] = (2 * math.prod(shape), 1) if name in packed else shape
        if name not in packed and name not in eight:
            numbers[dtype] += math.prod(shape)
    if not numbers:
        raise ModelError(f"The weights in {source} hold no tensors: download the checkpoint again.")
    dtype = numbers.most_common(1)[0][0]
    if dtype not in _DTYPES:
        raise ModelError(f"The weights in {source} are saved as {dtype}; only float32, bfloat16 and float16 are known.")
    return Weights(shapes, _DTYPES[dtype][0], "nf4" if packed else "int8" if eight else None)


def _is_scale(name: str, packed: set[str]) -> bool:
    """Whether a tensor belongs to one that is packed: ``...weight.absmax``, ``...weight.quant_map`` and so on."""
    owner, separator, _ = name.rpartition(".weight.")
    return bool(separator) and f"{owner}.weight" in packed


def check_experts(weights: Weights, count: int, folder: Path) -> None:
    """Raises `ModelError` unless every mixture has ``count`` experts alike: transformers stacks them into one."""
    mixtures: dict[tuple[str, str], dict[int, tuple[int, ...]]] = defaultdict(dict)
    for name, shape in weights.shapes.items():
        if part := _EXPERT.fullmatch(name):
            mixtures[part[1], part[3]][int(part[2])] = shape
    for (experts, rest), shapes in sorted(mixtures.items()):
        wrong = sorted(shapes.keys() ^ set(range(count)))
        fault = "have too much by" if wrong and wrong[0] in shapes else "lack"
        if not wrong:
            usual = Counter(shapes.values()).most_common(1)[0][0]
            wrong, fault = [number for number in sorted(shapes) if shapes[number] != usual], "have in another shape"
        if wrong:
            raise ModelError(
                f"The weights in {folder} do not fit its config.json: they {fault} {len(wrong)} tensors "
                f"({experts}.{wrong[0]}.{rest} among them); download the checkpoint again."
            )


def only_file(folder: Path) -> Path | None:
    """The weights of a folder that has them in one file of another name than the usual, as SMDM's (``mdm-170M-...``);
    None where they are elsewhere. Raises `ModelError` for several of SMDM's files."""
    if (folder / INDEX).is_file() or (folder / SINGLE).is_file():
        return None
    smdm = sorted(folder.glob("mdm-*.safetensors"))
    if len(smdm) > 1:
        raise ModelError(
            f"{folder} holds {len(smdm)} checkpoints ({smdm[0].name} and {smdm[1].name} among them): put one into a "
            "folder of its own, and give that."
        )
    files = smdm or list(folder.glob("*.safetensors"))
    return files[0] if len(files) == 1 else None


def _shards(folder: Path) -> list[Path]:
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if not (folder / INDEX).is_file():
        alone = only_file(folder)
        if alone is not None:
            return [alone]
        if any(folder.glob("*.bin")) or any(folder.glob("*.pt")):
            raise ModelError(
                f"{folder} holds pickled weights only, which can run code: convert them to safetensors first."
            )
        raise ModelError(f"{folder} holds no {SINGLE}: download the checkpoint again.")
    mapping = read_json(folder / INDEX).get("weight_map")
    if not isinstance(mapping, dict) or not all(isinstance(name, str) for name in mapping.values()):
        raise ModelError(f"{folder / INDEX} names no weights: download the checkpoint again.")
    names = sorted(set(mapping.values()))
    for name in names:
        if Path(name).name != name:
            raise ModelError(f"{folder / INDEX} points outside the folder ({name}): download the checkpoint again.")
        if not (folder / name).is_file():
            raise ModelError(f"{folder} lacks {name}, one of its {len(names)} shards: download the checkpoint again.")
    return [folder / name for name in names]


def _header(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Name to dtype and shape of each tensor in a safetensors file, whose header fits the file's length."""
    check_header(path)
    try:
        with safe_open(path, framework="np") as file:
            names = file.keys()
            tensors = {name: file.get_slice(name) for name in names}
            return {name: (part.get_dtype(), tuple(part.get_shape())) for name, part in tensors.items()}
    except SafetensorError:
        raise ModelError(f"{path} is cut short or damaged: delete it and download it again.") from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}): check who may read it.") from None
