"""Second reading of Azure's pages: `python3 azure.py FOLDER-OF-VENDOR-PAGES` writes `azure.tsv`."""

from rows import limit, number, pages, tables, write

DEPLOYMENTS = {
    "GlobalStandard": "global-standard",
    "DataZoneStandard": "data-zone-standard",
    "Standard": "standard",
}

# Each region has the limits for itself, by the page's section on regional quota.
EACH_REGION = "model@region"

# Rows of the table of quotas and limits that limit calls, or what a subscription keeps. All other rows count
# objects of one resource, or sizes of one call.
REFERENCE = {
    "Default DALL-E 2 quota limits": ("dall-e-2", "concurrent_requests", "-", " concurrent requests.", {}),
    "Default DALL-E 3 quota limits": ("dall-e-3", "requests", "minute", " requests per minute", {}),
    "Default GPT-image-1 quota limits": ("gpt-image-1", "requests", "minute", " requests per minute", {}),
    "Default GPT-image-1-mini quota limits": ("gpt-image-1-mini", "requests", "minute", " requests per minute", {}),
    "Default GPT-image-1.5 quota limits": ("gpt-image-1.5", "requests", "minute", " requests per minute", {}),
    "Default Sora quota limits": ("sora", "requests", "minute", " requests per minute.", {}),
    "Default Sora 2 quota limits": ("sora-2", "tasks", "minute", " job requests<sup>1</sup> per minute", {}),
    "Default speech-to-text audio API quota limits": (
        "speech-to-text", "requests", "minute", " requests per minute.",
        {"kind": "task", "pool": "task:speech-to-text@region"},
    ),
    "Maximum file upload requests per resource": (
        "file-upload", "requests", "second", " requests per second.",
        {"kind": "endpoint", "pool": "endpoint:file-upload@region"},
    ),
    "Azure OpenAI resources per region, per Azure subscription": (
        "azure-openai-resource", "entities", "-", ".", {"kind": "resource", "pool": "account@region"},
    ),
}

BATCH_PLANS = {
    "Enterprise and MCA-E": "enterprise",
    "Default": "default",
    "Monthly credit card-based subscriptions": "credit-card",
    "MSDN subscriptions": "msdn",
    "Azure for Students, free trials": "student",
}


def tier(text):
    """Yields the limits of one tier's file."""
    lines = text.splitlines()
    headings = [line for line in lines if line.startswith("### ")]
    plan = headings[0].removeprefix("### ").lower().replace(" ", "-")
    plan = "free" if plan == "free-tier" else plan
    rows = [row for _, header, rows in tables(lines) if header[0] == "Model Name" for row in rows]
    # A model that two footnotes list twice: the stricter amount of both rows.
    strictest = {}
    for model, deployment, requests, tokens in rows:
        name = model.split("<sup>")[0]
        requests, _, window = requests.partition(" / ")
        key = (name, DEPLOYMENTS[deployment], "requests", window or "minute")
        cells = [(key, requests), ((name, DEPLOYMENTS[deployment], "tokens", "minute"), tokens)]
        for key, cell in cells:
            if cell != "-":
                assert key not in strictest or "<sup>" in model, key
                strictest[key] = min(strictest.get(key, number(cell)), number(cell))
    for (name, deployment, metric, window), amount in strictest.items():
        yield limit("azure", name, metric, window, amount, plan=plan, deployment=deployment, pool=EACH_REGION)


