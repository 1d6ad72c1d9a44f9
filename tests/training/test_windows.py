"""The two passes over a block are those of the program's threshold strategy with the dual cache."""

import torch

from training.model import Network
from training.settings import ModelSettings
from training.tokenizer import Vocabulary
from training.windows import BLOCK, row_means, still_masked, window, window_loss

SIZES = ModelSettings(vocabulary=900, width=32, layers=2, heads=2, feed_forward=48, longest=256)


def rows(vocabulary: Vocabulary, answer: int, length: int = 96) -> tuple[torch.Tensor, torch.Tensor]:
    """Four rows of 20 ids of prompt, `answer` of answer, and ends of text."""
    ids = torch.randint(10, 900, (4, length), generator=torch.Generator().manual_seed(1))
    ids[:, 20 + answer :] = vocabulary.eos
    learnt = torch.zeros_like(ids, dtype=torch.bool)
    learnt[:, 20:] = True
    return ids, learnt


def test_the_first_pass_sees_what_stands_before_the_block_and_nothing_of_it(vocabulary: Vocabulary) -> None:
    ids, learnt = rows(vocabulary, answer=40)
    begins = set()
    for seed in range(20):
        drawn = window(ids, learnt, vocabulary, torch.Generator().manual_seed(seed))
        for row in range(4):
            low = int(drawn.places[row, 0])
            begins.add(low)
            assert torch.equal(drawn.stale[row, :low], ids[row, :low])
            assert (drawn.stale[row, low:] == vocabulary.mask).all()
            assert drawn.open[row].all()
    assert begins == {20, 20 + BLOCK}  # the third block holds ends of text only and is never practised


def test_a_block_ends_with_its_row(vocabulary: Vocabulary) -> None:
    ids, learnt = rows(vocabulary, answer=10, length=36)
    drawn = window(ids, learnt, vocabulary, torch.Generator().manual_seed(0))
    assert drawn.open.sum(1).tolist() == [16] * 4
    assert drawn.places.max() == 35


def test_an_answer_of_an_earlier_round_is_no_block(vocabulary: Vocabulary) -> None:
    ids, learnt = rows(vocabulary, answer=10)
    learnt[:, 4:9] = True
    for seed in range(20):
        drawn = window(ids, learnt, vocabulary, torch.Generator().manual_seed(seed))
        assert (drawn.places[:, 0] == 20).all()
        assert torch.equal(drawn.stale[:, :20], ids[:, :20])


def test_half_of_the_rows_keep_what_the_threshold_keeps() -> None:
    confidence = torch.tensor([[0.95, 0.2, 0.9, 0.5], [0.1, 0.8, 0.3, 0.2], [0.95, 0.2, 0.9, 0.5]])
    unfilled = torch.ones_like(confidence, dtype=torch.bool)
    masks = still_masked(confidence, unfilled, torch.tensor([[0.0, 0.0], [0.4, 0.0], [0.5, 0.3]]))
    assert masks.tolist() == [[False, True, False, True], [True, False, True, True], [False, True, True, True]]


def test_a_row_counts_as_much_as_another() -> None:
    where = torch.tensor([[True, True, True], [True, False, False], [False, False, False]])
    assert row_means(torch.tensor([1.0, 2.0, 3.0, 4.0]), where).item() == 2.0


def test_a_window_that_is_as_the_first_pass_saw_it_gives_what_that_gave(vocabulary: Vocabulary) -> None:
    torch.manual_seed(0)
    network = Network(SIZES)
    ids, learnt = rows(vocabulary, answer=40)
    drawn = window(ids, learnt, vocabulary, torch.Generator().manual_seed(3))
    whole, left = network.states(drawn.stale)
    outside = torch.ones(ids.shape, dtype=torch.bool).scatter(1, drawn.places, False)
    keep = torch.cat([outside, torch.ones_like(drawn.open)], dim=1)[:, None, None, :]
    again, _ = network.states(drawn.stale.gather(1, drawn.places), keep, drawn.places, left)
    expected = whole.gather(1, drawn.places[:, :, None].expand(-1, -1, whole.shape[-1]))
    torch.testing.assert_close(again, expected, rtol=1e-5, atol=1e-5)


def test_the_second_pass_sees_the_prompt_as_the_first_one_left_it(vocabulary: Vocabulary) -> None:
    torch.manual_seed(0)
    network = Network(SIZES)
    ids, learnt = rows(vocabulary, answer=10, length=44)
    calls = []

    def watched(*arguments: object) -> object:
        calls.append(arguments)
        return network.states(*arguments)  # type: ignore[arg-type]

    loss = window_loss(network, watched, ids, learnt, vocabulary, torch.Generator().manual_seed(0))  # type: ignore[arg-type]
    torch.autograd.backward(loss)
    (stale,), (filled, keep, places, left) = calls
    assert (stale[:, 20:] == vocabulary.mask).all()
    assert keep.shape == (4, 1, 1, 44 + BLOCK)
    assert keep[0, 0, 0].tolist() == [True] * 20 + [False] * 24 + [True] * 24 + [False] * 8
    assert places[0].tolist() == [*range(20, 44), *[43] * 8]
    assert len(left) == SIZES.layers
    assert ((filled == vocabulary.mask) | (filled == ids.gather(1, places))).all()
    assert all(parameter.grad is not None for parameter in network.parameters())
