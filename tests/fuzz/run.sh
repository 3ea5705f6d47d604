#!/usr/bin/env bash
# Runs fuzz targets one after the other: tests/fuzz/run.sh SECONDS [TARGET…], all by default.
# Needs `cmake --preset fuzz && cmake --build --preset fuzz`. Inputs grow in build/fuzz/corpus, what fails is kept
# in build/fuzz/findings. Limits as for films: 5 s and 512 MB (plus what AddressSanitizer takes) an input.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../../build/fuzz"
seconds=$1
shift
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
    mapfile -t targets < <(find fuzz -maxdepth 1 -name 'Fuzz*' -type f -executable -printf '%f\n' | sort)
fi
fuzz/fuzz-seeds corpus/seeds
mkdir -p findings
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "corpus/seeds/$target"
    echo "== $target"
    nice -n 10 "fuzz/$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="findings/$target-" "corpus/$target" "corpus/seeds/$target" 2>&1 |
        grep -E '^stat::number_of_executed_units|^stat::peak_rss|ERROR|SUMMARY|ALARM|Test unit' || true
done
