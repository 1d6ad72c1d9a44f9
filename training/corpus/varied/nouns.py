"""Common English words for string tasks, sentences and requests: what is asked about may be any of them."""

from random import Random

from training.corpus.beyond import made_up_name
from training.corpus.varied.grammar import SLIPS
from training.corpus.words import ANIMALS, COLORS, COMMON, FRUITS, OBJECTS, PEOPLE, UNUSUAL_HEROES, VEGETABLES

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
MORE_WORDS = (
    "accident action actor address adult advice afraid agree alarm album alive alligator allow alphabet amazing "
    "ancient animal ankle answer antelope anybody apartment apron arm army arrive artist ask asleep aunt avocado "
    "awake baby badger bake bare bargain bark basement bath battery battle beaver become beetle believe belong "
    "besides bicycle billion biscuit bite bitter blind blizzard blow blush body boil bomb border borrow boss bother "
    "bounce bowl bread breath breakfast breeze bridge brother brown bruise buffalo build bull burn bury bush business "
    "butterfly buy cabbage cactus calendar calf calm canary candy cape captain carrot cartoon castle catch "
    "caterpillar cause ceiling celery century cereal chance change channel charm cheap cheek cheer chew chicken child "
    "chimpanzee chin chocolate church cider cinema citizen city clap class claw clay clerk clothes clown club coast "
    "cobra cockroach college color common company concert contest cookie corn cough cousin coyote crash crocodile "
    "cross crowd cruel crumb cry cube cucumber cupboard cure curl current curve custom daisy damage damp danger date "
    "daughter dawn dear debt decide deer defend degree delight dentist depend describe dinner dinosaur direct disease "
    "distance doctor donkey doubt drag draw drawer drill drum due dust eager early east echo edge education effort "
    "either electric elephant else emerald end enemy engineer enter error escape even event evil exact exam except "
    "excuse exit expect extra eyebrow fact fail faint fairy faith false family famous fancy farmer fashion father "
    "fault favor fear feast feed feel female fever few field fig fight figure film final finger finish fire firm fist "
    "flat flavor flea flight float flower fluid foam fold foot forever form fortune forward fossil frame freeze "
    "friday fridge fright front frown fuel fur furniture future gallery game gap gather gazelle genius ghost gift "
    "girl glad glance glass globe glory goat golf goose gorilla gown grace grandmother grape graph grasshopper gray "
    "grease greedy ground group guard guess guest guide gull gum habit hair hamster handle happen hardly harm haste "
    "hate haul hawk head heaven hedge height hero heron hidden highway hint history hit hobby hockey holiday holy hop "
    "horn horror hour huge human hunt hurry hurt husband hyena icicle icing ill image imagine inch include indeed "
    "insect inside invite itch jaguar jail jealous jeans jelly jewel job join joke joy judge jug june junior jury "
    "kangaroo kettle kick kid kind kingdom kiss kiwi koala lad lady language lap laptop last lawyer layer lead leap "
    "leek lettuce level library lie lift limb lime line linen lion liquid list liver llama lonely lord lose lunch "
    "lynx machine magpie maid mail male manage maple march mark market married master match maze meal meat medicine "
    "meet mend merry mess meter midnight mile mineral minute mirror miss mistake mix model modern monday money month "
    "moose mosquito moth mother mouse movie much murmur muscle music mustard name napkin nation nature naughty neck "
    "nephew nerve newspaper nickel niece nightmare nobody nod none north notebook nothing notice novel number nurse "
    "obey object ocean october octopus odd offer omelette only opinion otter oven owe own oxygen pack pain pajamas "
    "panther parent parsley party past paste patient pause paw pay peace peanut pebble peel pelican people perfect "
    "person phone photo pick piece pilot pin pinch pirate pizza plan plane plastic plenty plug plus poem poet point "
    "poison pole police polish popular pork porridge possible post pound pour praise pray prefer president press "
    "price pride prince print prison prize problem promise proof protect prune pudding pupil purpose push python "
    "quarrel question quiz quote raccoon race radish rage ram range rare rat raw reach real reason record refuse "
    "regret reindeer relax repair reply rescue rest return reward rhinoceros rice ride rise road roar rob roll roast "
    "row rubber rude ruin rule rush rust sailor salmon same satin saturday sauce sausage scale scare scene science "
    "score scorpion scrap scream screen search seat secret sell send sentence serve settle shallow shame shape share "
    "shave shelter shepherd shine shiver shock shore shoulder shower shrimp shut sick side sign silk silly since "
    "sister size skate skill skin skunk sleepy sleeve slice slide sloth smart smell smooth sneeze soft soldier solid "
    "solve son sorry soul sour south space spare spell spend spice spill spinach spirit spot spray squirrel staff "
    "stage stare steak steal steep stomach stork story stranger strawberry stretch strike stripe strong student study "
    "stupid success such sudden suffer sugar suit sunday sunset supper sure surprise swan sweat swift sword table "
    "tadpole tailor tale tank tap taste taxi teacher team tear tease tennis term test theater thief thirsty thought "
    "throat throw thursday ticket tickle tight timber time tin tiny tired title toad toast toilet tool toss total "
    "tour toy trade traffic train trap treasure treat trial trick trouble trousers truck trust tuesday tune turkey "
    "turnip twig twin type uncle unit upset use usual vacation vanilla vegetable village vinegar visit voice vote "
    "vulture wage waist wait waiter walrus want war warn wasp waste wave wax way weather weasel web wedding wednesday "
    "weigh weird welcome west whale wheat whisper widow wife willow win wine winner wisdom witness wizard woman "
    "wombat wonderful woodpecker word worker world worm worry worth wrap wrist yacht yard yawn year yell yoga youth "
    "zero zigzag zone zoo"
).split()
SHARED_WORDS = {*COMMON, *ANIMALS, *PEOPLE, *UNUSUAL_HEROES, *OBJECTS, *FRUITS, *VEGETABLES, *COLORS}
ALL_WORDS = sorted({*THINGS, *OTHERS, *MORE_WORDS, *SHARED_WORDS})


