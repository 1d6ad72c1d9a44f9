"""Rhymes, haiku and poems about anything, asked in any form; several right answers to each."""

import re
from random import Random

from training.corpus.example import Example
from training.corpus.language import ONES, joined, with_article
from training.corpus.poems import POEM_TOPICS, poems_about
from training.corpus.varied.grammar import asked, quoted, the_word
from training.corpus.varied.nouns import THINGS
from training.corpus.verse_lines import VERSES
from training.corpus.words import ANIMALS, OBJECTS, SUBJECTS

RHYMES = tuple(
    group.split()
    for group in (
        "cat hat bat mat rat|tree bee sea knee key|house mouse blouse|light night bright kite white|"
        "moon spoon soon June|dog frog log fog|star car far jar|day play way gray|rain train plane chain|"
        "book hook cook look|king ring sing wing|snow go slow crow|bear chair pear hair|ball wall tall fall|"
        "boat coat goat note|cake lake snake rake|bell well shell smell|fish dish wish|sun fun run bun|"
        "fox box socks|hen pen ten men|sky pie high fly|bed red head bread|hill mill bill pill|nose rose toes|"
        "ship trip lip|stone bone phone|street feet sweet meat|gold old cold told|flower tower shower power|"
        "friend end bend send|time lime rhyme climb|door floor four more|blue shoe two zoo|pig wig big dig|"
        "duck truck luck|hand sand land band|heart cart art start|dream cream stream team"
    ).split("|")
)
HAIKU_TOPICS = {
    "snow": "Snow falls in the night,\nquiet on the sleeping roofs.\nMorning wakes in white.",
    "winter": "Winter holds its breath.\nOne small bird sings in the frost.\nThe pond does not move.",
    "autumn": "Red leaves on the path.\nThe autumn wind turns a page.\nGeese are flying south.",
    "spring": "Spring knocks at the door.\nThe first green leaf opens up.\nA bee hums hello.",
    "summer": "Summer afternoon.\nThe cat sleeps under a tree.\nEven time is slow.",
    "rain": "Rain taps on the glass.\nThe garden drinks and drinks it.\nFrogs begin to sing.",
    "the sea": "The waves come and go.\nThe sea tells the same story.\nSand listens all day.",
    "the ocean": "The ocean is deep.\nBoats are small thoughts on its back.\nWhales sing far below.",
    "the moon": "Moon above the hill,\nsilver on the sleeping roofs.\nAn owl calls one time.",
    "the night": "Night comes to the town.\nOne by one the windows sleep.\nStars open their eyes.",
    "a cat": "The cat does not move.\nA bird hops over the grass.\nThe cat dreams of it.",
    "a frog": "Frog on a green leaf.\nHe looks at the moon and jumps.\nThe pond breaks in rings.",
    "love": "Two cups on the shelf.\nLove is in the little things.\nThe tea is still warm.",
    "the wind": "Wind without a face,\nyou comb the grass on the hill.\nMy hat flies away.",
}
FIRST_LINES = {
    1: ("Look, a quiet {x}.", "Here I see {a}."),
    2: ("Look, a small {x}.", "I see the {x}."),
    3: ("See, a {x}.", "Look, the {x}."),
}
SECOND_LINES = (
    "Morning light is resting there.",
    "The evening wind passes by.",
    "A little bird sings to it.",
    "Nobody knows its old name.",
)
THIRD_LINES = ("And the world is still.", "Then the stars come out.", "I smile and walk on.", "The day is so long.")
ALSO = {
    "the sea": ("sea", "the ocean", "waves"),
    "winter": ("snow", "the snow", "ice"),
    "the rain": ("rain", "rainy days"),
    "the moon": ("moon",),
    "the night": ("night", "the dark"),
    "a friend": ("friendship", "friends", "my friend"),
    "spring": ("the spring",),
    "autumn": ("fall", "the autumn"),
}
VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """Groups of vowels without a silent e, an estimate."""
    return max(1, len(VOWELS.findall(re.sub(r"(?<![l])e$", "", word))))


def rhyme_for(word: str, group: list[str]) -> str:
    """The usual rhyme: the next word of the group, so that no word is the answer for most of them, and for itself."""
    return group[(group.index(word) + 1) % len(group)]


