"""More about the letters of a word: how often one comes, vowels, one taken out or replaced, sorted, the first few,
palindromes. Answers spell the word first, and then say what follows from it."""

from random import Random

from training.corpus.example import Example
from training.corpus.language import ONES, spelled
from training.corpus.varied.grammar import asked, quoted, the_word
from training.corpus.varied.nouns import any_word, spelled_word

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
PALINDROMES = (
    "level noon radar civic madam refer kayak rotor mom dad pop eve eye sees deed peep toot stats solos tenet wow did "
    "otto anna hannah bob pup gag sos"
).split()


def shown_letter(rng: Random, letter: str) -> str:
    """A letter, small or capital, quoted or not."""
    return quoted(rng, rng.choice((letter, letter, letter.upper())))


def letter_of(rng: Random, word: str) -> str:
    """A letter of the word, mostly one that comes again, or now and then any letter."""
    again = [letter for letter in word if word.count(letter) > 1]
    return rng.choice(rng.choice((again or word, again or word, word, word, ALPHABET)))


def occurrences(rng: Random) -> Example:
    """How often a letter comes in a word."""
    word = max(spelled_word(rng).lower(), spelled_word(rng).lower(), key=lambda word: len(word) - len(set(word)))
    letter = letter_of(rng, word)
    w, x, shown = the_word(rng, word), quoted(rng, word), shown_letter(rng, letter)
    many = rng.choice((f"{shown}s" if len(shown) > 1 else f"{shown}'s", f"letters {shown}", f"{letter}'s"))
    prompt = asked(
        rng,
        (f"the number of {many} in {w}", f"the count of {shown} in {x}", f"the number of times {shown} comes in {x}"),
        (
            f"count the {many} in {w}",
            f"count the {many} in {x}",
            f"count how often {shown} comes in {x}",
            f"tell me how many {many} are in {w}",
        ),
        (
            f"how many {many} are in {w}",
            f"how many {many} are there in {x}",
            f"how many {many} does {x} have",
            f"how often does {shown} occur in {w}",
            f"how often is {shown} in {x}",
            f"how many times does the letter {shown} appear in {w}",
            f"how many times is {shown} in {x}",
        ),
        (f"{many} in {word}?", f"{word}: how many {many}?", f"number of {many} in {word}", f"count {shown} in {word}"),
    )
    count = word.count(letter)
    times = f"{count} time{'s' * (count != 1)}"
    return Example(f"often:{letter}:{word}", prompt, f"{spelled(word)}: the letter {letter.upper()} comes {times}.")


def vowels(rng: Random) -> Example:
    """The vowels or the consonants of a word, and how many they are."""
    word = spelled_word(rng).lower()
    kind = rng.choice(("vowels", "vowels", "consonants"))
    some = [letter.upper() for letter in word if (letter in "aeiou") == (kind == "vowels")]
    if not some:
        return vowels(rng)
    w, x = the_word(rng, word), quoted(rng, word)
    prompt = asked(
        rng,
        (f"the number of {kind} in {w}", f"the {kind} of {w}", f"the {kind} in {x}"),
        (f"count the {kind} in {w}", f"list the {kind} of {x}", f"name the {kind} in {x}", f"find the {kind} in {w}"),
        (f"how many {kind} are in {w}", f"how many {kind} does {x} have", f"which {kind} are in {x}"),
        (f"{kind} in {word}?", f"{word}: {kind}?", f"{kind} of {word}", f"how many {kind}: {word}"),
    )
    named = f"{len(some)} {kind if len(some) > 1 else kind.removesuffix('s')}"
    return Example(f"{kind}:{word}", prompt, f"{spelled(word)}: {', '.join(some)}, {named}.")


