"""What may be said back to a greeting.

The greeting, the offer and the thing are drawn each by itself, and all answers have the same number of tokens. So seeds
differ, and the offer of one answer with the thing of another is an answer too.
"""

GREETINGS = tuple(
    f"{hello}! {offer} a {thing}?"
    for hello in ("Hello", "Hi")
    for offer in ("Shall we try", "Would you like", "Do you want", "May I write")
    for thing in ("story", "poem", "sentence", "joke", "sum", "list", "fact")
)
