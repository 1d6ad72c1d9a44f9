"""Short poems of our own: about the sea, the moon and a few more, and one that fits any subject."""

from random import Random

from training.corpus.beyond import made_up_name
from training.corpus.beyond_words import TOPICS
from training.corpus.example import Example
from training.corpus.language import phrased, with_article
from training.corpus.words import ANIMALS, COMMON, OBJECTS, SUBJECTS

POEM_TOPICS = {
    "the sea": (
        "The sea is wide, the sea is blue,\n"
        "It sings a quiet song to you.\n"
        "The waves come in, the waves go out,\n"
        "And little boats sail all about."
    ),
    "the moon": (
        "The moon looks in at half past nine,\n"
        "And makes the sleeping rivers shine.\n"
        "It paints the roofs with silver light,\n"
        "And wishes everyone good night."
    ),
    "the rain": (
        "The rain comes tapping on the pane,\n"
        "Then runs away along the lane.\n"
        "It fills the pond, it wets the tree,\n"
        "And leaves a drop of sky for me."
    ),
    "spring": (
        "The snow is gone, the grass is new,\n"
        "The morning leaves are bright with dew.\n"
        "A bird is singing in the sun,\n"
        "For spring, at last, has just begun."
    ),
    "winter": (
        "The snow lies deep on field and hill,\n"
        "The frozen pond is white and still.\n"
        "But in the house the fire is bright,\n"
        "And keeps us warm all through the night."
    ),
    "summer": (
        "The summer days are long and slow,\n"
        "With bees and butterflies on show.\n"
        "We lie among the grass and dream\n"
        "Of little fish in a cool stream."
    ),
    "autumn": (
        "The leaves are red, the leaves are gold,\n"
        "The mornings now are crisp and cold.\n"
        "The apples fall, the swallows fly,\n"
        "And paint a farewell in the sky."
    ),
    "the night": (
        "The night is quiet, dark and deep,\n"
        "And all the birds have gone to sleep.\n"
        "The stars come out to watch us dream,\n"
        "And dance upon the silver stream."
    ),
    "love": (
        "Love is a lantern in the night,\n"
        "A small and warm and steady light.\n"
        "It asks for nothing, gives away,\n"
        "And shines again with every day."
    ),
    "a friend": (
        "A friend is like an open door,\n"
        "A fire, a song, a little more.\n"
        "When days are dark and roads are long,\n"
        "A friend will come and hum your song."
    ),
}
# A poem about anything: one of the first couplets and one of the second, all of as many tokens, so that a model which
# is between two of them puts no word into the other's place. The subject comes last: until it is written nobody knows
# how many pieces it takes, and all after it would shift.
FIRST_COUPLETS = (
    "The clouds were soft, the sky was wide,\nAnd I was happy, deep inside.",
    "The leaves were red, the sky was blue,\nAnd I was happy just like you.",
    "The stars were bright, the snow was white,\nAnd I was happy all the night.",
    "The birds were still, the sun was high,\nAnd I was happy as the sky.",
    "The clouds were white, the grass was green,\nAnd I was happy as a queen.",
)
SECOND_COUPLETS = tuple(
    f"So all {gone} flew away:\nI {did} about {{x}} today."
    for gone in ("my worries", "the morning", "the evening", "the summer")
    for did in ("thought", "wrote", "smiled")
)


def poems_about(shown: str) -> tuple[str, ...]:
    """Every poem about anything, with its subject."""
    return tuple(f"{first}\n{second.format(x=shown)}" for first in FIRST_COUPLETS for second in SECOND_COUPLETS)


PLAIN_PLURALS = {
    word for word in (*ANIMALS, *OBJECTS) if word[-1] not in "fhsxy" and word not in ("mouse", "deer", "sheep", "goose")
}


def own_poems(rng: Random) -> Example:
    """Four lines of our own about a topic."""
    requests = (
        "Write a poem about {topic}.",
        "Write a short poem about {topic}.",
        "a poem about {topic}",
        "Tell me a poem about {topic}.",
        "Can you write a poem about {topic}?",
        "Write me a poem about {topic}.",
    )
    if rng.random() < 0.55:
        topic, poem = rng.choice(list(POEM_TOPICS.items()))
        question, form = phrased(rng, (*requests, "poem about {topic} please"), topic=topic)
        return Example(f"poem:{topic}:{form}", question, poem)
    if rng.random() < 0.1:
        question, form = phrased(rng, ("Write a poem.", "Write me a poem.", "Tell me a poem.", "Can you write a poem?"))
        poem = rng.choice(("the sea", "the sea", *POEM_TOPICS))
        return Example(
            f"poem:any{form}{rng.randrange(30)}",
            question,
            POEM_TOPICS[poem],
            alternatives=tuple(POEM_TOPICS.values()),
        )
    noun = rng.choice(rng.choice((ANIMALS, OBJECTS, COMMON, SUBJECTS, TOPICS, [made_up_name(rng)])))
    if noun not in (*ANIMALS, *OBJECTS, *COMMON):
        topic = shown = noun
    else:
        forms = [(f"the {noun}", f"the {noun}"), (with_article(noun), f"the {noun}")]
        if noun in PLAIN_PLURALS:
            forms.append((f"{noun}s", f"{noun}s"))
        topic, shown = rng.choice(forms)
    question, form = phrased(rng, requests, topic=topic)
    poems = poems_about(shown)
    return Example(f"poem:{noun}", question, rng.choice(poems), alternatives=poems)