def without(rng: Random) -> Example:
    """A word without one of its letters, or without its vowels."""
    word = spelled_word(rng).lower()
    letter = rng.choice(("aeiou", *word, *word))
    left = "".join(other for other in word if other not in letter)
    if not left or left == word:
        return without(rng)
    w, x = the_word(rng, word), quoted(rng, word)
    what = "its vowels" if len(letter) > 1 else letter.upper()
    shown = rng.choice(("the vowels", "all vowels")) if len(letter) > 1 else shown_letter(rng, letter)
    the = rng.choice(("", "the letter ", "every ")) if len(letter) == 1 else ""
    prompt = asked(
        rng,
        (f"{w} without {shown}", f"{w} without {shown}"),
        (
            f"remove {the}{shown} from {w}",
            f"delete {the}{shown} from {x}",
            f"write {w} without {shown}",
            f"take {the}{shown} out of {w}",
            f"drop {the}{shown} from {x}",
            f"leave {shown} out of {w}",
        ),
        (f"what is {w} without {shown}", f"what is left of {w} without {shown}"),
        (f"{word} without {shown}", f"{word}, without {shown}", f"{word} minus {shown}"),
    )
    return Example(f"without:{letter}:{word}", prompt, f"{spelled(word)}: without {what} it is {left.upper()}.")


def replaced(rng: Random) -> Example:
    """A word with another letter in the place of one of its letters."""
    word = spelled_word(rng).lower()
    old, new = rng.choice(word), rng.choice(ALPHABET)
    if old == new:
        return replaced(rng)
    w, x, a, b = the_word(rng, word), quoted(rng, word), shown_letter(rng, old), shown_letter(rng, new)
    prompt = asked(
        rng,
        (f"{w} with {b} instead of {a}", f"{w} with {b} for {a}"),
        (
            f"replace {a} with {b} in {w}",
            f"replace {a} by {b} in {x}",
            f"replace every {a} in {w} with {b}",
            f"replace the letter {a} with {b} in {x}",
            f"change {a} to {b} in {w}",
            f"change every {a} of {x} to {b}",
            f"swap {a} for {b} in {x}",
            f"in {w}, replace {a} with {b}",
            f"write {w} with {b} instead of {a}",
        ),
        (f"what is {w} with {b} instead of {a}",),
        (f"{word}, {a} -> {b}", f"{word}: {b} for {a}"),
    )
    answer = f"{spelled(word)}: with {new.upper()} for {old.upper()} it is {word.replace(old, new).upper()}."
    return Example(f"replace:{old}{new}:{word}", prompt, answer)


def sorted_letters(rng: Random) -> Example:
    """The letters of a word in the order of the alphabet."""
    word = min(spelled_word(rng), spelled_word(rng), key=len).lower()
    w, x = the_word(rng, word), quoted(rng, word)
    order = rng.choice(("in alphabetical order", "in order", "alphabetically", "by the alphabet"))
    prompt = asked(
        rng,
        (f"the letters of {w} {order}", f"the sorted letters of {x}"),
        (
            f"sort the letters of {w}",
            f"sort the letters in {w} {order}",
            f"put the letters of {x} {order}",
            f"order the letters of {w}",
            f"arrange the letters of {x} {order}",
        ),
        (),
        (f"sort letters: {word}", f"letters of {word}, sorted", f"letters of {word} {order}"),
    )
    return Example(f"letters:{word}", prompt, f"{spelled(word)}: in order {''.join(sorted(word)).upper()}.")


def parts(rng: Random) -> Example:
    """The first or last few letters of a word, or the one in the middle."""
    word = spelled_word(rng).lower()
    w, x = the_word(rng, word), quoted(rng, word)
    if len(word) % 2 and len(word) > 2 and rng.random() < 0.25:
        prompt = asked(
            rng,
            (f"the middle letter of {w}", f"the letter in the middle of {w}"),
            (f"name the middle letter of {x}",),
            (f"which letter is in the middle of {w}", f"what is the middle letter of {w}"),
            (f"middle letter of {word}", f"{word}: middle letter?"),
        )
        return Example(
            f"middle:{word}", prompt, f"{spelled(word)}: its middle letter is {word[len(word) // 2].upper()}."
        )
    count, place = rng.randint(2, min(4, max(2, len(word) - 1))), rng.choice(("first", "first", "last"))
    number = rng.choice((str(count), ONES[count], ONES[count]))
    part = word[:count] if place == "first" else word[-count:]
    prompt = asked(
        rng,
        (f"the {place} {number} letters of {w}", f"the {place} {number} letters in {x}"),
        (
            f"write the {place} {number} letters of {w}",
            f"give the {place} {number} letters of {x}",
            f"name the {place} {number} letters of {w}",
        ),
        (f"what are the {place} {number} letters of {w}", f"which {number} letters does {x} {PLACES[place]} with"),
        (
            f"{place} {number} letters of {word}",
            f"{word}: {place} {number} letters",
            f"{word}, {place} {number} letters",
        ),
    )
    return Example(
        f"{place}{count}:{word}", prompt, f"{spelled(word)}: its {place} {ONES[count]} letters are {part.upper()}."
    )


