#!/usr/bin/env bash
# Trains with the engine and with PyTorch in turn (A B A B ...) on the same shapes and prints the ratio of the medians.
#
#   benches/peers/compare_train.sh                       # lengths 64, 128 and the real mix; batch 16 and 32; 1 and 2 threads
#   ROUNDS=3 SECONDS_EACH=30 LENGTHS=64 BATCHES=32 THREADS=1 benches/peers/compare_train.sh
#
# PYTHON names the interpreter that has torch and transformers (README.md beside this file). ENGINE and PEER replace the two
# commands; each takes --lengths, --batch, --threads, --seconds and prints lines "R<tab>name<tab>lengths<tab>batch<tab>threads
# <tab>rows/s<tab>rows/CPU-s...". Both sides must run on the same idle machine.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHON=${PYTHON:-python3}
ENGINE=${ENGINE:-cargo bench --quiet --locked --bench train --}
PEER=${PEER:-$PYTHON benches/peers/train_torch.py --attention eager,sdpa --adamw fused}
LENGTHS=${LENGTHS:-64 128 benches/lengths-retail.txt}
BATCHES=${BATCHES:-16 32}
THREADS=${THREADS:-1 2}
ROUNDS=${ROUNDS:-2}
SECONDS_EACH=${SECONDS_EACH:-20}

lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

# Keeps the result lines of one command, with its side in front; a side that prints none is an error.
measure() {
    local side=$1 found
    shift
    found=$("$@" | grep $'^R\t') || { echo "error: no result from: $*" >&2; exit 1; }
    sed "s/^R/$side/" <<<"$found" | tee -a "$lines"
}

for lengths in $LENGTHS; do
    for batch in $BATCHES; do
        for threads in $THREADS; do
            for _ in $(seq "$ROUNDS"); do
                arguments=(--lengths "$lengths" --batch "$batch" --threads "$threads" --seconds "$SECONDS_EACH")
                measure engine $ENGINE "${arguments[@]}"
                measure peer $PEER "${arguments[@]}"
            done
        done
    done
done

echo
echo "medians; the ratio is the engine's rate over the peer's"
awk -F'\t' '
    function median(list, values, n, i, j, swap) {
        n = split(list, values, " ")
        for (i = 2; i <= n; i++) for (j = i; j > 1 && values[j] + 0 < values[j - 1] + 0; j--) {
            swap = values[j]; values[j] = values[j - 1]; values[j - 1] = swap
        }
        return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    { shape = $3 "\t" $4 "\t" $5 }
    $1 == "engine" { ours_wall[shape] = ours_wall[shape] " " $6; ours_cpu[shape] = ours_cpu[shape] " " $7 }
    $1 == "peer" { key = shape "\t" $2; wall[key] = wall[key] " " $6; cpu[key] = cpu[key] " " $7 }
    END {
        printf "%-14s %5s %7s  %-22s %10s %10s %7s %12s\n", "lengths", "batch", "threads", "peer", "engine", "peer", "ratio", "ratio by CPU"
        for (key in wall) {
            split(key, part, "\t")
            shape = part[1] "\t" part[2] "\t" part[3]
            if (!(shape in ours_wall)) { print "error: the engine printed no line for " shape > "/dev/stderr"; exit 1 }
            a = median(ours_wall[shape]); b = median(wall[key])
            printf "%-14s %5s %7s  %-22s %10.2f %10.2f %7.2f %12.2f\n", part[1], part[2], part[3], part[4], a, b, a / b, median(ours_cpu[shape]) / median(cpu[key])
        }
    }' "$lines" | { IFS= read -r head; echo "$head"; sort; }
