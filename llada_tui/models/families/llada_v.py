"""LLaDA-V's architecture (arXiv 2505.16933): LLaDA that sees, on transformers' own Llama and SigLIP classes.

A SigLIP tower makes features of a picture's tiles, a projector brings them to the width of the text's embeddings, and
they stand among those. Its published code (ML-GSAI/LLaDA-V) is a fork of an old framework; the hub has the weights
alone.

Where we differ from it, on purpose:

- Masks are known by their id and not by their embedding: a mask in the prompt is part of the prompt, and stays.
- Of several stop sequences the one counts that begins first, at every step. As published the search ends with the first
  that is listed and met, and from then on only the first of the list is looked for.
- Pictures and places for them must be as many. As published a picture without a place is dropped, and a place without
  a picture gets the last one again.
- Guidance masks the whole prompt, pictures too, as published, and what is given within the canvas, as LLaDA does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from huggingface_hub.dataclasses import strict
from torch import Tensor, nn
from transformers.conversion_mapping import register_checkpoint_conversion_mapping
from transformers.core_model_loading import WeightRenaming
from transformers.models.siglip.configuration_siglip import SiglipVisionConfig
from transformers.models.siglip.modeling_siglip import SiglipVisionModel

from llada_tui.models.any_resolution import AnyResolution, Point, Size, grids_of
from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL, Allowed, check_sizes, head_width
from llada_tui.models.errors import ModelError
from llada_tui.models.families.llada import LLaDAConfig, LLaDAForMaskedDiffusion

_TOWER = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}
"""google/siglip2-so400m-patch14-384, which the published code has in it and config.json only names."""
_TILES_AT_ONCE = 8
"""Tiles in one call of the tower: more are no faster, and take more memory."""
_ANY = re.compile(r"anyres(_max_([1-9]\d{0,2}))?")

OPTIONS: Allowed = {
    **NEUTRAL,
    "hidden_act": ("silu",),
    "attention_bias": (False, None),
    "rope_scaling": (None,),
    "sliding_window": (None,),
    "mm_projector_type": ("mlp2x_gelu",),
    "mm_patch_merge_type": ("spatial_unpad",),
    "mm_resampler_type": (None,),
    "mm_use_im_start_end": (False, None),
    "mm_use_im_patch_token": (False, None),
    "mm_vision_select_feature": ("patch",),
    "use_pos_skipping": (False, None),
    "tune_mm_mlp_adapter": (False, None),
}
"""The options of the framework that change what a picture becomes, with the values that are published."""


@strict
class LLaDAVConfig(LLaDAConfig):
    """A Llama configuration with that of the tower beside it, which counts the tower's last layer though no checkpoint
    has it: the features are what goes into that layer."""

    model_type = "llava_llada"
    sub_configs_defaults: ClassVar[dict[str, Any]] = {"vision_config": SiglipVisionConfig}
    vision_config: dict[str, Any] | SiglipVisionConfig | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        if self.vision_config is None:
            self.vision_config = dict(_TOWER)
        super().__post_init__(**kwargs)

    @property
    def tower(self) -> SiglipVisionConfig:
        """The tower as it is built: without its last layer, and without a head."""
        whole = self.vision_config.to_dict() if isinstance(self.vision_config, SiglipVisionConfig) else {}
        return SiglipVisionConfig(
            **{**whole, "num_hidden_layers": whole["num_hidden_layers"] - 1, "vision_use_head": False}
        )

    @property
    def tiling(self) -> AnyResolution:
        """The way in which pictures are cut into tiles."""
        tower = self.tower
        matched = _ANY.fullmatch(self.picture_shape)
        grids = grids_of(getattr(self, "image_grid_pinpoints", "(1x1),...,(6x6)"), tower.image_size)
        return AnyResolution(
            tower.image_size,
            tower.image_size // tower.patch_size,
            grids,
            int(matched[2]) if matched and matched[2] else None if matched else 4,
        )

    @property
    def picture_tokens(self) -> int:
        """The positions that a picture takes at most."""
        return self.tiling.most_tokens

    @property
    def picture_shape(self) -> str:
        """``image_aspect_ratio``: anyres, anyres_max_N or pad."""
        return str(getattr(self, "image_aspect_ratio", None) or "anyres_max_4")


class LLaDAVForMaskedDiffusion(LLaDAForMaskedDiffusion):
    """LLaDA with its LM head, a tower and a projector. See `llada_tui.models.seeing.SeeingNetwork`."""

    config: LLaDAVConfig
    _no_split_modules: ClassVar[list[str]] = [*LLaDAForMaskedDiffusion._no_split_modules, "SiglipEncoderLayer"]

    def __init__(self, config: LLaDAVConfig) -> None:
        super().__init__(config)
        tower, width = config.tower, config.hidden_size
        self.model.vision_tower = SiglipVisionModel(tower)
        self.model.mm_projector = nn.Sequential(nn.Linear(tower.hidden_size, width), nn.GELU(), nn.Linear(width, width))
        self.model.image_newline = nn.Parameter(torch.zeros(width))
        self.tiling = config.tiling
        self.picture_mode = "pad" if config.picture_shape == "pad" else "anyres"
        self.post_init()

    def tower_features(self, tiles: Tensor) -> Tensor:
        """The tower's features ``(tiles, patches, tower's width)`` of tiles ``(tiles, 3, side, side)``. The norm and
        the head behind its layers are not used."""
        tower = self.model.vision_tower
        weight = tower.embeddings.patch_embedding.weight
        parts = torch.split(tiles.to(weight.device, weight.dtype), _TILES_AT_ONCE)
        return torch.cat([tower.encoder(inputs_embeds=tower.embeddings(part)).last_hidden_state for part in parts])

    def picture_embeddings(self, picture: Any, mode: str) -> Tensor:
        tiling = self.tiling
        tiles = tiling.tiles(picture) if mode == "anyres" else tiling.square(picture)
        features = self.model.mm_projector(self.tower_features(tiles))
        newline = self.model.image_newline.to(features.device)
        if mode == "anyres":
            return tiling.arranged(features, picture.size, newline)
        return features[0] if mode == "pad_tensor" else torch.cat([features[0], newline[None]])

    def picture_tokens(self, size: Size, mode: str) -> int:
        if mode == "anyres":
            return self.tiling.tokens(size)
        return self.tiling.patches**2 + (mode == "pad")

    def picture_centres(self, size: Size, mode: str) -> list[Point | None]:
        if mode == "anyres":
            return self.tiling.centres(size)
        return self.tiling.square_centres(size) + [None] * (mode == "pad")


register_checkpoint_conversion_mapping(
    "llava_llada",
    [WeightRenaming(r"^model\.vision_tower\.vision_tower\.vision_model\.", "model.vision_tower.")],
    overwrite=True,
)


class _LLaDAV(Architecture):
    """The family, with what config.json says of the tower and of pictures checked as well."""

    def configure(self, config_json: Mapping[str, Any], source: object) -> Any:
        vision = config_json.get("vision_config")
        if vision is not None:
            if not isinstance(vision, dict):
                raise ModelError(f"The config.json of {source} has a vision_config that is no object.")
            sizes = tuple((name,) for name in _TOWER)
            check_sizes(vision, sizes, source)
            head_width(vision, sizes, source)
            if vision["num_hidden_layers"] < 2 or vision["image_size"] < vision["patch_size"]:
                raise ModelError(f"The config.json of {source} describes a tower that sees nothing.")
        # The published bos_token_id is that of Llama, which lies outside of the vocabulary.
        config = super().configure({**config_json, "bos_token_id": None}, source)
        if config.picture_shape != "pad" and not _ANY.fullmatch(config.picture_shape):
            raise ModelError(
                f"This variant of {self.name} is not supported: its config.json has image_aspect_ratio = "
                f"{config.picture_shape[:60]!r}, and only anyres, anyres_max_N and pad are known."
            )
        try:
            config.tiling  # noqa: B018
        except ValueError as error:
            raise ModelError(f"The config.json of {source} cannot be used: {error}.") from None
        return config


ARCHITECTURE = _LLaDAV(
    "LLaDA-V",
    LLaDAVConfig,
    LLaDAVForMaskedDiffusion,
    OPTIONS,
    DENSE_SIZES,
    bans=("eos", "bos", "start_header", "end_header"),
    whole=("model.vision_tower", "model.mm_projector"),
)
