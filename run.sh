#!/usr/bin/env bash
# Opens Hilum: with the demo films, or with the files and folders given as arguments.
# Installs what is missing and builds first. Without a display it reads the films on the command line:
# a table on the terminal, and report.html.
set -euo pipefail

caller=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=setup.sh
source ./setup.sh
hilum_install
hilum_build release hilum hilum-cli

arguments=()
for argument in "$@"; do
    # Paths are the caller's; options pass as they are.
    case $argument in
        -* | /*) arguments+=("$argument") ;;
        *) arguments+=("$caller/$argument") ;;
    esac
done

demo=build/demo
if [ ${#arguments[@]} -eq 0 ]; then
    if [ ! -e "$demo/complete" ]; then
        build/release/bin/hilum-cli phantom --out "$demo" --count 2 --seed 5001 --size 1024 --format dicom --masks >&2
        touch "$demo/complete"
    fi
    arguments=("$demo/films" --model resources/models/phantom.safetensors)
fi

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname)" = Darwin ]; then
    exec build/release/bin/hilum "${arguments[@]}"
fi
exec build/release/bin/hilum-cli predict "${arguments[@]}" --report "$caller/report.html"
