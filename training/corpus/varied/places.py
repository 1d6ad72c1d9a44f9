"""Capitals, countries and continents asked in any form, countries by any of their names."""

from random import Random

from training.corpus import fact_tables as tables
from training.corpus.example import Example
from training.corpus.language import capitalized
from training.corpus.varied.creatures import choose
from training.corpus.varied.grammar import asked

OTHER_NAMES = {
    "the United Kingdom": ("the UK", "UK", "Great Britain", "Britain", "the United Kingdom"),
    "the United States": ("the USA", "USA", "America", "the US", "the United States of America", "the United States"),
    "the Netherlands": ("Holland", "Netherlands", "the Netherlands"),
    "the Czech Republic": ("Czechia", "the Czech Republic"),
    "Ireland": ("Ireland", "Eire"),
    "Russia": ("Russia", "the Russian Federation"),
    "the Philippines": ("Philippines", "the Philippines"),
    "South Korea": ("South Korea", "Korea"),
    "China": ("China", "the People's Republic of China"),
    "Switzerland": ("Switzerland", "the Swiss"),
}


def capitals(rng: Random) -> Example:
    """The capital of a country, by any of its names."""
    country, city = choose(rng, tables.CAPITALS)
    if rng.random() < 0.15:
        country = rng.choice(list(OTHER_NAMES))
        city = tables.CAPITALS[country]
    name = rng.choice(OTHER_NAMES.get(country, (country,)))
    bare_name = name.removeprefix("the ")
    prompt = asked(
        rng,
        (f"the capital of {name}", f"{name}'s capital", f"the capital city of {name}", f"{name}'s capital city"),
        (f"name the capital of {name}", f"tell me {name}'s capital", f"name {name}'s capital"),
        (
            f"which city is the capital of {name}",
            f"{name} has which capital",
            f"what city is {name}'s capital",
            f"which city is {name}'s capital",
            f"what capital does {name} have",
            f"what is {name}'s capital called",
        ),
        (
            f"capital {bare_name}",
            f"{bare_name} capital",
            f"{bare_name}: capital?",
            f"{bare_name}, capital?",
            f"capital: {bare_name}",
            f"{bare_name} -> capital?",
            f"{bare_name}. Its capital?",
            f"capital city {bare_name}",
            f"the capital of {name} is ...",
        ),
    )
    return Example(f"capital:{country}:{prompt}", prompt, f"The capital of {country} is {city}.")


def countries(rng: Random) -> Example:
    """The country whose capital a city is."""
    country, city = rng.choice([pair for pair in tables.CAPITALS.items() if pair[1] != "London"])
    prompt = asked(
        rng,
        (f"the country whose capital is {city}", f"the country with the capital {city}"),
        (f"name the country whose capital is {city}",),
        (
            f"{city} is the capital of which country",
            f"{city} is the capital of what",
            f"{city} is capital of what country",
            f"which country has the capital {city}",
            f"which country's capital is {city}",
            f"what country has {city} as its capital",
            f"{city} is which country's capital",
            f"of which country is {city} the capital",
            f"in which country is {city}",
        ),
        (f"{city} is the capital of ...", f"{city}: capital of?", f"{city}, capital of which country"),
    )
    return Example(f"country:{city}:{prompt}", prompt, f"{city} is the capital of {country}.")


def continents(rng: Random) -> Example:
    """The continent of a country."""
    country, continent = choose(rng, tables.CONTINENTS)
    names = sorted(set(tables.CONTINENTS.values()))
    other = rng.choice([name for name in names if name != continent])
    first, second = rng.sample((continent, other), 2)
    prompt = asked(
        rng,
        (f"the continent of {country}", f"{country}'s continent"),
        (f"name the continent of {country}", f"tell me where {country} is"),
        (
            f"which continent is {country} in",
            f"on which continent is {country}",
            f"what continent is {country} on",
            f"where is {country}",
            f"on what continent do I find {country}",
            f"{country} is in which continent",
            f"is {country} in {first} or in {second}",
            f"is {country} in {first} or {second}",
            f"where can I find {country}",
            f"{country} lies on which continent",
            f"what continent does {country} belong to",
        ),
        (f"{country}: continent?", f"{country} is in ..."),
    )
    return Example(f"continent:{country}:{prompt}", prompt, capitalized(f"{country} is in {continent}."))
