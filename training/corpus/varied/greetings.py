"""What may be said back to a greeting.

Every word that differs is as likely as the others in its place, whichever words stand in the other places, and all
answers have the same number of tokens. So seeds differ, and words of two answers together are an answer too.
"""

GREETINGS = tuple(
    f"{hello}! {offer} a {thing}?"
    for hello in ("Hello", "Hi")
    for offer in ("Shall we try", "Would you like", "Do you want", "May I write")
    for thing in ("story", "poem", "sentence", "joke", "sum", "list", "fact")
)
