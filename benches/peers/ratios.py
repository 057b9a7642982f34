"""Medians of result lines and what our engines are to the others: reads lines `R engine lengths batch threads texts/s`, separated
by tabs, from stdin (others are passed over) and prints Markdown tables. A cell measured in several rounds counts by its median.

    python3 benches/peers/ratios.py <rounds.txt
"""

import math
import statistics
import sys

OURS = "fenzhen"  # engines whose names begin so are ours


def read(lines):
    """Rates of every round, by cell and engine; both in the order in which they first came."""
    rounds = {}
    for number, line in enumerate(lines, 1):
        fields = line.rstrip("\n").split("\t")
        if fields[0] != "R":
            continue
        if len(fields) < 6:
            sys.exit(f"error: line {number} has {len(fields)} fields, not 6: {line.strip()}")
        _, engine, *cell, rate = fields[:6]
        rounds.setdefault(tuple(cell), {}).setdefault(engine, []).append(float(rate))
    return rounds


def table(title, head, rows):
    print(f"\n{title}\n")
    for row in [["lengths", "batch", "threads", *head], ["---"] * 3 + ["---:"] * len(head), *rows]:
        print("| " + " | ".join(row) + " |")


def main():
    rounds = read(sys.stdin)
    medians = {cell: {engine: statistics.median(rates) for engine, rates in by.items()} for cell, by in rounds.items()}
    engines = list(dict.fromkeys(engine for by in medians.values() for engine in by))
    ours = [engine for engine in engines if engine.startswith(OURS)]
    peers = [engine for engine in engines if not engine.startswith(OURS)]
    if not ours or not peers:
        sys.exit(f"error: lines of both sides are needed; ours: {ours}, peers: {peers}")

    def row(cell, values, form):
        return [*cell, *("–" if value is None else form.format(value) for value in values)]

    counts = {len(rates) for by in rounds.values() for rates in by.values()}
    title = f"Texts a second, medians (rounds: {' to '.join(map(str, sorted({min(counts), max(counts)})))})"
    table(title, engines, [row(cell, map(by.get, engines), "{:.1f}") for cell, by in medians.items()])

    for engine in ours:
        ratios = {
            cell: [by[engine] / by[peer] if engine in by and peer in by else None for peer in peers]
            for cell, by in medians.items()
        }
        rows = [row(cell, values, "{:.2f}") for cell, values in ratios.items()]
        columns = [[value for value in column if value is not None] for column in zip(*ratios.values())]
        means = [math.exp(statistics.fmean(map(math.log, column))) if column else None for column in columns]
        table(f"{engine} / peer", peers, [*rows, row(("geometric mean", "", ""), means, "{:.2f}")])
        for peer, column in zip(peers, columns):
            if len(column) < len(ratios):
                print(f"note: {engine} / {peer} has {len(column)} of {len(ratios)} cells; so has its mean", file=sys.stderr)

    spreads = {
        (cell, engine): max(rates) / min(rates) for cell, by in rounds.items() for engine, rates in by.items() if len(rates) > 1
    }
    if spreads:
        (cell, engine), worst = max(spreads.items(), key=lambda item: item[1])
        print(
            f"\nFastest round / slowest round of a cell: median {statistics.median(spreads.values()):.2f}, "
            f"worst {worst:.2f} ({engine}, {' '.join(cell)})."
        )


if __name__ == "__main__":
    main()
