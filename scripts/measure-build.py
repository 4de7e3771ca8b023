#!/usr/bin/env python3
"""Measures the build cost of Ratebook, and prints it as one table.

1. An overlay of 100,000 generated entries: seconds of the whole build of `ratebook` with its generator, and seconds and
   peak memory of rustc on `ratebook` alone.
2. Clean builds of an empty program without dependencies, with `ratebook`, with its feature `overlay` (whose build script
   compiles the generator and runs it on the shipped catalog), and with `phf` and its macros.
3. Clean builds of a program with tokio and serde's derive, with `ratebook` and without: CPU seconds.

All crates are built like crates of a registry: ours are packaged from the working tree, the others are vendored. (Path
dependencies take 50 % longer, because cargo compiles them incrementally.)

Usage: scripts/measure-build.py [--entries 100000] [--runs 5] [--check] [--write-catalog DIR]
With --check, the exit code is 1 if a figure is above its budget. Compare only figures of the same run.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAVY = 'tokio = { version = "1", features = ["full"] }\nserde = { version = "1", features = ["derive"] }\n'
PHF = 'phf = { version = "0.14", features = ["macros"] }\n'
OURS = ["ratebook-catalog", "ratebook-source", "ratebook-codegen", "ratebook"]
COLUMNS = "region plan kind name aliases metric per amount calls pool bound evidence alternative ramp retired_on changed"


def synthetic_catalog(folder: pathlib.Path, entries: int) -> None:
    """Writes a provider with `entries` models of about 40 characters, two limits each."""
    provider = folder / "synthetic"
    provider.mkdir(parents=True)
    lines = ["@provider\tsynthetic", "@read\t2026-01-01", "\t".join(COLUMNS.split())]
    names = sorted(f"vendor-{i % 97:02}/family-{i % 1009:04}-instruct-{i:06}-2026" for i in range(entries))
    for i, name in enumerate(names):
        for metric, amount in (("requests", 60 + i % 5000), ("tokens", 100_000 + i * 7)):
            lines.append(f"-\t-\tmodel\t{name}\t-\t{metric}\tminute\t{amount}\tall\tmodel\thard\tstated\t-\t-\t-\t2026-01-01")
    (provider / "limits.tsv").write_text("\n".join(lines) + "\n")


WRAPPER = """#!/usr/bin/env python3
import resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.run(sys.argv[1:]).returncode
if "--crate-name" in sys.argv:
    name = sys.argv[sys.argv.index("--crate-name") + 1]
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open({log!r}, "a") as log:
        log.write(f"{{name}} {{time.monotonic() - begin:.3f}} {{usage.ru_maxrss / 1024:.0f}}\\n")
