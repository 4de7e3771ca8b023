"""Second reading of Anthropic's pages: `python3 anthropic.py FOLDER-OF-VENDOR-PAGES` writes `anthropic.tsv`."""

from rows import cells, limit, number, pages, tables, write

# Labels of the tables. A family's label has the mark of the footnote that says which models share the limit.
MODELS = {
    "Claude Fable 5": "claude-fable-5",
    "Claude Opus 5": "claude-opus-5",
    "Claude Sonnet 5": "claude-sonnet-5",
    "Claude Haiku 4.5": "claude-haiku-4-5",
    "Claude Haiku 3.5": "claude-3-5-haiku",
}
FAMILIES = {"Claude Opus 4.x\\*": "claude-opus-4", "Claude Sonnet 4.x\\*\\*": "claude-sonnet-4"}

MESSAGES = ["Model", "Maximum requests per minute (RPM)", "Maximum input tokens per minute (ITPM)",
            "Maximum output tokens per minute (OTPM)"]
BATCHES = ["Maximum requests per minute (RPM)", "Maximum batch requests in processing queue",
           "Maximum batch requests per batch"]


def selector(label):
    """Returns the name of a row of models, and its kind and pool."""
    label = label.split(" ([")[0]
    if label in FAMILIES:
        name = FAMILIES[label]
        return name, {"kind": "family", "pool": f"family:{name}"}
    return MODELS[label], {}


def messages(plan, rows):
    """Yields the limits of the Messages API. A `†` says that tokens read from a cache count, too."""
    for label, requests, tokens_in, tokens_out in rows:
        name, key = selector(label)
        with_reads = tokens_in.endswith("†")
        metric = "input_tokens" if with_reads else "uncached_and_written_input_tokens"
        yield limit("anthropic", name, "requests", "minute", number(requests), plan=plan, **key)
        yield limit("anthropic", name, metric, "minute", number(tokens_in.rstrip("†")), plan=plan, **key)
        yield limit("anthropic", name, "output_tokens", "minute", number(tokens_out), plan=plan, **key)


def batches(plan, rows):
    """Yields the limits of the Message Batches API, which all models share. The size of a batch is no limit."""
    ((requests, queued, _size),) = rows
    endpoint = "/v1/messages/batches"
    key = {"plan": plan, "kind": "endpoint", "pool": f"endpoint:{endpoint}"}
    yield limit("anthropic", endpoint, "requests", "minute", number(requests), **key)
    key = {"plan": plan, "kind": "any", "mode": "batch", "pool": "account"}
    yield limit("anthropic", "*", "queued_batch_requests", "-", number(queued), **key)


def rate_limits(text):
    """Yields the limits of the main page."""
    lines = text.splitlines()
    for index, header, rows in tables(lines):
        tabs = [line.split('"')[1] for line in lines[:index] if line.strip().startswith("<Tab title=")]
        if header == ["Usage tier", "Monthly spend cap"]:
            for tier, cap in rows:
                amount = number(cap.removeprefix("$").removesuffix(" USD"))
                key = {"plan": tier.lower(), "kind": "any", "pool": "account"}
                yield limit("anthropic", "*", "spend_usd", "month", amount, **key)
        elif header == MESSAGES:
            yield from messages(tabs[-1].removesuffix(" tier").lower(), rows)
        elif header == BATCHES:
            yield from batches(tabs[-1].removesuffix(" tier").lower(), rows)
        elif header == ["Operation", "Limit"]:
            for operation, cell in rows:
                name = "managed-agents-" + operation.split(" ")[0].lower()
                amount = number(cell.removesuffix(" requests per minute"))
                key = {"kind": "endpoint", "pool": f"endpoint:{name}"}
                yield limit("anthropic", name, "requests", "minute", amount, **key)
        else:
            assert header == ["Header", "Description"], header
    if "Organizations on the Custom tier have no monthly spend cap" in text:
        yield limit("anthropic", "*", "spend_usd", "month", "unlimited", plan="custom", kind="any", pool="account")


def fast_mode(text, page):
    """Yields the limits of fast mode: a pool of its own, whose numbers no page prints."""
    with_limits = [cells(line) for line in page.splitlines() if line.startswith("| `anthropic-fast-")]
    counted = {row[0].split("-fast-")[1].rsplit("-", 1)[0] for row in with_limits}
    models = text.split('with `speed: "fast"` on ')[1].split(", dedicated rate limits")[0]
    assert models == "Claude Opus 5 or Opus 4.8", models
    for name in ("claude-opus-5", "claude-opus-4-8"):
        for tokens in sorted(counted):
            metric = {"input-tokens": "input_tokens", "output-tokens": "output_tokens"}[tokens]
            yield limit("anthropic", name, metric, "minute", "elsewhere", mode="fast")


def files(text):
    """Yields the limit of the Files API, which the page calls an approximate one."""
    amount = number(text.split("limited to approximately ")[1].split(" requests per minute")[0])
    yield limit("anthropic", "files", "requests", "minute", amount, kind="endpoint", pool="endpoint:files")


def main():
    folder = pages() / "anthropic"
    read = lambda name: (folder / name).read_text(encoding="utf-8").replace("\u00a0", " ")
    main_page = read("rate-limits.md")
    rows = list(rate_limits(main_page))
    rows += fast_mode(main_page, read("fast-mode.md"))
    rows += files(read("files.md"))
    write("anthropic", rows)


if __name__ == "__main__":
    main()
