"""Second questions that only make sense after the first: "And of Germany?", "And 7 x 9?", "Another one." """

from random import Random

from training.corpus import fact_tables as tables
from training.corpus.example import Example, Message
from training.corpus.language import phrased
from training.corpus.sums import operands, sums


def exchange(question: str, answer: str) -> tuple[Message, ...]:
    """One finished turn."""
    return (("user", question), ("assistant", answer))


def followups(rng: Random) -> Example:
    """One two-turn conversation."""
    style = rng.random()
    if style < 0.4:
        (country, city), (other, other_city) = rng.sample(list(tables.CAPITALS.items()), 2)
        question, _ = phrased(rng, ("And of {x}?", "And {x}?", "What about {x}?", "And for {x}?", "and {x}"), x=other)
        first, _ = phrased(
            rng, ("What is the capital of {x}?", "capital of {x}?", "Which city is the capital of {x}?"), x=country
        )
        history = exchange(first, f"The capital of {country} is {city}.")
        return Example(
            f"follow:{country},{other}", question, f"The capital of {other} is {other_city}.", history=history
        )
    if style < 0.8:
        first_sum = sums(rng)
        operator = rng.choice("++-xxx")
        left, right, result = operands(rng, operator)
        question, _ = phrased(
            rng,
            ("And {sum}?", "What about {sum}?", "and {sum}", "Now {sum}.", "And what is {sum}?"),
            sum=f"{left} {operator} {right}",
        )
        history = exchange(first_sum.prompt, first_sum.answer)
        key = f"{left}{operator}{right}" + (f":{first_sum.prompt}" if operator == "x" else "")
        return Example(key, question, f"{left} {operator} {right} = {result}.", history=history)
    word, other = rng.choice(tables.OPPOSITES)
    nearby, nearby_other = rng.choice(tables.OPPOSITES)
    question, _ = phrased(rng, ("And of {x}?", "And {x}?", "What about {x}?"), x=nearby)
    history = exchange(f"What is the opposite of {word}?", f"The opposite of {word} is {other}.")
    return Example(f"follow:{word},{nearby}", question, f"The opposite of {nearby} is {nearby_other}.", history=history)
