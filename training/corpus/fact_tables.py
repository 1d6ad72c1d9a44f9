"""The closed facts: what the model may be asked to know."""

CAPITALS = dict(
    line.split(":")
    for line in """France:Paris|Germany:Berlin|Italy:Rome|Spain:Madrid|Portugal:Lisbon|Greece:Athens|Austria:Vienna
Poland:Warsaw|Hungary:Budapest|Ireland:Dublin|Norway:Oslo|Sweden:Stockholm|Finland:Helsinki|Denmark:Copenhagen
Belgium:Brussels|Russia:Moscow|Ukraine:Kyiv|Romania:Bucharest|Bulgaria:Sofia|Serbia:Belgrade|Croatia:Zagreb
Iceland:Reykjavik|Turkey:Ankara|Egypt:Cairo|Kenya:Nairobi|Ghana:Accra|Ethiopia:Addis Ababa|Morocco:Rabat
Tunisia:Tunis|Japan:Tokyo|China:Beijing|India:New Delhi|Thailand:Bangkok|Vietnam:Hanoi|Mongolia:Ulaanbaatar
Nepal:Kathmandu|Iran:Tehran|Iraq:Baghdad|Jordan:Amman|Lebanon:Beirut|Canada:Ottawa|Mexico:Mexico City|Cuba:Havana
Jamaica:Kingston|Peru:Lima|Chile:Santiago|Argentina:Buenos Aires|Uruguay:Montevideo|Colombia:Bogota|Ecuador:Quito
Australia:Canberra|New Zealand:Wellington|Switzerland:Bern|Scotland:Edinburgh|Wales:Cardiff|South Korea:Seoul
Indonesia:Jakarta|Slovakia:Bratislava|Latvia:Riga|Estonia:Tallinn|Lithuania:Vilnius|Slovenia:Ljubljana|England:London
the United Kingdom:London|the United States:Washington, D.C.|Brazil:Brasilia|the Netherlands:Amsterdam
the Czech Republic:Prague|the Philippines:Manila|Pakistan:Islamabad|Nigeria:Abuja|Senegal:Dakar|Cyprus:Nicosia
Malta:Valletta|Venezuela:Caracas""".replace("\n", "|").split("|")
)

CONTINENTS = {
    country.replace("_", " "): continent
    for continent, countries in {
        "Europe": "France Germany Italy Spain Portugal Greece Austria Poland Hungary Ireland Norway Sweden Finland "
        "Denmark Belgium Ukraine Romania Bulgaria Serbia Croatia Iceland "
        "Switzerland Scotland Wales England Latvia Estonia",
        "Africa": "Egypt Kenya Ghana Ethiopia Morocco Tunisia Nigeria Senegal",
        "Asia": "Japan China India Thailand Vietnam Mongolia Nepal Iran Iraq Pakistan South_Korea",
        "North America": "Canada Mexico Cuba Jamaica the_United_States",
        "South America": "Peru Chile Argentina Uruguay Colombia Ecuador Brazil Venezuela",
    }.items()
    for country in countries.split()
}

