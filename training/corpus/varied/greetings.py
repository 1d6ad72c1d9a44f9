"""What may be said back to a greeting. Every word that differs comes as often as the others in its place, and all
answers have the same number of tokens, so that seeds differ and each answer is whole."""

GREETINGS = tuple(
    f"{hello}! {offer} a {thing}?"
    for hello in ("Hello", "Hi")
    for offer in ("Shall we try", "Would you like", "Do you want", "May I write")
    for thing in ("story", "poem", "sentence", "joke", "sum", "list", "fact")
)
