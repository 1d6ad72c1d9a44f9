"""Common English words for string tasks, sentences and requests: what is asked about may be any of them."""

from random import Random

from training.corpus.beyond import made_up_name
from training.corpus.words import COMMON

THINGS = (
    "acorn airport almond alley arrow atlas attic axe badge bagel balcony bamboo bandage banjo barn barrel beach bean "
    "beard bed bell belt bench berry blade board bone boot bowl bracelet brain branch brick broom brush bubble bucket "
    "bus butter cabin cable cage camel camera camp canal cannon canoe card carpet cart cave cellar chain chalk cheese "
    "cherry chest chimney circle circus cliff coat cobweb coconut coffee comb cork corner cottage cotton couch crab "
    "cradle crane crayon cream cricket crystal curtain cushion desert desk diamond diary dish doll dragonfly drawer "
    "dress duck dust ear earth elbow elevator envelope eraser eye face factory fan farm feather fence fern fiddle "
    "finger fireplace flag flashlight flood floor flour fog fork fountain freezer fruit funnel garage garlic gate gift "
    "ginger glove glue goblin grass gravel gym hail hallway hammock harbor harp hay helmet herb hinge hole honey hook "
    "hospital hotel hut iceberg ink iron jam jewel jug juice jungle keyboard king kiosk kitchen knee knight knot label "
    "lake lamb lamp lawn leather leg lid lighthouse lightning lips lizard lobster lock log magnet mailbox marble mask "
    "meadow medal melon message metal microphone mint mitten mole motor mountain mouth mud mug museum mushroom nail "
    "napkin necklace net noodle nose nut oar oat office oil olive onion orchard organ ostrich oyster paddle page paint "
    "palace pan panda paperclip parade park parrot path peach peanut pebble pepper perfume pickle picture pie pigeon "
    "pillow pine pipe plate plum pond pony pool popcorn porch pot potato powder present puddle pump pumpkin puppet "
    "puppy purse puzzle pyramid quilt radio raft railway raisin rake raspberry rocket roof room rope rug ruler sail "
    "salad salt sand sandal sandwich saucer scarf school scissors seal seed shadow shark shed sheet shelf shirt shop "
    "shovel sink skirt sky sled slipper smoke snail snow soap sock sofa soup spade sparrow spider sponge spoon spring "
    "stable stair stamp station statue steam stick storm stove straw street string suitcase sunflower sweater "
    "swing syrup tail tea teapot tent thread throne thumb thunder tie tile toast toaster toe tomato tongue tooth "
    "towel tower town tractor trail trumpet trunk tub tulip tunnel umbrella valley van vase village vine wall walnut "
    "wheel whistle wind wing wire wood wool yarn yogurt zipper"
).split()
OTHERS = (
    "about above across after again alone along always angry another around autumn back beautiful because before begin "
    "below between black bold bright bring broken brown busy calm careful carry catch choose clean clear clever close "
    "cold come cook cool count cover crazy curious dark deep different dirty drink drive dry early easy eat empty "
    "enjoy every evening fair far fast fifteen fifty find first five fly follow forest forget forty four free fresh "
    "friend friendly full funny gentle give good great grey grow half hard hear heavy help hide high hold honest hope "
    "hot hungry idea jolly just keep kind know large late laugh lazy learn leave left listen little live long look "
    "loose loud love lucky mad magic many melt middle mild morning move narrow near never new nice nine noise often "
    "old open other outside paint pink plain play please polite poor pretty proud pull purple push quick quiet read "
    "ready red remember rich right ripe rough round run sad safe save school second secret seven shake sharp shine "
    "short shout shy sick silent simple sing sit six sleep slow small smile smooth soft some speak spell stand start "
    "stop strange strong sweet swim talk tall teach ten thank thick thin think third thirteen thirty three throw tidy "
    "today tomorrow touch travel true try turn twelve twenty two ugly under walk wander warm wash watch weak wear "
    "week wet white whole wide wild wise wish wonder work write wrong yesterday young"
).split()
ALL_WORDS = sorted({*THINGS, *OTHERS, *COMMON})


def any_word(rng: Random) -> str:
    """An English word, mostly, or one that nobody knows."""
    if rng.random() < 0.25:
        return made_up_name(rng).lower()
    return rng.choice(ALL_WORDS)


def some_words(rng: Random, count: int) -> list[str]:
    """Different ones."""
    words: list[str] = []
    while len(words) < count:
        word = any_word(rng)
        if word not in words:
            words.append(word)
    return words
