#!/usr/bin/env bash
# Runs the engine's encoder and the peers' in turn (A B A B ...) on the same batches, pinned to the same cores, and prints the
# medians, our rate over each peer's, and the geometric means.
#
#   PYTHON=/tmp/venv/bin/python benches/peers/compare_encoders.sh
#   ROUNDS=5 THREADS=2 LENGTHS=64 MIXES= BATCHES=1,8 PEERS=openvino-int8 benches/peers/compare_encoders.sh
#
# PYTHON names the interpreter that has the peers (README.md beside this file). ENGINE and PEER replace the two commands; each
# takes --lengths, --batch, --threads, --seconds and prints lines "R<tab>engine<tab>lengths<tab>batch<tab>threads<tab>texts/s".
# LINES_TO keeps those lines. The machine must be idle otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

PYTHON=${PYTHON:-python3}
LENGTHS=${LENGTHS-16,32,64,128}  # these in every size of BATCHES
BATCHES=${BATCHES:-1,8,32}
MIXES=${MIXES-real,real-sorted}  # and these in batches of MIX_BATCH
MIX_BATCH=${MIX_BATCH:-32}
THREADS=${THREADS:-1}
FIRST_CORE=${FIRST_CORE:-0}
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-1}
PEERS=${PEERS:-openvino-f32,openvino-bf16,openvino-int8,onnxruntime-f32,onnxruntime-int8,torch-eager-f32,candle-bert-f32}
# The graphs are made in the first round and used again in the others.
in_python=$(tr , '\n' <<<"$PEERS" | grep -v '^candle' | paste -sd, || true)
PEER=${PEER:-${in_python:+$PYTHON benches/peers/encoders.py --graphs $scratch --engines $in_python}}
CANDLE=
if [[ ,$PEERS, == *,candle-bert-f32,* ]]; then
    candle="--quiet --release --locked --manifest-path benches/peers/candle/Cargo.toml"
    cargo build $candle
    CANDLE="cargo run $candle --"
fi
LINES_TO=${LINES_TO:-$scratch/lines}

if [ -z "${ENGINE:-}" ]; then
    ENGINE="cargo bench --quiet --locked --bench encode --"
    cargo bench --quiet --locked --bench encode --no-run  # on all cores, before anything is pinned
fi
export OMP_NUM_THREADS=$THREADS
cores=$FIRST_CORE-$((FIRST_CORE + THREADS - 1))
: >"$LINES_TO"

# Keeps the result lines of one command; a command that fails or prints none is an error.
measure() {
    local found
    found=$(taskset -c "$cores" "$@" | grep $'^R\t') || { echo "error: no result from: $*" >&2; exit 1; }
    tee -a "$LINES_TO" <<<"$found"
}

for round in $(seq "$ROUNDS"); do
    echo "round $round of $ROUNDS, cores $cores" >&2
    for side in "$ENGINE" "$PEER" "$CANDLE"; do
        [ -n "$side" ] || continue
        # Unquoted: a side is a command with its arguments.
        [ -z "$LENGTHS" ] || measure $side --lengths "$LENGTHS" --batch "$BATCHES" --threads "$THREADS" --seconds "$SECONDS_EACH"
        [ -z "$MIXES" ] || measure $side --lengths "$MIXES" --batch "$MIX_BATCH" --threads "$THREADS" --seconds "$SECONDS_EACH"
    done
done
"$PYTHON" benches/peers/ratios.py <"$LINES_TO"
