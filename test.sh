#!/usr/bin/env bash
# Runs all tests but those that take an hour: ./test.sh [CTEST OPTION…], e.g. ./test.sh -L core
# Those: ctest --preset release -L long. Installs what is missing and builds first.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=setup.sh
source ./setup.sh
HILUM_PACKAGES+=("${HILUM_TEST_PACKAGES[@]}")
hilum_install
cmake --preset release >&2 # finds what has just been installed
hilum_build release

exec ctest --preset release -LE long "$@"