PLACES = {"first": "begin", "last": "end"}


def whether(rng: Random) -> Example:
    """Whether a letter is in a word, or stands first or last in it."""
    word = spelled_word(rng).lower()
    w, x = the_word(rng, word), quoted(rng, word)
    place = rng.choice(("", "", "first", "last"))
    if place:
        right = word[0] if place == "first" else word[-1]
        letter = right if rng.random() < 0.5 else rng.choice(word + ALPHABET)
        shown, verb = shown_letter(rng, letter), PLACES[place]
        prompt = asked(
            rng,
            (),
            (f"check if {w} {verb}s with {shown}", f"tell me if {w} {verb}s with {shown}"),
            (
                f"does {w} {verb} with {shown}",
                f"does {x} {verb} with the letter {shown}",
                f"is {shown} the {place} letter of {w}",
            ),
            (f"{word} {verb}s with {shown}, yes or no?", f"{word}: {verb}s with {shown}?"),
        )
        answer = f"its {place} letter is {right.upper()}, so {'yes' if letter == right else 'no'}."
        return Example(f"{verb}s:{letter}:{word}", prompt, f"{spelled(word)}: {answer}")
    letter = rng.choice(rng.choice((word, ALPHABET)))
    shown = shown_letter(rng, letter)
    prompt = asked(
        rng,
        (),
        (f"check if {w} has {shown}", f"tell me if {shown} is in {w}", f"check whether {w} contains {shown}"),
        (
            f"does {w} contain {shown}",
            f"does {w} have the letter {shown}",
            f"is {shown} in {w}",
            f"is there a letter {shown} in {x}",
            f"is the letter {shown} in {w}",
            f"does {x} contain the letter {shown}",
        ),
        (f"{shown} in {word}?", f"{word}: contains {shown}?", f"{shown} in {word}, yes or no?"),
    )
    inside = "yes, it has the letter" if letter in word else "no, it does not have the letter"
    return Example(f"has:{letter}:{word}", prompt, f"{spelled(word)}: {inside} {letter.upper()}.")


def palindromes(rng: Random) -> Example:
    """Whether a word is the same backwards."""
    word = rng.choice(PALINDROMES) if rng.random() < 0.5 else any_word(rng)
    w, x = the_word(rng, word), quoted(rng, word)
    prompt = asked(
        rng,
        (),
        (f"check if {w} is a palindrome", f"tell me if {w} is a palindrome", f"test if {x} is a palindrome"),
        (
            f"is {w} a palindrome",
            f"is {x} a palindrome",
            f"is {w} the same backwards",
            f"does {w} read the same backwards",
            f"is {w} the same forwards and backwards",
            f"do you get {x} if you reverse it",
        ),
        (f"{word}: palindrome?", f"{word}, palindrome or not?", f"palindrome? {word}"),
    )
    is_one = "yes, it is a palindrome" if word == word[::-1] else "no, it is not a palindrome"
    return Example(f"palindrome:{word}", prompt, f"{word.upper()} backwards is {word.upper()[::-1]}: {is_one}.")


def letterplay(rng: Random) -> Example:
    """One of them."""
    kinds = (
        (occurrences, 6),
        (vowels, 3),
        (without, 3),
        (replaced, 3),
        (sorted_letters, 3),
        (parts, 4),
        (whether, 4),
        (palindromes, 2),
    )
    return rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0](rng)
