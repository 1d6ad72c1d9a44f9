"""A model of this program as lm-evaluation-harness calls one: what LLaDA's ``eval_llada.py`` does (ML-GSAI/LLaDA,
arXiv 2502.09992), for every model and every setting of the sampler, and in batches."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model
from torch import Tensor

from llada_tui.api import Model, load_model
from llada_tui.evaluation.kept_answers import times_before
from llada_tui.evaluation.observer import Observer
from llada_tui.evaluation.processes import Processes
from llada_tui.evaluation.published_text import answer_text, encode_context, encode_pair, stop_strings, tokenizer_of
from llada_tui.evaluation.request_cost import RequestCost
from llada_tui.models.errors import ModelError
from llada_tui.models.generation import generate
from llada_tui.models.scoring import score_pairs, scored_pair
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.model_blocks import in_blocks_of

_PUBLISHED_STRATA = 32


@register_model("llada-tui")
class HarnessModel(LM):
    """A model for ``lm_eval.simple_evaluate(model=HarnessModel("8b", steps=256, gen_length=256), tasks=["gsm8k"])``.

    In this process ``lm_eval`` also knows it by the name ``llada-tui``, with ``model_args="model=8b,steps=256,..."``.

    A likelihood is the published Monte Carlo estimate with ``mc_num`` samples, drawn ``strata`` at a time (None: 32, as
    the published code does unless it is told otherwise), with the guidance of ``settings``
    (`llada_tui.diffusion.likelihood.log_likelihood`). Each request draws from a seed of its
    own, made from the settings' seed and its text, so that its value depends on nothing else. Whether the continuation
    is what the model itself would write is told only with ``check_greedy``; else always False.

    A generation is a canvas of ``settings``. ``batch_size`` canvases, or samples of likelihoods (``strata`` if that is
    more), go through the model together, of whatever lengths: that changes nothing but speed and memory. Of a task's
    own arguments the stop strings count, as published; canvas, steps and temperature are those of ``settings``.

    Started by ``accelerate launch``, each process takes its share of the requests.
    """

    def __init__(
        self,
        model: Model | str | Path = "demo",
        settings: SamplerSettings | None = None,
        *,
        batch_size: int | str = 1,
        mc_num: int = 128,
        strata: int | None = None,
        check_greedy: bool = False,
        dtype: str = "auto",
        device: str | None = None,
        quantization: str | None = None,
        max_batch_size: int | None = None,
        observer: Observer | None = None,
        **changes: Any,
    ) -> None:
        """``model`` as for `llada_tui.api.load_model`, or one that is loaded. ``changes`` are settings by name.
        ``max_batch_size`` is the harness's own, and unused. Raises `ModelError` and `SettingsError`."""
        super().__init__()
        self.processes = Processes()
        self._rank, self._world_size = self.processes.rank, self.processes.count
        if not isinstance(model, Model):
            place = self.processes.device(device or "auto")
            model = load_model(model, dtype=dtype, device=place, quantization=quantization)
        self.loaded = model.loaded
        self._device = self.loaded.device
        self.settings = (settings or in_blocks_of(self.loaded.info, SamplerSettings())).replace(**changes)
        if not str(batch_size).isdecimal() or not int(batch_size):
            raise ModelError(f"The batch size must be a number above 0, not {batch_size}.")
        self.batch_size = int(batch_size)
        self.mc_num = int(mc_num)
        self.strata = min(_PUBLISHED_STRATA if strata is None else int(strata), self.mc_num)
        self.check_greedy = bool(check_greedy)
        self.observer = observer or Observer()

    @property
    def tokenizer_name(self) -> str:
        """The model's id, by which the harness tells requests of different models apart."""
        return self.loaded.info.id

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """A conversation as text, by the checkpoint's own template. Raises `ModelError` where there is none."""
        return tokenizer_of(self.loaded).render_chat(chat_history, add_generation_prompt=add_generation_prompt)

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """For each (context, continuation) the log-likelihood in nats, and whether the model would write it so.
        Raises `ModelError`."""
        if self.mc_num < 1 or self.strata < 1 or self.mc_num % self.strata:
            raise ModelError(
                f"mc_num, {self.mc_num}, must be a multiple of strata, {self.strata}: as published, that many samples "
                "are drawn at a time."
            )
        results: list[tuple[float, bool]] = []
        self.observer.begin(len(requests))
        at_once = max(1, self.batch_size // self.mc_num)
        for start in range(0, len(requests), at_once):
            results += self._scores(requests[start : start + at_once])
        return results

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Raises `ModelError`: the published code has no such likelihood."""
        raise ModelError("A masked-diffusion model gives no perplexity of a whole text: leave such tasks out.")

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """For each (context, arguments) the text up to the first of the stop strings."""
        texts: dict[int, str] = {}
        seeds = self._seeds(requests)
        self.observer.begin(len(requests))
        for batch in self._batches(requests):
            prompts = [encode_context(self.loaded, request.args[0]) for _, request in batch]
            until = [stop_strings(request.args[1].get("until")) for _, request in batch]
            settings = [self.settings.replace(seed=seeds[number]) for number, _ in batch]
            generations = generate(self.loaded, prompts, settings, keep_steps=self.observer.wants())
            for (number, request), stops, generation in zip(batch, until, generations, strict=True):
                texts[number] = answer_text(self.loaded, generation.canvas, stops)
                self.cache_hook.add_partial("generate_until", request.args, texts[number])
                if generation.steps:
                    self.observer.keep(request, generation)
                spent = generation.seconds, generation.tokens, generation.passes
                self._tell(request, *spent, again=times_before(request))
        return [texts[number] for number in range(len(requests))]

    def all_gather(self, tensor: Tensor) -> Tensor:
        """The tensors of all processes, one behind the other."""
        return self.processes.gather(tensor)

    def gather_object(self, obj: Any, dst: int = 0) -> list[Any] | None:
        """The objects of all processes in the process ``dst``; None in the others."""
        return self.processes.gather_objects(obj, dst)

    def barrier(self) -> None:
        """Waits until every process is here."""
        self.processes.wait()

    def _scores(self, requests: Sequence[Instance]) -> list[tuple[float, bool]]:
        """The answers to requests whose samples go through the model together."""
        began = time.perf_counter()
        pairs = [encode_pair(self.loaded, *request.args) for request in requests]
        scores = score_pairs(
            self.loaded,
            [
                scored_pair(before, after, self._seed(*request.args))
                for request, (before, after) in zip(requests, pairs, strict=True)
            ],
            mc_num=self.mc_num,
            cfg_scale=self.settings.cfg_scale,
            batch_size=max(self.batch_size, self.strata),
            strata=self.strata,
        )
        results = [
            (score.total, self.check_greedy and self._writes(before, after))
            for score, (before, after) in zip(scores, pairs, strict=True)
        ]
        seconds = (time.perf_counter() - began) / len(requests)
        for request, result in zip(requests, results, strict=True):
            self.cache_hook.add_partial("loglikelihood", request.args, result)
            self._tell(request, seconds)
        return results

    def _batches(self, requests: Sequence[Instance]) -> Iterator[list[tuple[int, Instance]]]:
        """The requests with their numbers, in batches of one task each, the longest contexts first: a canvas that is
        too large for the memory is then met at the beginning."""
        numbered = sorted(enumerate(requests), key=lambda item: (str(item[1].task_name), -len(item[1].args[0])))
        for _, group in groupby(numbered, key=lambda item: item[1].task_name):
            of_task = list(group)
            for start in range(0, len(of_task), self.batch_size):
                yield of_task[start : start + self.batch_size]

    def _seeds(self, requests: Sequence[Instance]) -> list[int]:
        """A seed for each generation; where a task asks the same several times, another each time."""
        before = Counter[str]()
        seeds = []
        for request in requests:
            context = request.args[0]
            number = times_before(request) or before[context]
            seeds.append(self._seed(context, *[f"again {number}"] * bool(number)))
            before[context] += not times_before(request)
        return seeds

    def _seed(self, *texts: str) -> int:
        """A seed that depends on the settings' seed and on a request's texts alone."""
        digest = blake2b(repr((self.settings.seed, *texts)).encode(), digest_size=4).digest()
        return int.from_bytes(digest)

    def _writes(self, context: list[int], continuation: list[int]) -> bool:
        """Whether the model writes ``continuation``, a token a pass, the surest first, on a canvas just as long: the
        published ``suffix_greedy_prediction``."""
        length = len(continuation)
        settings = SamplerSettings(
            steps=length, gen_length=length, block_length=length, cfg_scale=self.settings.cfg_scale
        )
        (generation,) = generate(self.loaded, [context], [in_blocks_of(self.loaded.info, settings)])
        return generation.canvas == continuation

    def _tell(self, request: Instance, seconds: float, tokens: int = 0, passes: int = 0, again: int = 0) -> None:
        task, document = request.task_name or "", request.doc_id or 0
        self.observer.answered(RequestCost(task, document, request.idx, round(seconds, 6), tokens, passes, again))
