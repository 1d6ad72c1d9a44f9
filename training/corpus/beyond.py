"""Everything outside the small world, answered kindly and truly: the model does not know, and says what would."""

from random import Random

from training.corpus.about_itself import LARGE_MODEL
from training.corpus.beyond_words import ADJECTIVES, DOINGS, FOREIGN, MOST, NOUNS, THINGS, TOPICS, WORKS
from training.corpus.example import Example
from training.corpus.fact_tables import CAPITALS
from training.corpus.language import phrased

# Each says in one sentence why not, and suggests one thing that works.
UNKNOWN = "I do not know that, because I am a very small demo model. Ask me for a capital city instead."
UNCLEAR = "I do not understand that. Ask me for a sum such as 3 + 4 instead."
ADVICE = "I do not know that, because I am a very small demo model. Please ask somebody who knows it well."
TOO_LONG = "That is too much work for a very small demo model. Ask me for a short story instead."
TOO_BIG = "Those numbers are too big for me. I am a very small demo model and count to about one hundred."
ENGLISH = "I am sorry, I know only a little English."
CANNOT = "I cannot do that, because I only write short texts. Ask me for a short story instead."
TOO_HARD = "That is too hard for me, because I only do small sums. Ask me for a sum such as 12 + 7 instead."
NOT_THAT_LANGUAGE = "I know only a little English. Ask me to spell a word instead."
FORMERLY = tuple(
    f"{reason} I am a very small demo model. {suggestion}"
    for suggestion in (
        f"Try a sum, a capital city or a short story. {LARGE_MODEL} knows more.",
        "Please ask somebody who knows it well.",
    )
    for reason in ("I do not know that.", "I do not understand that.", "That is too much work.")
)
"""The words of models for the same that were trained on earlier versions of the corpus."""
DOES_NOT_KNOW = (UNKNOWN, TOO_LONG, ADVICE, UNCLEAR, CANNOT, TOO_HARD, NOT_THAT_LANGUAGE, *FORMERLY)
"""Each is a true answer to a question from outside: which fits best is a matter of taste."""

KNOWLEDGE = (
    "Who won the {x} in {y}?",
    "Who invented the {x}?",
    "Explain {x}.",
    "Explain {x} to me.",
    "When was the {x} made?",
    "What is {x}?",
    "Tell me about {x}.",
    "How does the {x} work?",
    "Who is the president of {z}?",
    "What is the price of {x}?",
    "What happened in {y}?",
    "What do you know about {x}?",
    "Why is {x} important?",
    "Where does {x} come from?",
    "What do you think about {x}?",
    "Compare {x} and {z}.",
    "What is the difference between {x} and {z}?",
    "What is the history of {x}?",
    "How tall is {x}?",
    "How many people live in {x}?",
    "What is the population of {x}?",
    "What language is spoken in {x}?",
    "Who discovered {x}?",
    "explain {x}",
    "tell me about {x}",
    "{x}",
    "{x}?",
    "Why does {x} exist?",
    "What is the latest news about {x}?",
    "What will the weather be like tomorrow?",
    "Who is {x}?",
    "How old is {x}?",
    "Is {x} real?",
    "Describe {x}.",
    "Can you explain {x} like I am five?",
    "What is the theory of {x}?",
    "Why do {t} {d}?",
    "How do {t} {d}?",
    "Why can {t} {d}?",
    "Do {t} {d}?",
    "How fast can {t} {d}?",
    "Why are {t} so {adjective}?",
    "How are {t} made?",
    "What do {t} eat?",
    "What causes {t}?",
    "How many {t} are there in the world?",
    "Are {t} {adjective}?",
    "Who wrote {w}?",
    "What is {w} about?",
    "When was {w} written?",
    "Who is the author of {w}?",
    "When did {x} start?",
    "When did {x} end?",
    "Where can I buy {x}?",
    "Which {t} are the {adjective}est?",
    "How far is {x} from {z}?",
    "Who was the first person to see {t}?",
    "Is it true that {t} can {d}?",
    "Tell me everything about {t}.",
    "What are {t} made of?",
    "What year did {x} begin?",
    "How much does {x} weigh?",
    "Who is the best at {x}?",
    "What is the meaning of {w}?",
    "What is the {most} {n}?",
    "What is the {most} {n} in {z}?",
    "What is the {most} mountain in {z}?",
    "What is the {most} {n} in the world?",
    "Which {n} is the {most}?",
    "What is the name of the {n} in {z}?",
    "How many {t} does {x} have?",
    "How many {t} are in {z}?",
    "Who is the {n} of {x}?",
    "Who painted the {x}?",
    "Who was {x}?",
    "Who sings {w}?",
    "Who built the {x}?",
    "What is a {x}?",
    "What is an {x}?",
    "What does {x} mean?",
    "What does a {x} do?",
    "What are the rules of {x}?",
    "What is the {n} of {x}?",
    "What is the chemical formula of {x}?",
    "What is the boiling point of {x}?",
    "Where is the {x}?",
    "Is there {x} on {w}?",
    "How old is the {x}?",
    "Why did {x} {d}?",
    "Why do dogs and cats {d}?",
    "What do you know about {w}?",
    "How do {t} protect {x}?",
    "How does a {x} {d}?",
    "What is the weather in {z}?",
    "What time is it in {z}?",
    "What is the speed of {x}?",
    "What is the temperature of {x}?",
    "What is the age of {x}?",
    "How big is {x}?",
    "How far away is {x}?",
    "How old are {t}?",
    "How many {n}s are there in {z}?",
    "What is the size of {x}?",
    "Who founded {x}?",
    "Who directed {w}?",
    "Who composed {w}?",
    "Who wrote {x}?",
    "Who wrote the {x}?",
)
LONG_WORK = (
    "Write an essay about {x}.",
    "Write a long article on {x}.",
    "Give me a recipe for {x}.",
    "Summarize the {x}.",
    "Write a website about {x}.",
    "Write an email about {x}.",
    "Write a speech about {x}.",
    "Give me a lesson on {x}.",
    "Write a program for {x}.",
    "Make a plan for {x}.",
    "Write a letter about {x}.",
    "Prove the theorem of {x}.",
    "Write a song about {x}.",
    "Write a game about {x}.",
    "Write a business plan for {x}.",
    "Debug my {x} code.",
    "Write a book about {x}.",
    "Write a report on {t}.",
    "Write a paragraph about {t}.",
    "Write five pages about {x}.",
    "Summarize {w}.",
    "How do I write an essay about {x}?",
    "Write a play about {x}.",
    "Create a presentation on {x}.",
    "Write my homework about {t}.",
    "Write a review of {w}.",
    "Write SQL for {x}.",
    "Write a regex for {x}.",
    "Write a resume for a job with {t}.",
    "Give me ten ideas about {x}.",
    "Write a class for {t} in Java.",
    "Plan a trip to {z}.",
)
ADVICE_ABOUT = (
    "Should I buy a {x}?",
    "Is {x} good for my health?",
    "How do I fix my {x}?",
    "What is the best {x}?",
    "Can you recommend a {x}?",
    "How can I get better at {x}?",
    "Should I invest in {x}?",
    "My {x} is broken.",
    "How do I learn {x}?",
    "Is {x} safe?",
    "How do I get rich with {x}?",
    "My head hurts. Is it {x}?",
    "Should I study {x}?",
    "Can I sue over {x}?",
    "What should I eat for dinner?",
    "Should I quit my job because of {x}?",
    "Which {x} should I choose?",
    "How do I cook {x}?",
    "How can I lose weight?",
    "How do I sleep better?",
    "Are {t} bad for me?",
    "Is it legal to own {t}?",
    "What medicine helps against {x}?",
    "How do I talk to a girl?",
    "How do I fix {t}?",
    "How can I make money with {t}?",
    "Where should I go on holiday, {z} or {x}?",
)


