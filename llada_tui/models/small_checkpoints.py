"""The catalog's entries of small diffusion models, most of them made from Qwen, and of Qwen itself to compare with."""

from __future__ import annotations

from llada_tui.models.checkpoint_entry import Checkpoint, CheckpointSize

_06B: CheckpointSize = {
    "family": "a2d-qwen3",
    "parameters": 596_049_920,
    "kept": 155_648_000,
    "layers": 28,
    "context": 40_960,
    "licence": "Apache-2.0",
}
_06B_AUTOREGRESSIVE: CheckpointSize = {**_06B, "family": "qwen3"}
_05B: CheckpointSize = {
    "family": "a2d-qwen2",
    "parameters": 494_032_768,
    "kept": 136_206_208,
    "layers": 24,
    "context": 32_768,
    "licence": "Apache-2.0",
}
_BERT_BASE: CheckpointSize = {
    "family": "modernbert",
    "parameters": 149_655_232,
    "kept": 38_768_320,
    "layers": 22,
    "context": 8192,
    "licence": "Apache-2.0",
}
_BERT_LARGE: CheckpointSize = {
    "family": "modernbert",
    "parameters": 395_881_664,
    "kept": 51_686_592,
    "layers": 28,
    "context": 8192,
    "licence": "Apache-2.0",
}
_SDAR_SMALL: CheckpointSize = {
    "family": "sdar",
    "parameters": 2_031_739_904,
    "kept": 622_453_760,
    "layers": 28,
    "context": 32_768,
    "licence": "MIT",
}
_SDAR_4B: CheckpointSize = {
    "family": "sdar",
    "parameters": 4_411_424_256,
    "kept": 778_108_416,
    "layers": 36,
    "context": 32_768,
    "licence": "MIT",
}
_SDAR_8B: CheckpointSize = {
    "family": "sdar",
    "parameters": 8_190_735_360,
    "kept": 1_244_967_936,
    "layers": 36,
    "context": 32_768,
    "licence": "MIT",
}
_FAST_SMALL: CheckpointSize = {
    "family": "Fast_dLLM_Qwen",
    "parameters": 1_543_714_304,
    "kept": 233_518_592,
    "layers": 28,
    "context": 32_768,
    "licence": "Apache-2.0",
}
_FAST_7B: CheckpointSize = {
    "family": "Fast_dLLM_Qwen",
    "parameters": 7_615_616_512,
    "kept": 1_090_328_064,
    "layers": 28,
    "context": 32_768,
    "licence": "Apache-2.0",
}
_SMDM_170M: CheckpointSize = {
    "family": "smdm",
    "parameters": 219_050_496,
    "kept": 49_181_184,
    "layers": 18,
    "context": 2048,
    "licence": "Apache-2.0",
}
_SMDM_1B: CheckpointSize = {
    "family": "smdm",
    "parameters": 1_142_367_744,
    "kept": 114_763_264,
    "layers": 20,
    "context": 2048,
    "licence": "Apache-2.0",
}

