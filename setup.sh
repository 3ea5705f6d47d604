# Sourced by run.sh and test.sh: installs what is missing, then configures and builds.
# Debian 12, Ubuntu 24.04 and later: with apt-get (and sudo where not root). Elsewhere it says what to install.

HILUM_PACKAGES=(
    build-essential cmake ninja-build ccache pkg-config
    libtorch-dev libopenblas0-openmp libdnnl-dev
    libopencv-core-dev libopencv-imgproc-dev
    libdcmtk-dev libjpeg-dev libpng-dev libdeflate-dev libtiff-dev libopenjp2-7-dev libcharls-dev libwebp-dev
    libssl-dev zlib1g-dev libzip-dev libxml2-dev libcurl4-openssl-dev libseccomp-dev
    qt6-base-dev qt6-svg-dev qt6-tools-dev qt6-l10n-tools libgl-dev libqcustomplot-dev
    libexpected-dev nlohmann-json3-dev libcli11-dev
    fonts-inter
)

# What writes the tests' pictures, and peers that tests compare with; a test whose peer is absent is skipped and says so.
HILUM_TEST_PACKAGES=(
    libopencv-imgcodecs-dev python3-torch python3-torchvision python3-sklearn python3-openpyxl
    libonnx-dev libopencv-dnn-dev python3-pydicom python3-gdcm dcmtk
)
# Other versions, of other systems, format differently.
if grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then
    HILUM_TEST_PACKAGES+=(clang-format-14)
fi

hilum_missing_packages() {
    local package
    for package in "${HILUM_PACKAGES[@]}"; do
        [ -f "/var/lib/dpkg/info/$package.list" ] || ls "/var/lib/dpkg/info/$package":*.list >/dev/null 2>&1 ||
            echo "$package"
    done
}

hilum_install() {
    if ! command -v apt-get >/dev/null; then
        # Other systems: CMake says which library it misses; tell beforehand what is needed.
        command -v cmake >/dev/null && command -v ninja >/dev/null && return 0
        echo "Please install: CMake 3.25, Ninja, a C++20 compiler, Qt 6.4 (Widgets, PrintSupport, Svg, Linguist tools), QCustomPlot," >&2
        echo "LibTorch, OpenCV 4 (core, imgproc; imgcodecs for the tests), DCMTK, libdeflate, OpenJPEG, CharLS, libwebp, OpenSSL, zlib, libzip, libxml2, libcurl," >&2
        echo "nlohmann-json, CLI11 and tl-expected." >&2
        return 1
    fi
    local missing
    mapfile -t missing < <(hilum_missing_packages)
    [ "${#missing[@]}" -eq 0 ] && return 0
    echo "Installing: ${missing[*]}" >&2
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        root=(sudo)
    fi
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# hilum_build PRESET [TARGET…]: configures where that was not done yet, then builds what changed.
hilum_build() {
    local preset=$1
    shift
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >&2 || return
    cmake --build --preset "$preset" ${1:+--target "$@"} >&2
}
