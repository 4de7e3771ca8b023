"""What the second readings share: a limit as a row, numbers as vendors write them, tables of Markdown, and the output.

The second readings are independent of the recipes and the readers: they use only the pages and plain string handling.
"""

import pathlib
import sys

COLUMNS = "provider plan deployment mode context region kind name metric window amount pool".split()

WORDS = {"unlimited", "custom", "not-offered", "elsewhere"}

UNITS = {"K": 10**3, "M": 10**6, "B": 10**9}


def number(text):
    """Returns `1,200`, `14.4K`, `1.5B` or `5 M` as an integer."""
    digits = text.replace(",", "").replace(" ", "")
    unit = UNITS.get(digits[-1:].upper(), 1)
    if unit > 1:
        digits = digits[:-1]
    whole, _, fraction = digits.partition(".")
    if not (whole + fraction).isdecimal() or not whole:
        raise ValueError(f"expected a number, found {text!r}")
    scaled = int(whole + fraction) * unit
    if scaled % 10 ** len(fraction):
        raise ValueError(f"expected a whole number, found {text!r}")
    return scaled // 10 ** len(fraction)


def limit(provider, name, metric, window, amount, **key):
    """Returns a row. What `key` does not set is `-`; the default kind is `model`, the default pool is `model`."""
    row = {column: "-" for column in COLUMNS}
    row.update(provider=provider, name=name, metric=metric, window=window, kind="model", pool="model")
    row.update(key)
    if amount not in WORDS and not isinstance(amount, int) and not str(amount).replace("-", "").isdecimal():
        raise ValueError(f"expected an amount, found {amount!r}")
    row["amount"] = str(amount)
    return [row[column] for column in COLUMNS]


def cells(line):
    """Returns the cells of a row of a Markdown table, or None."""
    line = line.strip()
    if not line.startswith("|") or not line.endswith("|"):
        return None
    return [cell.strip() for cell in line[1:-1].split("|")]


def tables(lines):
    """Yields (index of the header, header, rows) of every Markdown table that has a rule below its header."""
    index = 0
    while index + 1 < len(lines):
        header, rule = cells(lines[index]), cells(lines[index + 1])
        if header and rule and all(cell and not cell.strip(":-") for cell in rule):
            rows, end = [], index + 2
            while end < len(lines) and cells(lines[end]):
                rows.append(cells(lines[end]))
                end += 1
            yield index, header, rows
            index = end
        else:
            index += 1


def pages():
    """Returns the folder of the vendors' pages: the program's first argument."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {pathlib.Path(sys.argv[0]).name} FOLDER-OF-VENDOR-PAGES")
    return pathlib.Path(sys.argv[1])


def write(provider, rows):
    """Writes the rows, sorted, to the provider's file beside this program. Two amounts of one key are an error."""
    keys = {}
    for row in rows:
        key = tuple(row[: COLUMNS.index("amount")])
        if keys.setdefault(key, row) is not row:
            raise ValueError(f"two limits of one key: {key}")
    lines = ["\t".join(row) for row in sorted(rows)]
    path = pathlib.Path(__file__).with_name(f"{provider}.tsv")
    path.write_text("\t".join(COLUMNS) + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(lines)} limits")
