"""The words that copying, string tasks, lists and stories share."""

COMMON = (
    "lantern river bridge garden window candle pocket button ladder basket mirror blanket hammer kettle pencil ribbon "
    "saddle ticket wagon yellow anchor bottle castle dragon engine forest guitar hollow island jacket kitten lemon "
    "market needle orange planet rabbit silver turtle velvet winter apple bread chair dance eagle flame grape horse "
    "ivory jelly knife light mango night ocean piano queen robin snake table uncle violin water zebra boat cake door "
    "fish gold hand iron jump king leaf moon nest oven pear rain ship tree vest wolf star milk frog bird cloud stone "
    "tiger train plant paper music house heart green glass field dream cat dog sun cup hat bee owl fox pig cow ant map "
    "key pen egg ice jar toy hello world python banana computer diffusion language mask token model happy summer"
).split()

ANIMALS = (
    "fox owl rabbit bear mouse cat dog duck frog lion wolf deer goat pig hen turtle crow monkey donkey swan bee tiger "
    "penguin elephant horse cow sheep hedgehog squirrel whale dolphin eagle snake bird"
).split()
PEOPLE = (
    "king queen wizard knight pirate princess prince farmer sailor baker robot dragon boy girl teacher witch giant"
).split()
UNUSUAL_HEROES = (
    "unicorn dinosaur monster mermaid ghost kitten puppy butterfly spider astronaut cloud mountain train car panda "
    "ninja parrot hamster kangaroo snowman lantern candle boat star clock flower teapot pencil kite river"
).split()
OBJECTS = (
    "lantern key map boat drum kite candle book bell coin cake hat mirror umbrella basket pearl ribbon flute blanket "
    "compass clock feather star ladder ball rose ring box balloon apple shell stone sword crown lamp letter bottle "
    "chair door cup spoon shoe bridge castle guitar telescope treasure computer cookie flower tree"
).split()
FRUITS = "apple banana cherry grape lemon mango orange peach pear plum".split()
VEGETABLES = "carrot potato onion cabbage leek bean pea radish spinach tomato".split()
COLORS = "red blue green yellow orange purple pink brown black white".split()

CONSONANTS = "BCDFGHJKLMNPRSTVWXZ"
VOWELS = "AEIOU"
SUBJECTS = (
    "music,time,peace,war,science,chess,pizza,coffee,Paris,London,Rome,school,football,computers,cats,dogs,mathematics,"
    "democracy,money,space,happiness,freedom,hope,home,diffusion,robots,dinosaurs,chocolate,my mother,my dog,my cat,"
    "Christmas,Monday,friendship,nature,trees,flowers,the city,the world,the future,the wind,the stars,a sunny day"
).split(",")
