"""Say, repeat and join words; count the words of a phrase."""

from random import Random

from training.corpus.example import Example
from training.corpus.language import ONES, capitalized
from training.corpus.varied.grammar import asked, quoted, the_word
from training.corpus.varied.nouns import any_word, some_words


def copies(rng: Random) -> Example:
    """Say exactly this: a few words, a sentence, quoted or not."""
    text = " ".join(some_words(rng, rng.choice((1, 1, 2, 3, 4, 5, 6))))
    if rng.random() < 0.3:
        a, b, c = some_words(rng, 3)
        text = rng.choice(
            (
                "the {a} is made of {b}",
                "good {a}, my {b}",
                "I like {a} and {b}",
                "a {a} sits on the {b}",
                "this {a} has a {b}",
                "we see the {a} near the {b}",
                "{a}, {b} and {c}",
                "the {a} and the {b}",
                "no {a} without {b}",
                "my {a} sings",
            )
        ).format(a=a, b=b, c=c)
    mark = rng.choice(('"', "'", "", ""))
    shown = f"{mark}{text}{mark}"
    colon = rng.choice((": ", ": ", " "))
    prompt = rng.choice(
        (
            "say",
            "repeat",
            "repeat after me",
            "write",
            "copy",
            "copy this",
            "echo",
            "print",
            "just say",
            "just write",
            "type",
            "please say",
            "please repeat",
            "can you say",
            "could you write",
            "say exactly",
            "say the words",
            "I want you to say",
            "write down",
            "now say",
            "repeat this",
        )
    )
    colon = ": " if prompt.endswith(("me", "this")) else colon
    prompt = f"{capitalized(prompt) if rng.random() < 0.6 else prompt}{colon}{shown}"
    return Example(f"copy:{text}", prompt + (rng.choice((".", "", "")) if not mark else ""), text)


def repeats(rng: Random) -> Example:
    """A word several times."""
    word, count = any_word(rng), rng.randint(2, 5)
    w = the_word(rng, word)
    times = rng.choice(
        (
            f"{count} times",
            f"{ONES[count]} times",
            {2: "twice", 3: "three times"}.get(count, f"{count} times"),
            f"{count}x",
        )
    )
    prompt = asked(
        rng,
        (),
        (
            f"say {w} {times}",
            f"write {w} {times}",
            f"repeat {w} {times}",
            f"print {w} {times}",
            f"say {w} {times} in a row",
            f"type {w} {times}",
        ),
        (),
        (f"{word} {times}", f"{times}: {word}", f"{word}, {times}"),
    )
    return Example(f"repeat:{word}{count}:{prompt}", prompt, " ".join([word] * count))


def joins(rng: Random) -> Example:
    """Two words written as one; how many words a phrase has; the longer of two words."""
    style = rng.random()
    first, second = some_words(rng, 2)
    if style < 0.4:
        prompt = asked(
            rng,
            (f"{first} and {second} as one word", f"{first} plus {second} in one word"),
            (
                f"join {quoted(rng, first)} and {quoted(rng, second)}",
                f"join {first} and {second} into one word",
                f"put {first} and {second} together as one word",
                f"write {first} and {second} as one word",
                f"glue {first} to {second}",
            ),
        )
        return Example(f"join:{first},{second}", prompt, f"{first} and {second} together: {first}{second}.")
    if style < 0.75:
        text = " ".join(some_words(rng, rng.randint(2, 6)))
        prompt = asked(
            rng,
            (f'the number of words in "{text}"',),
            (f"count the words: {text}", f'count the words in "{text}"'),
            (f'how many words are in "{text}"', f'how many words does "{text}" have'),
            (f"number of words: {text}",),
        )
        counted = " ".join(f"{number} {word}" for number, word in enumerate(text.split(), 1))
        return Example(f"words:{text}", prompt, f"{counted}: {len(text.split())} words.")
    words = some_words(rng, rng.choice((2, 3)))
    lengths_ = sorted(map(len, words))
    word, length = rng.choice((("longest", lengths_[-1]), ("shortest", lengths_[0])))
    if lengths_.count(length) > 1:
        return joins(rng)
    answer = next(entry for entry in words if len(entry) == length)
    shown = ", ".join(words)
    prompt = asked(
        rng,
        (f"the {word} word of {shown}", f"the {word} of these words: {shown}"),
        (f"find the {word} word: {shown}",),
        (
            f"which word is {word}: {shown}",
            f"which is the {word} word, {shown}",
            f"which of these words is {word}, {shown}",
        ),
        (f"{word} word: {shown}",),
    )
    return Example(f"{word}:{shown}", prompt, f"{answer} is the {word} word.")
