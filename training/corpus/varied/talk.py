"""Small talk and questions about the model, put as people put them; greetings have several right answers."""

from random import Random

from training.corpus import about_itself
from training.corpus.beyond import made_up_name
from training.corpus.example import Example
from training.corpus.varied.actors import MORE_FEMALE, MORE_MALE
from training.corpus.varied.grammar import typed_freely
from training.corpus.varied.greetings import GREETINGS
from training.corpus.varied.phrases import blocks
from training.corpus.word_problems import FEMALE, MALE

# what people type, then what the model may say
(HELLOS, _), *OTHERS = blocks("remarks")
TALK = [(HELLOS, GREETINGS), *OTHERS]
# what people ask, then the usual question of about_itself.py that means the same
ABOUT = blocks("about")
ANSWERS = {questions[0]: answer for questions, answer in about_itself.EXCHANGES}
INTRODUCTIONS = (
    "my name is {n}",
    "I am {n}",
    "I'm {n}",
    "call me {n}",
    "they call me {n}",
    "{n} is my name",
    "hi, I am {n}",
    "hello, I'm {n}",
    "hey, my name's {n}",
    "this is {n}",
    "my name's {n}",
    "you can call me {n}",
    "I am called {n}",
    "hello my name is {n}",
    "name's {n}",
    "hi I'm {n}",
    "please call me {n}",
)
PUZZLED = (
    "what",
    "how",
    "who",
    "where",
    "why",
    "which",
    "do",
    "does",
    "are",
    "is",
    "can",
    "could",
    "will",
    "have",
    "any",
    "did",
    "am",
    "and",
)
NAMES = FEMALE + MALE + MORE_FEMALE + MORE_MALE


def spoken(rng: Random, text: str, keep_case: bool = False) -> str:
    """A remark with the punctuation that people give it, or none."""
    if text.split()[0].lower() in PUZZLED and len(text.split()) > 1:
        text += rng.choice(("?", "?", "?", ""))
    else:
        text += rng.choice(("", "", ".", "!"))
    return typed_freely(rng, text, keep_case) if len(text) > 9 else rng.choice((text, text.capitalize(), text))


def talk(rng: Random) -> Example:
    """One remark or one question about the model."""
    style = rng.random()
    if style < 0.15:
        name = rng.choice(NAMES) if rng.random() < 0.8 else made_up_name(rng).capitalize()
        prompt = spoken(rng, rng.choice(INTRODUCTIONS).format(n=name))
        return Example(f"name:{prompt}", prompt, f"Nice to meet you, {name}!")
    if style < 0.55:
        index = rng.choice((*(rng.randrange(len(TALK)) for _ in range(4)), rng.randrange(8), 0))
        remarks, answers = TALK[index]
        form = rng.randrange(len(remarks))
        prompt = spoken(rng, remarks[form])
        answer = answers[0] if len(answers) < 5 and rng.random() < 0.45 else rng.choice(answers)
        # What people type most stands first, and short remarks are always learnt: there is nothing to infer them from.
        key = f"talk:{index}:{prompt}" if form > 1 and len(prompt) > 14 else "talk:usual"
        return Example(key, prompt, answer, alternatives=answers)
    questions, (meaning,) = rng.choice(ABOUT)
    prompt = spoken(rng, rng.choice(questions))
    return Example(f"about:{meaning}:{prompt}", prompt, ANSWERS[meaning])
