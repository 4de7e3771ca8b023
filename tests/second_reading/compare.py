"""Compares the second readings with the catalog: `python3 compare.py [LIST]`.

LIST is the output of `ratebook list --json`. Without it, the program runs `cargo run -p ratebook-cli -- list --json`. It prints
every difference, and exits with 1 if there is one. Names are compared without case and punctuation, everything else exactly.
"""

import json
import pathlib
import subprocess
import sys

from rows import COLUMNS

HERE = pathlib.Path(__file__).parent
KEY = [column for column in COLUMNS if column not in ("amount", "pool")]


def fold(name):
    """Returns a name in lowercase, with a dash for each character that is neither a letter nor a digit."""
    return "".join(c if c.isalnum() else "-" for c in name.lower()) if name != "*" else name


def key_of(row):
    """Returns the key of a row, with its name folded."""
    return tuple(fold(row[column]) if column == "name" else row[column] for column in KEY)


def second_reading(path):
    """Returns the (amount, pool) of each key of a second reading."""
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == COLUMNS, header
    rows = [dict(zip(COLUMNS, line.split("\t"))) for line in lines]
    return {key_of(row): (row["amount"], row["pool"]) for row in rows}


def catalog(text, provider):
    """Returns the (amount, pool) of each key of a provider's limits in the list, which names the model of a pool."""
    found = {}
    for line in text.splitlines():
        item = json.loads(line)
        if item["provider"] != provider or item["alias_of"]:
            continue
        item["window"] = item["per"]
        item["pool"] = item["pool"].replace(f"model:{item['name']}", "model")
        row = {column: "-" if item[column] is None else str(item[column]) for column in COLUMNS}
        found[key_of(row)] = (row["amount"], row["pool"])
    return found


def shown(key):
    """Returns the set parts of a key as text."""
    return " ".join(part for part in key if part != "-")


def compare(provider, ours, theirs):
    """Prints the differences of one provider and returns their number."""
    differences = []
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in theirs:
            differences.append(f"only in the second reading: {shown(key)} {ours[key][0]}")
        elif key not in ours:
            differences.append(f"only in the catalog: {shown(key)} {theirs[key][0]}")
        elif ours[key][0] != theirs[key][0]:
            differences.append(f"amount: {shown(key)}: second reading {ours[key][0]}, catalog {theirs[key][0]}")
        elif ours[key][1] != theirs[key][1]:
            differences.append(f"pool: {shown(key)}: second reading {ours[key][1]}, catalog {theirs[key][1]}")
    print("\n".join(differences + [f"{provider}: {len(ours)} limits read, {len(differences)} differences"]))
    return len(differences)


def main():
    if len(sys.argv) > 2:
        sys.exit("usage: compare.py [OUTPUT OF `ratebook list --json`]")
    if len(sys.argv) == 2:
        text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    else:
        command = ["cargo", "run", "-q", "-p", "ratebook-cli", "--", "list", "--json"]
        text = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE).stdout
    readings = sorted(HERE.glob("*.tsv"))
    counts = [compare(path.stem, second_reading(path), catalog(text, path.stem)) for path in readings]
    sys.exit(1 if any(counts) else 0)


if __name__ == "__main__":
    main()
