"""Who acts in word problems, what they have, what they do, and where."""

from dataclasses import dataclass
from random import Random

from training.corpus.language import ONES
from training.corpus.word_problems import FEMALE, MALE

MORE_FEMALE = "Lena Nina Laura Julia Sofia Marta Eva Hanna Ida Paula Carla Rita Vera Tina Wendy Amy Kate Lisa".split()


MORE_MALE = "Peter Ali Ben Oscar Karl Pablo Rob Bob Jim Dan Theo Emil Nils Luis Ahmed Kenji Ravi Mark Tim Kurt".split()


ROLES_SHE = ("my aunt", "my sister", "grandma", "my mother", "a girl", "the queen", "a woman", "Mrs. Green")


ROLES_HE = ("my uncle", "my brother", "grandpa", "my father", "a boy", "the king", "a man", "Mr. Brown")


ROLES = (
    "a farmer",
    "a baker",
    "a teacher",
    "a shop",
    "a school",
    "a gardener",
    "a cook",
    "a child",
    "a robot",
    "a pirate",
    "the class",
    "a fox",
    "a squirrel",
    "a library",
    "a museum",
    "a sailor",
    "a painter",
    "a monkey",
    "a witch",
)


THINGS = (
    "marbles stickers coins shells eggs cards buttons candles pencils cookies stamps balloons flowers stones lemons "
    "tickets apples pears plums oranges nuts rolls cakes sweets candies toys pens books beads ribbons fish carrots "
    "tomatoes potatoes berries cherries grapes bottles boxes cups plates chairs lamps tulips roses trees seeds beans "
    "muffins pies pancakes keys hats socks shirts gloves photos songs pages points stars kites dolls cars boats blocks"
).split()


CREATURES = (
    "birds cows goats sheep cats dogs ducks hens horses rabbits frogs bees ants flies mice pigs kittens puppies "
    "children people students passengers players guests kids boys girls sailors visitors"
).split()


PLACES = (
    "on the bus",
    "in the room",
    "on the roof",
    "in the garden",
    "in the park",
    "on the farm",
    "in the pond",
    "in a tree",
    "in the class",
    "on the train",
    "in the yard",
    "at the party",
    "in the field",
    "on the ship",
    "in the house",
)


HOLDERS = ("in the jar", "on the shelf", "in the box", "on the table", "in the basket", "in the bag", "on the plate")


GAINS = (
    "gets",
    "buys",
    "finds",
    "wins",
    "picks",
    "makes",
    "receives",
    "collects",
    "earns",
    "takes",
    "adds",
    "catches",
    "is given",
)


LOSSES = (
    "loses",
    "sells",
    "eats",
    "gives away",
    "breaks",
    "throws away",
    "uses",
    "drops",
    "spends",
    "hides",
    "lends out",
)


PAST = {
    "gets": "got",
    "buys": "bought",
    "finds": "found",
    "wins": "won",
    "picks": "picked",
    "makes": "made",
    "receives": "received",
    "collects": "collected",
    "earns": "earned",
    "takes": "took",
    "adds": "added",
    "catches": "caught",
    "is given": "was given",
    "loses": "lost",
    "sells": "sold",
    "eats": "ate",
    "gives away": "gave away",
    "breaks": "broke",
    "throws away": "threw away",
    "uses": "used",
    "drops": "dropped",
    "spends": "spent",
    "hides": "hid",
    "lends out": "lent out",
    "has": "had",
    "owns": "owned",
    "holds": "held",
    "keeps": "kept",
}


COMINGS = ("come", "arrive", "get on", "join them", "fly in", "run in", "are added", "come back")


GOINGS = ("leave", "go away", "get off", "fly away", "run away", "go home", "swim away", "escape")


PAST_MOVES = {
    "come": "came",
    "arrive": "arrived",
    "get on": "got on",
    "join them": "joined them",
    "fly in": "flew in",
    "run in": "ran in",
    "are added": "were added",
    "come back": "came back",
    "leave": "left",
    "go away": "went away",
    "get off": "got off",
    "fly away": "flew away",
    "run away": "ran away",
    "go home": "went home",
    "swim away": "swam away",
    "escape": "escaped",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and the pronoun for it."""

    name: str
    he: str


def actor(rng: Random) -> Actor:
    """A person by name, by family tie or by trade, an animal, or the speaker."""
    style = rng.random()
    if style < 0.3:
        return Actor(rng.choice(FEMALE + MORE_FEMALE), "she")
    if style < 0.6:
        return Actor(rng.choice(MALE + MORE_MALE), "he")
    if style < 0.75:
        return rng.choice((Actor(rng.choice(ROLES_SHE), "she"), Actor(rng.choice(ROLES_HE), "he")))
    if style < 0.88:
        return Actor("I", "I")
    return Actor(rng.choice(ROLES), "it")


def first_person(verb: str) -> str:
    """The verb as it stands behind I: "gives away" -> "give away"."""
    if verb in ("has", "is given"):
        return {"has": "have", "is given": "am given"}[verb]
    head, _, rest = verb.partition(" ")
    head = head.removesuffix("es") if head.endswith(("ches", "shes", "sses")) else head.removesuffix("s")
    return f"{head} {rest}".strip()


def figure(rng: Random, number: int) -> str:
    """A number in figures, or a small one in words."""
    return ONES[number] if number < 13 and rng.random() < 0.12 else str(number)
