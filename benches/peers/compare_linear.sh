#!/usr/bin/env bash
# Runs the linear model and its peers in turn on the same words and prints the medians and our rate over each peer's.
#
#   PYTHON=/tmp/venv/bin/python benches/peers/compare_linear.sh
#   ROUNDS=5 BATCHES=1 PEERS=fasttext benches/peers/compare_linear.sh
#
# PYTHON names the interpreter that has fasttext and scikit-learn. The machine must be idle otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

PYTHON=${PYTHON:-python3}
BATCHES=${BATCHES:-1,1024}
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-2}
PEERS=${PEERS:-fasttext,sklearn}

cargo bench --quiet --locked --bench linear -- --words "$scratch"
export OMP_NUM_THREADS=1
for round in $(seq "$ROUNDS"); do
    echo "round $round of $ROUNDS" >&2
    taskset -c 0 cargo bench --quiet --locked --bench linear -- --batch "$BATCHES" --seconds "$SECONDS_EACH" | tee -a "$scratch/lines"
    taskset -c 0 "$PYTHON" benches/peers/linear.py --words "$scratch" --batch "$BATCHES" --seconds "$SECONDS_EACH" --engines "$PEERS" |
        tee -a "$scratch/lines"
done
"$PYTHON" benches/peers/ratios.py <"$scratch/lines"
