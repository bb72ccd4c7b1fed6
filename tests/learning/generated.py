"""Messages with types, made of the phrases of each: much is shared, some is mislabelled."""

import random

PHRASES = {
    "delivery": ("where is my parcel", "the courier never came", "tracking says delivered"),
    "refund": ("i want my money back", "the refund has not arrived", "please return the amount"),
    "login": ("i cannot log in", "the password is not accepted", "my account is locked"),
}
SHARES = (0.6, 0.25, 0.15)
SHARED = (
    "hello",
    "good morning",
    "please help",
    "my order",
    "since monday",
    "thank you",
    "regards",
)
WRONG = 0.1


def generated(number: int, seed: int = 7) -> list[tuple[str, str]]:
    """So many messages and their types, of which a tenth is a wrong one."""
    chance = random.Random(seed)
    names = list(PHRASES)
    made = []
    for name in chance.choices(names, SHARES, k=number):
        said = [chance.choice(PHRASES[name]), *chance.choices(SHARED, k=3)]
        chance.shuffle(said)
        shown = chance.choice(names) if chance.random() < WRONG else name
        made.append((", ".join(said), shown))
    return made