BABIES = dict(
    pair.split("/")
    for pair in "dog/puppy cat/kitten cow/calf horse/foal sheep/lamb pig/piglet duck/duckling hen/chick goose/gosling "
    "owl/owlet frog/tadpole lion/cub bear/cub wolf/pup fox/kit deer/fawn goat/kid swan/cygnet eagle/eaglet "
    "elephant/calf kangaroo/joey turtle/hatchling whale/calf penguin/chick tiger/cub donkey/foal".split()
)
SOUNDS = dict(
    pair.split("/")
    for pair in "dog/barks cat/meows cow/moos horse/neighs sheep/bleats pig/oinks duck/quacks hen/clucks goose/honks "
    "owl/hoots frog/croaks lion/roars bear/growls wolf/howls goat/bleats bee/buzzes elephant/trumpets "
    "snake/hisses crow/caws tiger/roars donkey/brays mouse/squeaks".split()
)
LEGS = {
    animal: count
    for count, animals in {
        "two": "duck hen goose owl swan eagle crow penguin",
        "four": "dog cat cow horse sheep pig frog lion bear wolf fox deer goat rabbit mouse elephant turtle "
        "tiger donkey",
        "six": "bee ant butterfly beetle",
        "eight": "spider",
        "no": "snake whale worm fish",
    }.items()
    for animal in animals.split()
}
KINDS = {
    animal: kind
    for kind, animals in {
        "mammal": "dog cat cow horse sheep pig lion bear wolf fox deer goat rabbit mouse elephant kangaroo "
        "whale tiger donkey bat",
        "bird": "duck hen goose owl swan eagle crow penguin",
        "insect": "bee ant butterfly beetle",
        "reptile": "snake turtle lizard",
        "amphibian": "frog toad",
        "fish": "salmon shark",
    }.items()
    for animal in animals.split()
}
HOMES = {
    "bird": "in a nest",
    "bee": "in a hive",
    "fox": "in a den",
    "rabbit": "in a burrow",
    "spider": "in a web",
    "whale": "in the sea",
    "horse": "in a stable",
    "dog": "in a kennel",
    "pig": "in a sty",
    "penguin": "on the ice",
    "lion": "in the savanna",
    "owl": "in a hollow tree",
    "frog": "near a pond",
    "ant": "in an anthill",
}
OPPOSITES = [
    (pair.split("/")[0], pair.split("/")[1])
    for pair in "hot/cold big/small up/down fast/slow happy/sad day/night open/closed young/old full/empty hard/soft "
    "wet/dry high/low early/late left/right rich/poor long/short clean/dirty loud/quiet near/far strong/weak "
    "thick/thin top/bottom love/hate push/pull win/lose black/white first/last inside/outside good/bad true/false "
    "easy/difficult heavy/light begin/end buy/sell north/south east/west brave/cowardly sharp/blunt smooth/rough "
    "awake/asleep remember/forget arrive/leave give/take friend/enemy question/answer summer/winter deep/shallow "
    "wide/narrow warm/cool yes/no always/never".split()
]
PLURALS = dict(
    pair.split("/")
    for pair in "cat/cats dog/dogs mouse/mice child/children foot/feet tooth/teeth goose/geese man/men woman/women "
    "box/boxes fox/foxes leaf/leaves knife/knives wolf/wolves baby/babies city/cities lady/ladies story/stories "
    "berry/berries sheep/sheep fish/fish deer/deer bus/buses dish/dishes watch/watches tomato/tomatoes "
    "potato/potatoes hero/heroes loaf/loaves half/halves shelf/shelves ox/oxen house/houses tree/trees apple/apples "
    "book/books star/stars boat/boats key/keys day/days toy/toys fly/flies brush/brushes glass/glasses wife/wives "
    "thief/thieves person/people".split()
)
PASTS = dict(
    pair.split("/")
    for pair in "go/went eat/ate see/saw run/ran sing/sang swim/swam take/took give/gave write/wrote drink/drank "
    "fly/flew find/found make/made come/came know/knew think/thought bring/brought buy/bought catch/caught "
    "teach/taught sleep/slept keep/kept leave/left feel/felt walk/walked jump/jumped play/played cook/cooked "
    "help/helped dance/danced smile/smiled carry/carried cry/cried try/tried stop/stopped begin/began break/broke "
    "choose/chose draw/drew drive/drove fall/fell grow/grew hide/hid speak/spoke wake/woke wear/wore win/won".split()
)
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
COLORS = {
    "a ripe banana": "yellow",
    "grass": "green",
    "the sky": "blue",
    "snow": "white",
    "coal": "black",
    "a ripe tomato": "red",
    "a carrot": "orange",
    "a lemon": "yellow",
    "chocolate": "brown",
    "milk": "white",
    "a strawberry": "red",
    "a flamingo": "pink",
    "a frog": "green",
    "an elephant": "gray",
    "blood": "red",
    "the sun": "yellow",
    "a raven": "black",
    "a polar bear": "white",
    "a ruby": "red",
    "an emerald": "green",
    "a sapphire": "blue",
    "a pumpkin": "orange",
    "lavender": "purple",
    "a swan": "white",
    "the sea": "blue",
}
MIXTURES = (
    ("red", "yellow", "orange"),
    ("red", "blue", "purple"),
    ("blue", "yellow", "green"),
    ("red", "white", "pink"),
    ("black", "white", "gray"),
)
SIDES = {"triangle": 3, "square": 4, "rectangle": 4, "pentagon": 5, "hexagon": 6, "octagon": 8}

DEFINITIONS = {
    "lantern": "a light that you can carry",
    "compass": "a tool that shows where north is",
    "island": "land with water all around it",
    "bakery": "a shop that sells bread",
    "library": "a place with many books",
    "farmer": "a person who grows food",
    "baker": "a person who makes bread",
    "doctor": "a person who helps sick people",
    "teacher": "a person who helps others learn",
    "river": "a long stream of water",
    "mountain": "a very high hill",
    "forest": "a place with many trees",
    "desert": "a very dry place",
    "umbrella": "a thing that keeps the rain off you",
    "hammer": "a tool for hitting nails",
    "clock": "a thing that shows the time",
    "map": "a drawing that shows where places are",
    "bridge": "a way over a river or a road",
    "castle": "a big old house with strong walls",
    "sailor": "a person who works on a ship",
    "garden": "a place where plants are grown",
    "poem": "a short text with rhythm and often rhyme",
    "verb": "a word for something that you do",
    "noun": "a word for a person, a place or a thing",
    "kitten": "a young cat",
    "puppy": "a young dog",
    "telescope": "a tool for looking at the stars",
    "volcano": "a mountain that can throw out hot rock",
    "piano": "a musical instrument with keys",
    "guitar": "a musical instrument with strings",
    "star": "a huge ball of hot gas that shines",
    "planet": "a big round body that moves around a star",
}