SMALL_CHECKPOINTS: tuple[Checkpoint, ...] = (
    Checkpoint(
        "dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1",
        "Qwen3 0.6B diffusion, in blocks",
        ("qwen3-0.6b", "qwen3-0.6b-bd3lm"),
        chat=True,
        positions=32,
        summary="Answers on any laptop. Its blocks of 32 see only what is before them, so its cache is exact.",
        **_06B,
    ),
    Checkpoint(
        "dllm-hub/Qwen3-0.6B-diffusion-mdlm-v0.1",
        "Qwen3 0.6B diffusion",
        ("qwen3-0.6b-mdlm",),
        chat=True,
        summary="The same model trained to see both ways, as LLaDA does: slower, and less right.",
        **_06B,
    ),
    Checkpoint(
        "dllm-hub/Qwen2.5-Coder-0.5B-Instruct-diffusion-bd3lm-v0.1",
        "Qwen2.5-Coder 0.5B diffusion, in blocks",
        ("coder-0.5b", "coder-0.5b-bd3lm"),
        chat=True,
        good_for="code",
        positions=32,
        summary="Writes short programs on any laptop, in blocks of 32.",
        **_05B,
    ),
    Checkpoint(
        "dllm-hub/Qwen2.5-Coder-0.5B-Instruct-diffusion-mdlm-v0.1",
        "Qwen2.5-Coder 0.5B diffusion",
        ("coder-0.5b-mdlm",),
        chat=True,
        good_for="code",
        summary="The same model trained to see both ways.",
        **_05B,
    ),
    Checkpoint(
        "dllm-hub/ModernBERT-large-chat-v0.1",
        "ModernBERT large chat",
        ("modernbert-large", "bert-large"),
        chat=True,
        good_for="watching",
        summary="BERT, taught to chat: fluent, and seldom right. Fast on a CPU.",
        **_BERT_LARGE,
    ),
    Checkpoint(
        "dllm-hub/ModernBERT-base-chat-v0.1",
        "ModernBERT base chat",
        ("modernbert", "bert"),
        chat=True,
        good_for="watching",
        summary="The smallest that chats: 150 million parameters.",
        **_BERT_BASE,
    ),
    Checkpoint(
        "JetLM/SDAR-1.7B-Chat",
        "SDAR 1.7B Chat",
        ("sdar", "sdar-1.7b"),
        chat=True,
        positions=4,
        summary="Writes four tokens at a time, from left to right, with an exact cache.",
        **_SDAR_SMALL,
    ),
    Checkpoint(
        "JetLM/SDAR-4B-Chat",
        "SDAR 4B Chat",
        ("sdar-4b",),
        chat=True,
        positions=4,
        summary="SDAR with 4 billion parameters.",
        **_SDAR_4B,
    ),
    Checkpoint(
        "JetLM/SDAR-8B-Chat",
        "SDAR 8B Chat",
        ("sdar-8b",),
        chat=True,
        positions=4,
        summary="SDAR with 8 billion parameters.",
        **_SDAR_8B,
    ),
    Checkpoint(
        "Efficient-Large-Model/Fast_dLLM_v2_1.5B",
        "Fast-dLLM v2 1.5B",
        ("fast-dllm", "fast-dllm-1.5b"),
        chat=True,
        positions=32,
        summary="Qwen2.5 trained on to fill blocks of 32 in parallel, eight tokens at a time.",
        **_FAST_SMALL,
    ),
    Checkpoint(
        "Efficient-Large-Model/Fast_dLLM_v2_7B",
        "Fast-dLLM v2 7B",
        ("fast-dllm-7b",),
        chat=True,
        positions=32,
        summary="Fast-dLLM v2 with 7 billion parameters.",
        **_FAST_7B,
    ),
    Checkpoint(
        "nieshen/SMDM/mdm_safetensors/mdm-170M-100e18.safetensors",
        "SMDM 170M",
        ("smdm", "smdm-170m"),
        chat=False,
        good_for="watching",
        summary="What LLaDA came from. Continues raw text, on any CPU in real time.",
        **_SMDM_170M,
    ),
    Checkpoint(
        "nieshen/SMDM/mdm_safetensors/mdm-1028M-3300e18-rsl-0.01-bs-1024.safetensors",
        "SMDM 1.1B",
        ("smdm-1b", "smdm-1028m"),
        chat=False,
        good_for="watching",
        summary="The largest that was trained on much text. Continues raw text.",
        **_SMDM_1B,
    ),
    Checkpoint(
        "Qwen/Qwen3-0.6B",
        "Qwen3 0.6B",
        ("qwen3-0.6b-ar",),
        chat=True,
        good_for="comparing",
        positions=1,
        summary="No diffusion model: writes a token after the other. What Qwen3 0.6B diffusion was made from.",
        **_06B_AUTOREGRESSIVE,
    ),
)