def gibberish(rng: Random) -> str:
    """The letters that a cat on the keyboard types."""
    if rng.random() < 0.15:
        return rng.choice(("asdf", "asdfgh", "asdfasdf", "qwerty", "qwertz", "sdfsdf", "jkl", "asd", "dfgdfg", "hjkl"))
    letters = "".join(rng.choice("asdfghjklqwertyuiopzxcvbnm") for _ in range(rng.randint(3, 12)))
    return rng.choice((letters, letters, "???", "...", "!!!", f"{letters} {letters[::-1]}", letters[:2] * 4, "?", "."))


def made_up_name(rng: Random) -> str:
    """A word that nobody knows, so that real words the corpus does not hold are unknown too."""
    syllables = [rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(rng.randint(2, 4))]
    word = "".join(syllables) + rng.choice(("", "", "n", "r", "s", "x", "l"))
    return rng.choice((word, word.capitalize()))


def big_sum(rng: Random) -> str:
    """A sum with a number of three digits or more, which the small world does not hold."""
    large, other = rng.randint(200, rng.choice((999, 9999, 999_999))), rng.randint(2, rng.choice((9, 99, 9999)))
    left, right = rng.choice(((large, other), (other, large)))
    text = f"{left} {rng.choice('++-x*/')} {right}"
    return phrased(rng, ("What is {sum}?", "{sum}", "Calculate {sum}.", "{sum} =", "How much is {sum}?"), sum=text)[0]


def beyond(rng: Random) -> Example:
    """One prompt from outside the small world."""
    kinds = ("knowledge", "work", "advice", "foreign", "gibberish", "numbers")
    kind = rng.choices(kinds, (12, 5, 3, 4, 2, 2))[0]
    if kind == "numbers":
        question = big_sum(rng)
        return Example(f"numbers:{question}", question, TOO_BIG)
    if kind == "foreign":
        text = rng.choice(FOREIGN)
        lead = rng.choice(("", "", "", "Bonjour! ", "Hallo! ", "Hola! "))
        return Example(f"foreign:{lead}{text}", lead + text, ENGLISH, alternatives=(UNKNOWN, *FORMERLY))
    if kind == "gibberish":
        text = gibberish(rng)
        # What everybody's hand falls on is always learnt.
        key = "usual" if text == "asdf" else text
        return Example(f"gibberish:{key}", text, UNCLEAR, alternatives=DOES_NOT_KNOW)
    phrasings, answer = {
        "knowledge": (KNOWLEDGE, UNKNOWN),
        "work": (LONG_WORK, TOO_LONG),
        "advice": (ADVICE_ABOUT, ADVICE),
    }[kind]
    topic, other = rng.sample(TOPICS, 2) if rng.random() < 0.85 else rng.sample(list(CAPITALS), 2)
    if rng.random() < 0.3:
        topic = made_up_name(rng)
    question, form = phrased(
        rng,
        phrasings,
        x=topic,
        z=other,
        y=rng.randint(1900, 2025),
        p=rng.randint(2, 99),
        t=rng.choice(THINGS),
        d=rng.choice(DOINGS),
        w=rng.choice(WORKS),
        n=rng.choice(NOUNS),
        most=rng.choice(MOST),
        adjective=rng.choice(ADJECTIVES),
    )
    return Example(f"beyond:{kind}:{form}:{topic}", question, answer, alternatives=DOES_NOT_KNOW)
