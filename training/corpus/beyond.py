"""Everything outside the small world, answered kindly and truly: the model does not know, and says what would."""

from random import Random

from training.corpus.about_itself import LARGE_MODEL
from training.corpus.example import Example
from training.corpus.fact_tables import CAPITALS
from training.corpus.language import phrased

TRY = "Try a sum, a capital city or a short story."
UNKNOWN = f"I do not know that. I am a very small demo model. {TRY}"
TOO_LONG = f"That is too much for a model as small as me. {LARGE_MODEL} can do it."
ADVICE = "I cannot give good advice on that. Please ask somebody who knows it well."
ENGLISH = "I am sorry, I know only a little English."
UNCLEAR = f"I did not understand that. {TRY}"

TOPICS = (
    "world cup,quantum physics,telephone,computer,car,weather,democracy,stock market,pizza,vaccine,novel,rocket,tax,"
    "climate,bicycle,internet,Bitcoin,Shakespeare,phone,gravity,inflation,movie,election,camera,religion,war,laptop,medicine,soup,"
    "philosophy,evolution,airplane,chess,opera,Google,Napoleon,black hole,DNA,steam engine,photosynthesis,relativity,"
    "blockchain,neural network,transformer,football,Einstein,Roman Empire,French Revolution,calculus,climate change,"
    "economy,psychology,biology,chemistry,physics,history,Linux,JavaScript,Rust,recipe,pasta,wine,coffee,insurance,mortgage,"
    "string theory,big bang,dinosaur,Titanic,pyramid,moon landing,Olympics,Beatles,Mozart,Picasso,"
    "Batman,Harry Potter,iPhone"
).split(",")
KNOWLEDGE = (
    "Who won the {x} in {y}?",
    "Who invented the {x}?",
    "Explain {x}.",
    "Explain {x} to me.",
    "When was the {x} made?",
    "What is {x}?",
    "Tell me about {x}.",
    "How does the {x} work?",
    "Who is the president of {x}?",
    "What is the price of {x}?",
    "What happened in {y}?",
    "What do you know about {x}?",
    "Why is {x} important?",
    "Where does {x} come from?",
    "What do you think about {x}?",
    "Compare {x} and {z}.",
    "What is the difference between {x} and {z}?",
    "What is the history of {x}?",
    "How tall is {x}?",
    "How many people live in {x}?",
    "What is the population of {x}?",
    "What language is spoken in {x}?",
    "Who discovered {x}?",
    "explain {x}",
    "tell me about {x}",
    "{x}",
    "{x}?",
    "Why does {x} exist?",
    "What is the latest news about {x}?",
    "What will the weather be like tomorrow?",
    "Who is {x}?",
    "How old is {x}?",
    "Is {x} real?",
    "Describe {x}.",
    "Can you explain {x} like I am five?",
    "What is the theory of {x}?",
)
LONG_WORK = (
    "Write an essay about {x}.",
    "Write a long article on {x}.",
    "Give me a recipe for {x}.",
    "Translate {x} into French.",
    "Summarize the {x}.",
    "Write a website about {x}.",
    "Write an email about {x}.",
    "Solve this equation about {x}.",
    "Write a speech about {x}.",
    "Give me a lesson on {x}.",
    "Write a program for {x}.",
    "Make a plan for {x}.",
    "Write a letter about {x}.",
    "Prove the theorem of {x}.",
    "Write a song about {x}.",
    "Write a game about {x}.",
    "Write a business plan for {x}.",
    "Debug my {x} code.",
)
ADVICE_ABOUT = (
    "Should I buy a {x}?",
    "Is {x} good for my health?",
    "How do I fix my {x}?",
    "What is the best {x}?",
    "Can you recommend a {x}?",
    "How can I get better at {x}?",
    "Should I invest in {x}?",
    "My {x} is broken.",
    "How do I learn {x}?",
    "Is {x} safe?",
    "How do I get rich with {x}?",
    "My head hurts. Is it {x}?",
    "Should I study {x}?",
    "Can I sue over {x}?",
)
FOREIGN = (
    "Comment allez-vous?",
    "Quelle est la capitale de la France?",
    "Parlez-vous anglais?",
    "Je ne comprends pas.",
    "Raconte-moi une histoire.",
    "Wie geht es dir?",
    "Was ist die Hauptstadt von Frankreich?",
    "Sprichst du Deutsch?",
    "Ich verstehe das nicht.",
    "Wer bist du?",
    "Como estas?",
    "Cual es la capital de Espana?",
    "Hablas espanol?",
    "No entiendo.",
    "Cuenta una historia.",
    "Quien eres?",
    "Come stai?",
    "Parli italiano?",
    "Qual e la capitale d'Italia?",
    "Chi sei?",
    "Voce fala portugues?",
    "Tudo bem?",
    "Hur mar du?",
    "Hoe gaat het?",
    "Wat is dit?",
    "Jak sie masz?",
    "Kto ty jestes?",
    "Как дела?",
    "Кто ты?",
    "你是谁？",
    "你会说中文吗？",
    "法国的首都是哪里？",
    "お元気ですか？",
    "あなたは誰ですか？",
    "잘 지내세요?",
    "كيف حالك؟",
    "Qui es-tu?",
    "Quel temps fait-il?",
    "Was kannst du?",
    "Que puedes hacer?",
)


def gibberish(rng: Random) -> str:
    """What a cat on the keyboard types."""
    letters = "".join(rng.choice("asdfghjklqwertyuiopzxcvbnm") for _ in range(rng.randint(3, 12)))
    return rng.choice((letters, letters, "???", "...", "!!!", f"{letters} {letters[::-1]}", letters[:2] * 4, "?", "."))


def beyond(rng: Random) -> Example:
    """One prompt from outside the small world."""
    kind = rng.choices(("knowledge", "work", "advice", "foreign", "gibberish"), (10, 4, 3, 4, 2))[0]
    if kind == "foreign":
        text = rng.choice(FOREIGN)
        lead = rng.choice(("", "", "", "Bonjour! ", "Hallo! ", "Hola! "))
        return Example(f"foreign:{lead}{text}", lead + text, ENGLISH)
    if kind == "gibberish":
        text = gibberish(rng)
        return Example(f"gibberish:{text}", text, UNCLEAR)
    phrasings, answer = {
        "knowledge": (KNOWLEDGE, UNKNOWN),
        "work": (LONG_WORK, TOO_LONG),
        "advice": (ADVICE_ABOUT, ADVICE),
    }[kind]
    topic, other = rng.sample(TOPICS, 2) if rng.random() < 0.85 else rng.sample(list(CAPITALS), 2)
    question, form = phrased(rng, phrasings, x=topic, y=rng.randint(1900, 2025), z=other)
    return Example(f"beyond:{kind}:{form}:{topic}", question, answer)
