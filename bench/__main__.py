"""``python -m bench``: the numbers we promise."""

from bench import sizes

if __name__ == "__main__":
    print(sizes.report())
