"""Train the embedded model.

    python -m training.train --until 13:05          stop at a time of day
    python -m training.train --minutes 90           stop after so long
    python -m training.train --steps 300            a run of a fixed length, the same on every machine

Started again with the same --run folder it goes on from the last checkpoint, also after kill -9.
"""

import argparse
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from training.clock import Clock, Deadline, StepClock
from training.export import take_weights
from training.probes import run_probes
from training.scoring import quick_scores
from training.settings import DEFAULT_RUN_FOLDER, ModelSettings, TrainSettings
from training.stages import STAGES
from training.tokenizer import Vocabulary
from training.trainer import Trainer


def clock_from(arguments: argparse.Namespace, run: Path) -> Clock:
    """By steps or by the clock; a deadline in minutes is kept in the run's folder, so that resuming keeps it."""
    if arguments.steps:
        return StepClock(arguments.steps)
    deadline_file = run / "deadline"
    if arguments.until:
        hour, minute = map(int, arguments.until.split(":"))
        at = datetime.now().replace(hour=hour, minute=minute, second=0)
        at = at if at > datetime.now() else at + timedelta(days=1)
        return Deadline(at.timestamp())
    if not deadline_file.exists():
        deadline_file.write_text(str(time.time() + 60 * arguments.minutes))
    return Deadline(float(deadline_file.read_text()))


def report(trainer: Trainer, loss: float, tokens_per_second: float, scored: bool) -> str:
    """One line of log: where the run is, the probes, and now and then the families."""
    position = trainer.position
    left = trainer.clock.left(position.step, position.seconds) / 60
    line = (
        f"{datetime.now():%H:%M:%S} step {position.step} {position.stage} {position.tokens / 1e6:.2f}M tokens "
        f"{tokens_per_second:.0f}/s {left:.0f} min left, rate {trainer.rate():.2f}, loss {loss:.3f} |"
    )
    for name, value in run_probes(trainer.network, trainer.probes).items():
        line += f" {name} {value:.2f}"
    if scored:
        scores = quick_scores(trainer.network, trainer.vocabulary)
        line += "\n   families: " + " ".join(f"{name} {value:.2f}" for name, value in scores.items())
    return line


def run_training(trainer: Trainer, folder: Path, arguments: argparse.Namespace) -> None:
    """Steps, reports and checkpoints until the clock says that it is over."""
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        trainer.resume(checkpoint)
        print(f"resumed at step {trainer.position.step}", flush=True)
    elif arguments.start_from:
        take_weights(trainer.network, arguments.start_from)
        trainer.skip_copying()
        print(f"starts from the weights in {arguments.start_from}", flush=True)
    saved = scored = time.time()
    smooth, marked, tokens = 0.0, time.time(), trainer.position.tokens
    while trainer.progress() < 1:
        loss = trainer.step()
        smooth = loss if not smooth else 0.97 * smooth + 0.03 * loss
        step = trainer.position.step
        if not trainer.position.copied and step % 25 == 0:
            trainer.leave_copying()
        if step % arguments.report_every == 0:
            speed = (trainer.position.tokens - tokens) / (time.time() - marked)
            due = time.time() - scored > arguments.score_minutes * 60
            print(report(trainer, smooth, speed, due), flush=True)
            scored = time.time() if due else scored
            marked, tokens = time.time(), trainer.position.tokens
        if time.time() - saved > arguments.save_minutes * 60:
            trainer.save(checkpoint)
            saved = time.time()
    trainer.save(checkpoint)
    print(report(trainer, smooth, 0.0, True), flush=True)


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--run", type=Path, default=DEFAULT_RUN_FOLDER / "run", help="where checkpoints go")
    parser.add_argument("--tokenizer", type=Path, default=DEFAULT_RUN_FOLDER / "tokenizer")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--until", help="a time of day, HH:MM")
    length.add_argument("--minutes", type=float)
    length.add_argument("--steps", type=int)
    parser.add_argument("--start-from", type=Path, help="an exported model to train further, with its --tokenizer")
    parser.add_argument(
        "--layers", type=int, default=ModelSettings().layers, help="more than --start-from has: it grows, unchanged"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tokens-per-step", type=int, default=4096)
    parser.add_argument(
        "--copy-gate", type=float, default=TrainSettings().copy_gate, help="the copy probes that end the copy stage"
    )
    parser.add_argument("--matrix-rate", type=float, default=TrainSettings().matrix_rate)
    parser.add_argument("--embedding-rate", type=float, default=TrainSettings().embedding_rate)
    parser.add_argument("--decay-from", type=float, default=TrainSettings().decay_from)
    parser.add_argument("--only-stage", choices=STAGES, default="", help="stay in this stage once copying is left")
    parser.add_argument(
        "--uniform-noise",
        type=float,
        default=0.0,
        help="the share of the steps whose noise is random tokens, not masks",
    )
    parser.add_argument("--report-every", type=int, default=50)
    parser.add_argument("--score-minutes", type=float, default=10)
    parser.add_argument("--save-minutes", type=float, default=2)
    parser.add_argument("--no-compile", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.run.mkdir(parents=True, exist_ok=True)
    settings = TrainSettings(
        seed=arguments.seed,
        tokens_per_step=arguments.tokens_per_step,
        matrix_rate=arguments.matrix_rate,
        embedding_rate=arguments.embedding_rate,
        decay_from=arguments.decay_from,
        copy_gate=arguments.copy_gate,
        only_stage=arguments.only_stage,
        uniform_noise=arguments.uniform_noise,
        compiled=not arguments.no_compile,
    )
    vocabulary = Vocabulary.load(arguments.tokenizer)
    trainer = Trainer(
        vocabulary,
        ModelSettings(layers=arguments.layers),
        settings,
        clock_from(arguments, arguments.run),
        arguments.device,
    )
    count = sum(parameter.numel() for parameter in trainer.network.parameters())
    print(f"{count / 1e6:.2f}M parameters on {arguments.device}, run in {arguments.run}", flush=True)
    run_training(trainer, arguments.run, arguments)


if __name__ == "__main__":
    main()
