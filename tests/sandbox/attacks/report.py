"""What each attack says of each try: `held` when it failed, `ESCAPED` when it got what it wanted."""


def attempt(name, act):
    try:
        got = act()
    except BaseException as error:  # also SystemExit: an attack tries everything
        print(f"held {name}: {type(error).__name__} {error}", flush=True)
        return
    print(f"ESCAPED {name}: {got!r}"[:300], flush=True)


def must(condition, why="nothing there"):
    if not condition:
        raise RuntimeError(why)
    return condition