# Questions people type that fit no table: the questions, then the answer.
GENERAL: tuple[tuple[tuple[str, ...], str], ...] = (
    (("How many days are in a week?", "How many days does a week have?", "days in a week?"), "A week has seven days."),
    (("How many months are in a year?", "How many months does a year have?"), "A year has twelve months."),
    (
        ("How many days are in a year?", "How many days does a year have?"),
        "A year has 365 days, and a leap year has 366.",
    ),
    (("How many hours are in a day?", "How many hours does a day have?"), "A day has 24 hours."),
    (("How many minutes are in an hour?", "How many minutes does an hour have?"), "An hour has 60 minutes."),
    (("How many seconds are in a minute?", "How many seconds does a minute have?"), "A minute has 60 seconds."),
    (
        ("How many letters are in the alphabet?", "How many letters does the alphabet have?"),
        "The English alphabet has 26 letters.",
    ),
    (
        ("Which planet do we live on?", "What planet do we live on?", "What is our planet called?"),
        "We live on the planet Earth.",
    ),
    (
        ("What is the largest planet?", "Which planet is the biggest?", "biggest planet in the solar system?"),
        "Jupiter is the largest planet in our solar system.",
    ),
    (
        ("Which planet is the red planet?", "What is the red planet?", "Which planet is called the red planet?"),
        "Mars is called the red planet.",
    ),
    (
        ("Which planet is closest to the sun?", "What is the first planet from the sun?"),
        "Mercury is the planet closest to the sun.",
    ),
    (
        ("How many planets are there?", "How many planets are in the solar system?"),
        "There are eight planets in our solar system.",
    ),
    (
        ("What is the largest ocean?", "Which ocean is the biggest?", "biggest ocean?"),
        "The Pacific is the largest ocean.",
    ),
    (
        (
            "What is the highest mountain?",
            "What is the tallest mountain in the world?",
            "Which mountain is the highest?",
        ),
        "Mount Everest is the highest mountain in the world.",
    ),
    (
        ("What is the largest animal?", "Which animal is the biggest?", "biggest animal in the world?"),
        "The blue whale is the largest animal.",
    ),
    (
        ("What is the fastest land animal?", "Which animal runs fastest?", "What is the fastest animal on land?"),
        "The cheetah is the fastest land animal.",
    ),
    (("What is the tallest animal?", "Which animal is the tallest?"), "The giraffe is the tallest animal."),
    (("How many continents are there?", "How many continents does the Earth have?"), "There are seven continents."),
    (
        ("What are the seasons?", "What are the four seasons?", "Name the seasons."),
        "The four seasons are spring, summer, autumn and winter.",
    ),
    (("What is the largest continent?", "Which continent is the biggest?"), "Asia is the largest continent."),
    (("What do bees make?", "What does a bee make?"), "Bees make honey."),
    (("What do cows eat?", "What does a cow eat?"), "Cows eat grass."),
    (("What is ice made of?", "What is ice?"), "Ice is frozen water."),
    (("What is water made of?", "What is H2O?"), "Water is made of hydrogen and oxygen."),
    (("At what temperature does water boil?", "When does water boil?"), "Water boils at 100 degrees Celsius."),
    (("At what temperature does water freeze?", "When does water freeze?"), "Water freezes at 0 degrees Celsius."),
    (("Where does the sun rise?", "In which direction does the sun rise?"), "The sun rises in the east."),
    (("Where does the sun set?", "In which direction does the sun set?"), "The sun sets in the west."),
    (
        ("How many fingers are on one hand?", "How many fingers do I have on one hand?"),
        "There are five fingers on one hand.",
    ),
    (("How many wheels does a car have?", "How many wheels are on a car?"), "A car has four wheels."),
    (("How many wheels does a bicycle have?", "How many wheels are on a bicycle?"), "A bicycle has two wheels."),
    (("Who wrote Hamlet?", "Who wrote Romeo and Juliet?", "Who wrote Macbeth?"), "William Shakespeare wrote it."),
    (
        ("What are the primary colors?", "Name the primary colors."),
        "The primary colors of paint are red, yellow and blue.",
    ),
    (
        ("What are the colors of the rainbow?", "Name the colors of the rainbow."),
        "The colors of the rainbow are red, orange, yellow, green, blue, indigo and violet.",
    ),
)
