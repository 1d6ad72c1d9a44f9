"""Public-domain verses and proverbs, word for word.

The verses were compared with several independent copies of each text; every author died before 1900 or the rhyme is
traditional.
"""

# title -> four lines
VERSES = {
    # Jane Taylor, "The Star", 1806
    "Twinkle, Twinkle, Little Star": (
        "Twinkle, twinkle, little star,",
        "How I wonder what you are!",
        "Up above the world so high,",
        "Like a diamond in the sky.",
    ),
    # Sarah Josepha Hale, 1830
    "Mary Had a Little Lamb": (
        "Mary had a little lamb,",
        "Its fleece was white as snow;",
        "And everywhere that Mary went",
        "The lamb was sure to go.",
    ),
    # traditional
    "Humpty Dumpty": (
        "Humpty Dumpty sat on a wall,",
        "Humpty Dumpty had a great fall.",
        "All the king's horses and all the king's men",
        "Couldn't put Humpty together again.",
    ),
    # traditional
    "Jack and Jill": (
        "Jack and Jill went up the hill",
        "To fetch a pail of water;",
        "Jack fell down and broke his crown,",
        "And Jill came tumbling after.",
    ),
    # William Blake, Songs of Experience, 1794
    "The Tyger": (
        "Tyger Tyger, burning bright,",
        "In the forests of the night;",
        "What immortal hand or eye,",
        "Could frame thy fearful symmetry?",
    ),
    # William Wordsworth, 1815
    "Daffodils": (
        "I wandered lonely as a cloud",
        "That floats on high o'er vales and hills,",
        "When all at once I saw a crowd,",
        "A host, of golden daffodils;",
    ),
    # Lewis Carroll, Through the Looking-Glass, 1871
    "Jabberwocky": (
        "'Twas brillig, and the slithy toves",
        "Did gyre and gimble in the wabe:",
        "All mimsy were the borogoves,",
        "And the mome raths outgrabe.",
    ),
    # Edward Lear, Nonsense Songs, 1871
    "The Owl and the Pussy-cat": (
        "The Owl and the Pussy-cat went to sea",
        "In a beautiful pea-green boat,",
        "They took some honey, and plenty of money,",
        "Wrapped up in a five-pound note.",
    ),
    # Emily Dickinson, Poems, second series, 1891
    "Hope": (
        "Hope is the thing with feathers",
        "That perches in the soul,",
        "And sings the tune without the words,",
        "And never stops at all,",
    ),
    # Robert Louis Stevenson, A Child's Garden of Verses, 1885
    "The Swing": (
        "How do you like to go up in a swing,",
        "Up in the air so blue?",
        "Oh, I do think it the pleasantest thing",
        "Ever a child can do!",
    ),
    # Christina Rossetti, Sing-Song, 1872
    "Who Has Seen the Wind": (
        "Who has seen the wind?",
        "Neither I nor you:",
        "But when the leaves hang trembling,",
        "The wind is passing through.",
    ),
    # William Shakespeare, 1609
    "Sonnet 18": (
        "Shall I compare thee to a summer's day?",
        "Thou art more lovely and more temperate:",
        "Rough winds do shake the darling buds of May,",
        "And summer's lease hath all too short a date;",
    ),
}

PROVERBS = (
    "A stitch in time saves nine.",
    "The early bird catches the worm.",
    "Actions speak louder than words.",
    "All that glitters is not gold.",
    "A rolling stone gathers no moss.",
    "Better late than never.",
    "Birds of a feather flock together.",
    "Don't count your chickens before they hatch.",
    "Every cloud has a silver lining.",
    "Fortune favors the bold.",
    "Honesty is the best policy.",
    "Look before you leap.",
    "Many hands make light work.",
    "Too many cooks spoil the broth.",
    "No news is good news.",
    "Out of sight, out of mind.",
    "Practice makes perfect.",
    "Rome was not built in a day.",
    "Slow and steady wins the race.",
    "Still waters run deep.",
    "Strike while the iron is hot.",
    "The pen is mightier than the sword.",
    "There is no place like home.",
    "Time and tide wait for no man.",
    "Two heads are better than one.",
    "When in Rome, do as the Romans do.",
    "Where there is smoke, there is fire.",
    "A bird in the hand is worth two in the bush.",
    "An apple a day keeps the doctor away.",
    "A friend in need is a friend indeed.",
    "Absence makes the heart grow fonder.",
    "All roads lead to Rome.",
    "All's well that ends well.",
    "A watched pot never boils.",
    "Beggars can't be choosers.",
    "Curiosity killed the cat.",
    "Easy come, easy go.",
    "Great minds think alike.",
    "If the shoe fits, wear it.",
    "It takes two to tango.",
    "Let sleeping dogs lie.",
    "Make hay while the sun shines.",
    "Necessity is the mother of invention.",
    "One good turn deserves another.",
    "When the cat is away, the mice will play.",
)

# Every second verse and proverb is asked for backwards too; the others are learnt forwards only.
VERSES_BOTH_WAYS = tuple(VERSES)[::2]
PROVERBS_BOTH_WAYS = PROVERBS[::2]
