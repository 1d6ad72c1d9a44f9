"""Ways to ask for the same: polite, short, telegraphic, a question, an order or a wish, with words before and behind.

A family gives what is asked for as noun phrases ("the capital of Peru"), as verb phrases ("add 3 and 4"), or as whole
questions; the grammar puts them into frames and types them as people do.
"""

from collections.abc import Sequence
from random import Random

from training.corpus.language import capitalized, number_in_words
from training.corpus.noise import slip

NOUN_FRAMES = (
    "What is {x}?",
    "What is {x}?",
    "What is {x}?",
    "What's {x}?",
    "{x}",
    "{x}",
    "{x}?",
    "{x}?",
    "{x} please",
    "{x}, please",
    "{x} is?",
    "{x} is what?",
    "{x}: ?",
    "{x} = ?",
    "Tell me {x}.",
    "Give me {x}.",
    "Please tell me {x}.",
    "Please give me {x}.",
    "Can you tell me {x}?",
    "Can you tell me what {x} is?",
    "Could you tell me {x}?",
    "Could you tell me what {x} is, please?",
    "Do you know {x}?",
    "Do you know what {x} is?",
    "I need {x}.",
    "I need to know {x}.",
    "I want to know {x}.",
    "I would like to know {x}.",
    "I'd like to know what {x} is.",
    "I wonder what {x} is.",
    "I forgot {x}.",
    "What would {x} be?",
    "Find {x}.",
    "and {x}?",
    "what about {x}?",
    "let me know {x}",
)
VERB_FRAMES = (
    "{x}.",
    "{x}.",
    "{x}.",
    "{x}",
    "{x}",
    "{x}!",
    "Please {x}.",
    "please {x}",
    "{x} please",
    "{x}, please.",
    "{x}, thanks",
    "{x} for me",
    "{x} for me, please",
    "Can you {x}?",
    "Can you {x} for me?",
    "can u {x}",
    "Could you {x}?",
    "Could you please {x}?",
    "Would you {x}?",
    "Will you {x}?",
    "I want you to {x}.",
    "I need you to {x}.",
    "I would like you to {x}.",
    "I'd like you to {x}, please.",
    "Now {x}.",
    "Try to {x}.",
    "Help me {x}.",
    "pls {x}",
    "go ahead and {x}",
    "You should {x}.",
    "Let us {x}.",
)
QUESTION_FRAMES = (
    "{x}?",
    "{x}?",
    "{x}?",
    "{x}?",
    "{x}",
    "{x} please?",
    "{x}, please?",
    "{x}? Thanks!",
    "Tell me, {x}?",
    "Tell me: {x}?",
    "Say, {x}?",
    "Do you know? {x}?",
    "I ask you: {x}?",
    "So {x}?",
    "Well, {x}?",
    "do you know {x}",
)
BEFORE = (
    "Hi! ",
    "Hello! ",
    "Hey, ",
    "hey ",
    "OK, ",
    "So, ",
    "Quick question: ",
    "Question: ",
    "Next: ",
    "One more: ",
    "Please: ",
    "Hmm, ",
    "Good. ",
    "Listen: ",
    "quick: ",
    "Dear model, ",
    "Hi there, ",
)
BEHIND = (
    " Thanks!",
    " Thank you.",
    " thanks",
    " pls",
    " Please.",
    " It is for school.",
    " I forgot it.",
    " Be quick.",
    " now",
    " I am curious.",
    " Just the answer.",
    " My son asks.",
)
SLIPS = frozenset(
    "what which how the and please could would tell give many much does with about word number letters backwards "
    "reverse write story poem capital country opposite plural sentence function python explain calculate order first "
    "last next before after between spell count sort".split()
)


def asked(
    rng: Random,
    nouns: Sequence[str] = (),
    verbs: Sequence[str] = (),
    questions: Sequence[str] = (),
    bare: Sequence[str] = (),
    keep_case: bool = False,
) -> str:
    """One way to ask; `questions` come without their question mark, `bare` stay as they are."""
    kinds = [(NOUN_FRAMES, nouns), (VERB_FRAMES, verbs), (QUESTION_FRAMES, questions), (("{x}",), bare)]
    kinds = [(frames, phrases) for frames, phrases in kinds if phrases]
    frames, phrases = rng.choices(kinds, [len(phrases) ** 0.5 for _, phrases in kinds])[0]
    frame, phrase = rng.choice(frames), rng.choice(phrases)
    if frame.startswith("{x}") and phrase.startswith("the ") and rng.random() < 0.5:
        phrase = phrase.removeprefix("the ")
    return typed_freely(rng, frame.replace("{x}", phrase), keep_case)


def typed_freely(rng: Random, text: str, keep_case: bool = False) -> str:
    """With a word before or behind it, capitals, full stops and slips as people type them."""
    if rng.random() < 0.12:
        before = rng.choice(BEFORE)
        text = before + (text if before[-2] in ".!:" else text[:1].lower() + text[1:] if not keep_case else text)
    if rng.random() < 0.08 and text[-1] in ".?!":
        text += rng.choice(BEHIND)
    style = rng.random()
    if keep_case:
        text = capitalized(text) if style < 0.6 else text
    elif style < 0.28:
        text = text.lower()
    elif style < 0.85:
        text = capitalized(text)
    if text[-1] in ".?!" and text[-2] not in ".?! " and rng.random() < 0.2:
        text = text[:-1]
    if rng.random() < 0.06:
        text = slipped(rng, text)
    return text.strip()


def slipped(rng: Random, text: str) -> str:
    """One slip of the finger, in a word that carries no content."""
    words = text.split(" ")
    places = [index for index, word in enumerate(words) if word.lower() in SLIPS]
    if places:
        place = rng.choice(places)
        words[place] = slip(rng, words[place])
    return " ".join(words)


def quoted(rng: Random, word: str) -> str:
    """The word as it is, mostly, or in quotes."""
    style = rng.random()
    if style < 0.6:
        return word
    return f'"{word}"' if style < 0.85 else f"'{word}'"


def the_word(rng: Random, word: str) -> str:
    """The word, quoted or not, now and then with "the word" before it."""
    return f"{rng.choice(('', '', '', 'the word ', 'the word '))}{quoted(rng, word)}"


def in_figures_or_words(rng: Random, numbers: Sequence[int], share: float = 0.14) -> list[str]:
    """The numbers in figures, or now and then all of them in words."""
    if max(numbers) <= 100 and rng.random() < share:
        blank = rng.random() < 0.5
        return [number_in_words(number).replace("-", " " if blank else "-") for number in numbers]
    return [str(number) for number in numbers]


def listing(rng: Random, things: Sequence[str]) -> str:
    """Things behind one another, with commas, blanks or "and"."""
    style = rng.random()
    if style < 0.6:
        return ", ".join(things)
    if style < 0.75:
        return " ".join(things)
    if style < 0.82:
        return ",".join(things)
    return f"{', '.join(things[:-1])} and {things[-1]}"