BEGINNINGS = "be con de dis ex in im inter mis out over pre re sub super trans un under up".split()
ONSETS = (
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr qu r s sc sh sk sl sm sn sp st str sw t th tr tw v w "
    "wh y z"
).split()
NUCLEI = "a e i o u a e i o u a e i o u ai au ay ea ee ei ie oa oi oo ou ow y".split()
CODAS = "b ck ct d ff ft g l ld ll lt m mp n nd ng nk nt p pp r rd rk rm rn rt s sh sk ss st t tch th tt x zz".split()
ENDINGS = (
    "able age al ance ant ed en er est ful ic ing ish ism ist ity ive le less ly ment ness ous sion tion ward y"
).split()


def invented_word(rng: Random) -> str:
    """A word that looks English: its pieces are those of words that the lists do not hold."""
    word = rng.choice(BEGINNINGS) if rng.random() < 0.15 else ""
    for _ in range(rng.choice((1, 1, 2))):
        word += rng.choice(ONSETS) + rng.choice(NUCLEI) + (rng.choice(CODAS) if rng.random() < 0.6 else "")
    word += rng.choice(ENDINGS) if rng.random() < 0.4 else ""
    return word if 3 <= len(word) <= 12 else invented_word(rng)


def any_word(rng: Random) -> str:
    """An English word, mostly, or one that nobody knows; none that a prompt may hold with a slip."""
    style = rng.random()
    if style < 0.15:
        return made_up_name(rng).lower()
    word = invented_word(rng) if style < 0.33 else rng.choice(ALL_WORDS)
    return any_word(rng) if word in SLIPS else word


def some_words(rng: Random, count: int) -> list[str]:
    """Different ones."""
    words: list[str] = []
    while len(words) < count:
        word = any_word(rng)
        if word not in words:
            words.append(word)
    return words
