"""Which checkpoint is recommended, on machines of several sizes."""

from __future__ import annotations

import pytest

from llada_tui.models import catalog
from llada_tui.models.machine import Memory
from llada_tui.models.machine_speed import USUAL, MachineSpeed, measured
from llada_tui.models.recommendation import ANSWER, PATIENCE, recommended

LAPTOP = MachineSpeed(bandwidth=20e9, flops=200e9)


def processor(free: float) -> Memory:
    return Memory("CPU", int(free * 2), int(free))


def test_a_laptop_of_8_gb_is_recommended_a_real_model() -> None:
    best = recommended(processor(5e9), LAPTOP)[0]
    assert best.checkpoint.id == "dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1"
    assert (best.quantization, best.command) == (None, "llada-tui chat --model qwen3-0.6b")
    assert best.download == pytest.approx(1.2e9, rel=0.01)
    assert best.seconds < PATIENCE


def test_a_large_gpu_is_recommended_a_large_model() -> None:
    best = recommended(Memory("H200", 140_000_000_000, 139_000_000_000), USUAL["cuda"])[0]
    assert best.checkpoint.parameters > 8e9
    small = recommended(Memory("RTX", 8_000_000_000, 7_600_000_000), USUAL["cuda"])
    assert any(choice.quantization == "nf4" for choice in small)


def test_what_is_read_in_4_bits_takes_the_time_of_4_bits() -> None:
    reading = MachineSpeed(bandwidth=100e9, flops=1e18)
    small = recommended(Memory("RTX", 8_000_000_000, 7_600_000_000), reading)
    packed = next(choice for choice in small if choice.checkpoint.id == "GSAI-ML/LLaDA-8B-Instruct")
    assert packed.quantization == "nf4"
    assert packed.seconds == pytest.approx(packed.checkpoint.nf4_bytes / 100e9 * ANSWER)


def test_the_order_is_by_size_and_what_is_recommended_fits_and_answers_questions() -> None:
    place = processor(64e9)
    choices = recommended(place, LAPTOP)
    sizes = [choice.checkpoint.parameters for choice in choices]
    assert sizes == sorted(sizes, reverse=True)
    for choice in choices:
        weights = choice.checkpoint.nf4_bytes if choice.quantization else choice.checkpoint.bf16_bytes
        assert choice.checkpoint.needed(weights, "cpu") <= place.free
        assert choice.checkpoint.chat
        assert choice.checkpoint.good_for == "questions"
        assert catalog.find(choice.command.split()[3]) is choice.checkpoint


def test_a_slow_machine_is_recommended_the_quickest_and_a_full_one_nothing() -> None:
    slow = MachineSpeed(bandwidth=1e9, flops=1e9)
    choices = recommended(processor(8e9), slow)
    assert choices
    assert choices[0].seconds == min(choice.seconds for choice in choices) > PATIENCE
    assert recommended(processor(1e9), LAPTOP) == []


def test_a_pass_takes_what_reading_or_multiplying_takes() -> None:
    checkpoint = catalog.find("qwen3-0.6b")
    assert checkpoint is not None
    read = MachineSpeed(bandwidth=checkpoint.bf16_bytes, flops=1e18)
    assert read.seconds(checkpoint, checkpoint.bf16_bytes, 3) == pytest.approx(3)
    assert read.seconds(checkpoint, checkpoint.bf16_bytes // 4, 3) == pytest.approx(0.75)
    multiply = MachineSpeed(bandwidth=1e18, flops=2 * checkpoint.parameters * 32)
    assert multiply.seconds(checkpoint, checkpoint.bf16_bytes, 3) == pytest.approx(3)


def test_this_machine_is_measured() -> None:
    speed = measured()
    assert 1e8 < speed.bandwidth < 1e13
    assert 1e8 < speed.flops < 1e15