def rhymes(rng: Random) -> Example:
    """A word that rhymes, whether two words rhyme, or a pair."""
    group = rng.choice(RHYMES)
    style = rng.random()
    word, other = rng.sample(group, 2)
    if style < 0.3:
        stranger = rng.choice(rng.choice([entry for entry in RHYMES if entry is not group]))
        does = rng.random() < 0.6
        second = other if does else stranger
        prompt = asked(
            rng,
            (),
            (),
            (
                f"does {quoted(rng, word)} rhyme with {quoted(rng, second)}",
                f"do {word} and {second} rhyme",
                f"is {second} a rhyme for {word}",
            ),
            (f"{word} and {second}: rhyme?", f"{word}, {second}, do they rhyme?"),
        )
        answer = f"Yes, {word} rhymes with {second}." if does else f"No, {word} does not rhyme with {second}."
        return Example(f"rhyme?{word},{second}", prompt, answer)
    if style < 0.42:
        count = rng.choice((2, 2, 3)) if len(group) > 2 else 2
        number = rng.choice((ONES[count], str(count)))
        prompt = asked(
            rng,
            (f"{number} words that rhyme", f"{number} rhyming words"),
            (f"name {number} words that rhyme", f"find {number} rhyming words"),
            (f"which {number} words rhyme",),
            (f"{number} rhyming words", "a rhyme" if count == 2 else f"{number} rhymes"),
        )
        chosen = RHYMES[0][:count] if rng.random() < 0.8 else group[:count]
        groups = tuple(f"The words {joined(entry[:count])} rhyme." for entry in RHYMES)
        return Example(f"rhymes:{prompt}", prompt, f"The words {joined(chosen)} rhyme.", alternatives=groups)
    w = the_word(rng, word)
    prompt = asked(
        rng,
        (
            f"a word that rhymes with {w}",
            f"a rhyme for {w}",
            f"a rhyme with {w}",
            f"something that rhymes with {w}",
        ),
        (
            f"find a rhyme for {w}",
            f"find a word that rhymes with {w}",
            f"rhyme {w}",
            f"find a rhyme with {w}",
            f"make a rhyme with {w}",
        ),
        (f"what rhymes with {w}", f"which word rhymes with {w}", f"what is a rhyme for {w}"),
        (f"rhyme for {word}", f"{word} rhymes with ...", f"rhyme: {word}", f"rhymes with {word}?", f"{word}, rhyme?"),
    )
    usual = rhyme_for(word, group)
    # The words come as they stand in the middle of a sentence, where they are one token each, the asked one first.
    right = tuple(f"One rhyme for {word} is {entry}." for entry in group if entry != word)
    return Example(f"rhyme:{word}:{prompt}", prompt, f"One rhyme for {word} is {usual}.", alternatives=right)


def rhymed_lines(rng: Random) -> Example:
    """Two lines that end with two given words, or a line whose last word is missing."""
    group = rng.choice(RHYMES)
    word = rng.choice(group)
    other = rhyme_for(word, group)
    nouns = {*THINGS, *ANIMALS, *OBJECTS}
    if word in nouns and other in nouns and rng.random() < 0.6:
        begin = f"the {word} {rng.choice(('sat on', 'looked at', 'ran to', 'is near', 'likes', 'went to', 'saw'))} the"
        prompt = asked(
            rng,
            (),
            (f"finish the rhyme: {begin} ...", f"complete the rhyme: {begin} ..."),
            (),
            (f"finish this rhyme: {begin} ...", f"rhyme: {begin} ...", f"{begin} ... (it must rhyme)"),
        )
        right = tuple(f"The{begin[3:]} {entry}." for entry in group if entry != word)
        return Example(f"rhymed:{begin}:{prompt}", prompt, f"The{begin[3:]} {other}.", alternatives=right)
    first, second = word, rng.choice([entry for entry in group if entry != word])
    words = f"{quoted(rng, first)} and {quoted(rng, second)}"
    prompt = asked(
        rng,
        (f"a rhyme with {words}", f"a poem with {words}", f"two lines that end with {words}"),
        (
            f"make a rhyme with {words}",
            f"rhyme {words}",
            f"make a poem with the words {words}",
            f"write a rhyme with {words} in it",
            f"write two lines that rhyme with {words}",
        ),
        (),
        (f"rhyme with {first}, {second}", f"rhyme: {words}", f"poem with {words}"),
    )
    answer = f"Here comes a line that ends with {first},\nand this one, look, it ends with {second}."
    return Example(f"rhymed:{first},{second}:{prompt}", prompt, answer)


