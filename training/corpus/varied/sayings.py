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
    shown = rng.choice((", ".join(words), f"{', '.join(words[:-1])} or {words[-1]}"))
    prompt = asked(
        rng,
        (f"the {word} word of {shown}", f"the {word} of these words: {shown}"),
        (f"find the {word} word: {shown}",),
        (
            f"which word is {word}: {shown}",
            f"which is the {word} word, {shown}",
            f"which of these words is {word}, {shown}",
            f"which is {'longer' if word == 'longest' else 'shorter'}, {shown}"
            if len(words) == 2
            else f"which is {word}: {shown}",
        ),
        (f"{word} word: {shown}",),
    )
    return Example(f"{word}:{shown}", prompt, f"{answer} is the {word} word.")


def phrases(rng: Random) -> Example:
    """A few words with capital letters, their first letters, one of them, all in reverse, or the first by alphabet."""
    words = some_words(rng, rng.choice((2, 3, 3, 4)))
    text = " ".join(words)
    q = rng.choice((text, f'"{text}"', f'"{text}"', f"'{text}'"))
    style = rng.random()
    if style < 0.25:
        if rng.random() < 0.5:
            words = words[:1]
            q = the_word(rng, words[0])
        capital = rng.choice(("a capital letter", "a capital first letter", "an uppercase first letter"))
        prompt = asked(
            rng,
            (f"{q} with {capital}", f"{q} in title case"),
            (f"capitalize {q}", f"write {q} with {capital}", f"write {q} in title case", f"put {q} in title case"),
            (),
            (f"title case: {' '.join(words)}", f"capitalize: {' '.join(words)}", f"{q} in title case"),
        )
        return Example(f"title:{text}", prompt, f"In title case: {' '.join(map(capitalized, words))}.")
    if style < 0.5:
        prompt = asked(
            rng,
            (f"the initials of {q}", f"the first letters of {q}", f"the acronym of {q}", f"the acronym for {q}"),
            (f"make an acronym of {q}", f"make an acronym from {q}", f"take the first letter of each word: {q}"),
            (f"what are the first letters of {q}", f"what is the acronym of {q}"),
            (f"acronym: {text}", f"initials: {text}", f"acronym for {text}", f"first letter of each word: {text}"),
        )
        letters = [word[0].upper() for word in words]
        return Example(f"initials:{text}", prompt, f"The first letters of {text} are {''.join(letters)}.")
    if style < 0.75:
        index = rng.choice((0, -1, *range(len(words))))
        place = "last" if index == -1 else ("first", "second", "third", "fourth")[index]
        prompt = asked(
            rng,
            (f"the {place} word of {q}", f"the {place} word in {q}"),
            (f"name the {place} word of {q}", f"give the {place} word of {q}"),
            (f"what is the {place} word in {q}", f"which word comes {place} in {q}"),
            (f"{place} word: {text}", f"{place} word of {q}"),
        )
        return Example(f"word:{place}:{text}", prompt, f"The {place} word is {words[index]}.")
    if style < 0.88:
        prompt = asked(
            rng,
            (f"the words of {q} in reverse order",),
            (
                f"reverse the words of {q}",
                f"reverse the words in {q}",
                f"reverse the order of the words: {q}",
                f"write the words of {q} backwards",
            ),
            (),
            (f"words reversed: {text}", f"reverse the words: {text}"),
        )
        return Example(f"words backwards:{text}", prompt, f"Backwards: {' '.join(reversed(words))}.")
    first, second = words[:2]
    prompt = asked(
        rng,
        (),
        (f"tell me which comes first in the alphabet, {first} or {second}",),
        (
            f"which word comes first in the alphabet, {first} or {second}",
            f"which comes first, {first} or {second}",
            f"does {first} or {second} come first in the alphabet",
            f"what comes first in the dictionary, {first} or {second}",
        ),
        (f"first in the alphabet: {first} or {second}?", f"{first} or {second}, which is first by alphabet?"),
    )
    first, second = sorted((first, second))
    return Example(f"earlier:{first},{second}", prompt, f"{first} comes before {second} in the alphabet.")