sys.exit(code)
"""


def build(project: pathlib.Path, env: dict | None = None) -> dict:
    """Builds a project from scratch. Returns wall and CPU seconds, and the number of units that cargo ran."""
    shutil.rmtree(project / "target", ignore_errors=True)
    # Only variables of the caller affect the build.
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("CARGO_TARGET", "RATEBOOK", "RUSTFLAGS"))}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run = subprocess.run(
        ["cargo", "build", "--quiet", "--message-format=json"],
        cwd=project, env={**clean, **(env or {})}, stdout=subprocess.PIPE, text=True, check=True,
    )
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    reasons = [json.loads(line)["reason"] for line in run.stdout.splitlines()]
    units = sum(reason in ("compiler-artifact", "build-script-executed") for reason in reasons)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": wall, "cpu": cpu, "units": units}


def least_of(runs: list[dict]) -> dict:
    """Returns the minimum over rounds: other load only adds to a build, so the minimum varies least."""
    return {key: min(run[key] for run in runs) for key in runs[0]}


def program(folder: pathlib.Path, name: str, dependencies: str, main: str) -> pathlib.Path:
    project = folder / name
    (project / "src").mkdir(parents=True)
    (project / "Cargo.toml").write_text(
        f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n{dependencies}\n[workspace]\n'
    )
    (project / "src/main.rs").write_text(main)
    return project


def vendor(folder: pathlib.Path) -> None:
    """Prepares `folder` so that its projects build from a directory of crates: vendored peers and our packages."""
    crates = folder / "vendored"
    peers = program(folder, "peers", HEAVY + PHF, "fn main() {}\n")
    subprocess.run(["cargo", "vendor", "--quiet", str(crates)], cwd=peers, check=True, stdout=subprocess.DEVNULL)
    names = [part for name in OURS for part in ("--package", name)]
    subprocess.run(
        ["cargo", "package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir", str(folder / "packages"), *names],
        cwd=ROOT, check=True,
    )
    for archive in (folder / "packages/package").glob("*.crate"):
        with tarfile.open(archive) as packed:
            packed.extractall(crates, filter="data")
        (crates / archive.stem / ".cargo-checksum.json").write_text('{"files":{}}')
    (folder / ".cargo").mkdir()
    (folder / ".cargo/config.toml").write_text(
        f'[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "{crates}"\n'
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write-catalog", type=pathlib.Path, metavar="DIR", help="write the generated catalog to DIR, and measure nothing")
    args = parser.parse_args()
    if args.write_catalog:
        synthetic_catalog(args.write_catalog, args.entries)
        return 0
    ratebook = 'ratebook = "*"\n'
    overlaid = 'ratebook = { version = "*", features = ["overlay"] }\n'
    uses_ratebook = 'fn main() { println!("{}", ratebook::CATALOG_VERSION); }\n'
    empty = "fn main() {}\n"
    budgets = []

    def budget(what: str, figure: float, most: float, unit: str) -> None:
        budgets.append((what, figure, most, unit))

    with tempfile.TemporaryDirectory() as folder_name:
        folder = pathlib.Path(folder_name)
        vendor(folder)
        overlay = folder / "overlay"
        synthetic_catalog(overlay, args.entries)
        log = folder / "rustc.log"
        wrapper = folder / "rustc-wrapper.py"
        wrapper.write_text(WRAPPER.format(log=str(log)))
        wrapper.chmod(0o755)

        large = program(folder, "large", overlaid, uses_ratebook)
        runs = []
        for _ in range(args.runs):
            log.unlink(missing_ok=True)
            runs.append(build(large, {"RATEBOOK_OVERLAY": str(overlay), "RUSTC_WRAPPER": str(wrapper)}))
            for line in log.read_text().splitlines():
                name, seconds, mib = line.split()
                if name == "ratebook":
                    runs[-1] |= {"rustc": float(seconds), "mib": float(mib)}
        large_build = least_of(runs)

        projects = {
            "nothing": program(folder, "nothing", "", empty),
            "ratebook": program(folder, "with-ratebook", ratebook, uses_ratebook),
            "ratebook, overlay": program(folder, "with-overlay", overlaid, uses_ratebook),
            "phf macros": program(folder, "with-phf", PHF, empty),
            "tokio + serde": program(folder, "heavy", HEAVY, empty),
            "tokio + serde + ratebook": program(folder, "heavy-ratebook", HEAVY + ratebook, uses_ratebook),
        }
        # Rounds interleave the projects, forwards and backwards, so that noise affects all of them.
        rounds = []
        for number in range(args.runs):
            order = list(projects) if number % 2 == 0 else list(reversed(projects))
            rounds.append({name: build(projects[name]) for name in order})
        builds = {name: least_of([one[name] for one in rounds]) for name in projects}

    print(f"Least of {args.runs} clean builds (cargo build, dev profile)\n")
    print(f"{'an empty program with':28} {'seconds':>8} {'CPU s':>7} {'units':>6}")
    for name, figures in builds.items():
        print(f"{name:28} {figures['seconds']:8.2f} {figures['cpu']:7.2f} {figures['units']:6.0f}")
    print(
        f"{'ratebook, ' + format(args.entries, ',') + ' entries':28} {large_build['seconds']:8.2f} "
        f"{large_build['cpu']:7.2f} {large_build['units']:6.0f}   rustc on ratebook: "
        f"{large_build['rustc']:.2f} s, peak {large_build['mib']:.0f} MiB"
    )
    heavier = builds["tokio + serde + ratebook"]["cpu"] / builds["tokio + serde"]["cpu"] - 1
    budget("units of a dependent's clean build", builds["ratebook"]["units"], 16, "")
    budget("its units with an overlay", builds["ratebook, overlay"]["units"], 16, "")
    budget("its time, as a share of phf with macros", 100 * builds["ratebook"]["seconds"] / builds["phf macros"]["seconds"], 75, "%")
    overlaid_share = 100 * builds["ratebook, overlay"]["seconds"] / builds["phf macros"]["seconds"]
    budget("its time with an overlay, as a share of it", overlaid_share, 75, "%")
    budget("more CPU beside tokio and serde", 100 * heavier, 10, "%")
    budget("large catalog, whole build", large_build["seconds"], 3, "s")
    budget("large catalog, rustc's peak memory", large_build["mib"], 300, "MiB")
    print(f"\n{'budget':42} {'measured':>10} {'at most':>9}")
    over = False
    for what, figure, most, unit in budgets:
        over |= figure > most
        print(f"{what:42} {figure:10.1f} {most:9} {unit} {'OVER' if figure > most else 'ok'}")
    return 1 if over and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