def quotas_and_limits(text):
    """Yields the limits of the main page."""
    for _, header, rows in tables(text.splitlines()):
        if header == ["Limit name", "Limit value"]:
            unseen = set(REFERENCE)
            for label, value in rows:
                if label in REFERENCE:
                    name, metric, window, unit, key = REFERENCE[label]
                    assert value.endswith(unit), value
                    amount = number(value.removesuffix(unit))
                    yield limit("azure", name, metric, window, amount, **{"pool": EACH_REGION, **key})
                    unseen.remove(label)
            assert not unseen, unseen
        elif header[0] == "Model" and header[1] == "Deployment Type":
            for row in rows:
                deployment = DEPLOYMENTS[row[1]]
                name = row[0].split("`")[1]
                for column, cell in zip(header[2:], row[2:]):
                    label, _, unit = column.rpartition(" ")
                    metric = {"RPM": "requests", "TPM": "tokens"}[unit]
                    key = {"plan": BATCH_PLANS[label], "deployment": deployment, "pool": EACH_REGION}
                    yield limit("azure", name, metric, "minute", number(cell), **key)
        elif header[0] == "Model" and header[1] == "Tokens per minute (TPM)":
            for model, tokens, requests in rows:
                name = model.strip("`")
                yield limit("azure", name, "tokens", "minute", number(tokens), pool=EACH_REGION)
                yield limit("azure", name, "requests", "minute", number(requests), pool=EACH_REGION)
        elif header == ["Model", "Usage tiers per month"]:
            for label, cell in rows:
                amount = number(cell.removesuffix(" billion tokens")) * 10**9
                names = label.split("`")[1::2]
                pool = "model" if len(names) == 1 else "+".join(names)
                for name in names:
                    yield limit("azure", name, "tokens", "month", amount, pool=pool)
        else:
            raise ValueError(f"unknown table {header}")


def batches(text):
    """Yields the tokens that batch jobs may have queued, by kind of subscription."""
    lines = text.splitlines()
    for index, header, rows in tables(lines):
        if header[0] != "Model":
            continue
        heading = [line for line in lines[:index] if line.startswith("### ")][-1]
        deployment = heading.removeprefix("### ").lower().replace(" ", "-")
        for row in rows:
            name = row[0].strip("`").replace(" ", "-")
            for column, cell in zip(header[1:], row[1:]):
                amount = "not-offered" if cell == "N/A" else number(cell)
                key = {"plan": BATCH_PLANS[column], "deployment": deployment, "mode": "batch"}
                yield limit("azure", name, "queued_batch_tokens", "-", amount, **key)


def foundry(text):
    """Yields the limits of the models of other makers. A cell may name several models."""
    for _, header, rows in tables(text.splitlines()):
        if header[0] == "Models":
            for who, tokens, requests, concurrent in rows:
                for label in who.split("<br />"):
                    yield from foundry_model(label.strip().removeprefix("-").strip(), tokens, requests, concurrent)
        elif header == ["Limit name", "Limit value"]:
            for label, value in rows:
                if label == "Foundry resources per region per Azure subscription":
                    key = {"kind": "resource", "pool": "account@region"}
                    yield limit("azure", "foundry-resource", "entities", "-", number(value), **key)


def foundry_model(label, tokens, requests, concurrent):
    """Yields the limits of one label of the table of other makers' models."""
    key = {"pool": EACH_REGION}
    name = label
    if label == "Rest of models":
        name, key = "*", {"pool": EACH_REGION, "kind": "rest"}
    if tokens != "not applicable":
        yield limit("azure", name, "tokens", "minute", number(tokens), **key)
        yield limit("azure", name, "concurrent_requests", "-", number(concurrent), **key)
    if "capacity units" in requests:
        amount = number(requests.split("(")[1].removesuffix(" requests per minute)"))
        yield limit("azure", name, "requests", "minute", amount, **key)
    elif "Default" in requests:
        for part in requests.split("<br>"):
            level, amount = part.strip(" -").split(": ")
            plan = level.split("(")[1].rstrip(")").lower() if "(" in level else level.lower()
            yield limit("azure", name, "requests", "minute", number(amount), plan=plan, **key)
    else:
        yield limit("azure", name, "requests", "minute", number(requests), **key)


def main():
    folder = pages() / "azure"
    read = lambda name: (folder / name).read_text(encoding="utf-8").replace("\u00a0", " ")
    rows = []
    for name in ("free", "1", "2", "3", "4", "5", "6"):
        rows += tier(read(f"quota-tier-{name}.md"))
    rows += quotas_and_limits(read("quotas-limits.md"))
    rows += batches(read("global-batch-limits.md"))
    rows += foundry(read("foundry-models-quotas-limits.md"))
    write("azure", rows)


if __name__ == "__main__":
    main()
