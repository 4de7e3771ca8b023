"""Second reading of OpenAI's pages: `python3 openai.py FOLDER-OF-VENDOR-PAGES` writes `openai.tsv`."""

from rows import limit, number, pages, tables, write

# A superseded copy of a page that the folder also has in a newer edition.
SUPERSEDED = {"form_gpt-4.1-mini_firecrawl_2025.md"}

COLUMNS = {
    "RPM": ("requests", "minute"),
    "RPD": ("requests", "day"),
    "TPM": ("tokens", "minute"),
    "IPM": ("images", "minute"),
    "Minutes-of-audio per minute": ("audio_minutes", "minute"),
    "Batch queue limit": ("queued_batch_tokens", "-"),
}


def plan(label):
    """Returns the plan of `Tier 1`, `free`, `Free` or `Tier free`."""
    word = label.lower().removeprefix("tier ")
    if word == "free":
        return "free"
    if word in "12345" and len(word) == 1:
        return f"tier-{word}"
    raise ValueError(f"expected a tier, found {label!r}")


def tier_rows(name, context, header, rows):
    """Yields the limits of a table with one tier a row."""
    for row in rows:
        tier = plan(row[0])
        offered = row[1:] != ["Not supported"]
        for column, cell in zip(header[1:], row[1:] if offered else ["not-offered"] * len(header[1:])):
            if cell == "-":
                continue
            metric, window = COLUMNS[column]
            if cell.endswith(" img/min"):
                metric, window, cell = "images", "minute", cell.removesuffix(" img/min")
            mode = "batch" if metric == "queued_batch_tokens" else "-"
            amount = cell if cell == "not-offered" else number(cell)
            yield limit("openai", name, metric, window, amount, plan=tier, mode=mode, context=context)


def model_page(text):
    """Yields the limits of one model's page."""
    lines = text.splitlines()
    ids = [line.split("`")[1] for line in lines if line.startswith("Model ID: `")]
    if ids:
        name = ids[0]
    else:
        # Two pages were copied without their head. The first of the snapshots is the model's own id.
        after = lines[[line.strip() for line in lines].index("Snapshots") + 2 :]
        name = next(line for line in after if line and " " not in line and not line.startswith("!"))
    start = next(i for i, line in enumerate(lines) if line.strip("# ") == "Rate limits")
    lines = lines[start:]
    for index, header, rows in tables(lines):
        above = [line for line in lines[:index] if line.strip()]
        context = "-"
        if above[-1].startswith("> ") and above[-1].endswith(" input tokens"):
            assert above[-2] == "### Long Context", above[-2]
            size = above[-1].removeprefix("> ").removesuffix(" input tokens").lower()
            context = f"above-{size}-input"
        else:
            assert above[-1] in ("### default", "### Standard") or not above[-1].startswith("#"), above[-1]
        yield from tier_rows(name, context, header, rows)
    if not any(True for _ in tables(lines)):
        rows = [line.split("\t") for line in lines if "\t" in line]
        yield from tier_rows(name, "-", rows[0], rows[1:])


def compare_page(text):
    """Yields the tokens per minute that the page of comparisons prints for models: a title, then one value a line."""
    lines = [line for line in text.splitlines() if line.strip()]
    for start, line in enumerate(lines):
        if line != "Rate Limits":
            continue
        assert lines[start + 1] == "TPM"
        titles = [i for i in range(start) if lines[i].startswith("GPT-") and lines[i + 2].startswith("Learn more")]
        name = lines[titles[-1]].lower().replace(" ", "-")
        pairs = lines[start + 2 : start + 14]
        for tier, amount in zip(pairs[::2], pairs[1::2]):
            if amount != "-":
                yield limit("openai", name, "tokens", "minute", number(amount), plan=plan(tier))


def usage_limits(text):
    """Yields the spend of a month by tier, and the limit of the vector stores."""
    for _, header, rows in tables(text.splitlines()):
        if header == ["Tier", "Qualification", "Usage limits"]:
            for tier, _, spend in rows:
                amount = number(spend.removeprefix("$").removesuffix(" / month"))
                key = {"plan": plan(tier), "kind": "any", "pool": "account"}
                yield limit("openai", "*", "spend_usd", "month", amount, **key)
    before, _, after = text.partition("share a limit of ")
    amount = number(after.split(" requests per minute for each vector store")[0])
    sentence = before.splitlines()[-1]
    for path in sentence.split("`")[1:4:2]:
        key = {"kind": "endpoint", "pool": "vector-store-files"}
        yield limit("openai", f"POST /v1{path}", "requests", "minute", amount, **key)


def tool_page(text, tool):
    """Yields the limits of a tool's usage notes: one for the organization, or `**Tier 2 and 3** 500 RPM`."""
    table = [rows for _, header, rows in tables(text.splitlines()) if header[1:2] == ["Rate limits"]]
    cell = table[0][0][1]
    key = {"kind": "task", "pool": f"task:{tool}"}
    if cell.endswith(" RPM per org"):
        yield limit("openai", tool, "requests", "minute", number(cell.split(" ")[0]), **key)
        return
    parts = cell.split("**")[1:]
    for tiers, amount in zip(parts[::2], parts[1::2]):
        for tier in tiers.removeprefix("Tier ").split(" and "):
            amount_of_tier = number(amount.strip().removesuffix(" RPM"))
            yield limit("openai", tool, "requests", "minute", amount_of_tier, plan=plan(f"Tier {tier}"), **key)


def batch_page(text):
    """Yields the number of batches that an organization creates."""
    amount = number(text.split("You can create up to ")[1].split(" batches per hour")[0])
    key = {"kind": "endpoint", "pool": "endpoint:POST /v1/batches"}
    yield limit("openai", "POST /v1/batches", "requests", "hour", amount, **key)


def main():
    folder = pages() / "openai"
    # Some of the pages separate words by no-break spaces.
    read = lambda name: (folder / name).read_text(encoding="utf-8").replace("\u00a0", " ")
    rows = []
    for path in sorted(folder.iterdir()):
        name = path.name
        if name.startswith("guide-") or name in SUPERSEDED or name in ("policy-notes.md", "models-compare.md"):
            continue
        found = list(model_page(read(name)))
        assert found, name
        rows += found
    rows += compare_page(read("models-compare.md"))
    rows += usage_limits(read("guide-rate-limits.md"))
    rows += batch_page(read("guide-batch.md"))
    rows += tool_page(read("guide-tools-file-search.md"), "file-search")
    rows += tool_page(read("guide-tools-connectors-mcp.md"), "mcp")
    rows += tool_page(read("guide-tools-code-interpreter.md"), "code-interpreter")
    write("openai", rows)


if __name__ == "__main__":
    main()
