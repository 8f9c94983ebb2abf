"""How many of something, in a sentence."""


def counted(number: int, one: str, many: str = "") -> str:
    """``1 picture``, ``1,200 pictures``; ``many`` where it is not ``one`` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
