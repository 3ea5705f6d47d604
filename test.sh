#!/usr/bin/env bash
# Runs all tests: ./test.sh [CTEST OPTION…], e.g. ./test.sh -L core
# Installs what is missing and builds first, warnings as errors.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=setup.sh
source ./setup.sh
hilum_install
hilum_build release -DHILUM_WERROR=ON

exec ctest --preset release "$@"