def haiku(rng: Random) -> Example:
    """A haiku about one of the topics, or about any thing."""
    if rng.random() < 0.5:
        topic, text = rng.choice(list(HAIKU_TOPICS.items()))
        answers: tuple[str, ...] = (text,)
        noun = topic.removeprefix("the ").removeprefix("a ")
        x = rng.choice((topic, topic, noun))
    else:
        noun = rng.choice([thing for thing in (*THINGS, *ANIMALS, *OBJECTS) if syllables(thing) <= 3])
        x = rng.choice((with_article(noun), f"the {noun}", noun))
        firsts = [line.format(x=noun, a=with_article(noun)) for line in FIRST_LINES[syllables(noun)]]
        answers = tuple(
            f"{first}\n{second}\n{third}" for first in firsts for second in SECOND_LINES for third in THIRD_LINES
        )
    about = rng.choice(("about", "about", "on", "of"))
    h = f"a haiku {about} {x}"
    prompt = asked(
        rng,
        (h,),
        (f"write {h}", f"write me {h}", f"make {h}", f"compose {h}", f"tell me {h}", f"give me {h}"),
        (f"do you know {h}",),
        (f"haiku {about} {x}", f"haiku: {x}", f"haiku, {x}", h, f"{h} please", f"a short haiku {about} {x}"),
    )
    usual = sum(map(ord, noun)) % len(answers)
    answer = answers[usual] if rng.random() < 0.5 else rng.choice(answers)
    return Example(f"haiku:{noun}:{prompt if len(answers) == 1 else ''}", prompt, answer, alternatives=answers)


def poems(rng: Random) -> Example:
    """A poem about a known topic or about anything."""
    if rng.random() < 0.35:
        topic, text = rng.choice(list(POEM_TOPICS.items()))
        x = rng.choice((topic, *ALSO.get(topic, ())))
        answers: tuple[str, ...] = (text,)
        key = f"poem:{topic}"
    elif rng.random() < 0.1:
        topic, x, key = "", "", "poem:any"
        answers = tuple(POEM_TOPICS.values())
    else:
        noun = rng.choice(rng.choice((ANIMALS, OBJECTS, THINGS, THINGS, SUBJECTS)))
        x, shown = (
            (noun, noun)
            if noun in SUBJECTS
            else rng.choice(
                ((with_article(noun), f"the {noun}"), (f"the {noun}", f"the {noun}"), (f"my {noun}", f"my {noun}"))
            )
        )
        if noun not in SUBJECTS and rng.random() < 0.15:
            x = noun
            shown = f"the {noun}"
        answers, key = poems_about(shown), f"poem:{noun}"
    poem = rng.choice(
        ("poem", "poem", "poem", "short poem", "little poem", "rhyme", "verse", "four-line poem", "small poem")
    )
    about = rng.choice(("about", "about", "about", "on", "for")) if x else ""
    p = f"a {poem} {about} {x}".strip()
    prompt = asked(
        rng,
        (p,),
        (
            f"write {p}",
            f"write me {p}",
            f"make {p}",
            f"tell me {p}",
            f"compose {p}",
            f"make up {p}",
            f"give me {p}",
            f"say {p}",
        ),
        (f"do you have {p}",),
        (
            f"{poem} {about} {x}".strip(),
            p,
            f"{poem}: {x}" if x else poem,
            f"{p} please",
            f"I would like {p}",
            *(
                (
                    f"four lines about {x}",
                    f"some verses about {x}",
                    f"write some verses about {x}",
                    f"some lines about {x}",
                    f"write four lines about {x}",
                )
                if x
                else ()
            ),
        ),
    )
    subject_known = key in ("poem:any", *(f"poem:{topic}" for topic in POEM_TOPICS))
    return Example(f"{key}:{prompt if subject_known else ''}", prompt, rng.choice(answers), alternatives=answers)


def recited(rng: Random) -> Example:
    """The first line of a known verse, by a part of its title."""
    title, lines = rng.choice(list(VERSES.items()))
    short = title if rng.random() < 0.4 else title.split(", Little")[0].replace(",", "")
    prompt = asked(
        rng,
        (f"the poem {short}", f"the first line of {short}"),
        (f"recite {short}", f"say {short}", f"recite the poem {short}", f"recite the first line of {short}"),
        (f"how does {short} go", f"how does {short} begin", f"do you know {short}"),
        (f"{short}, please recite",),
    )
    if "first line" in prompt or "begin" in prompt:
        return Example(f"first:{title}:{prompt}", prompt, lines[0], alternatives=("\n".join(lines),))
    return Example(f"recite:{title}:{prompt}", prompt, "\n".join(lines), alternatives=(lines[0],))


def verse(rng: Random) -> Example:
    """A rhyme, rhymed lines, a haiku, a poem, or a known verse."""
    return rng.choices((rhymes, rhymed_lines, haiku, poems, recited), (7, 1, 4, 6, 1))[0](rng)
