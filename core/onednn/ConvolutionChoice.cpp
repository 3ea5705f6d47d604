#include "core/onednn/ConvolutionChoice.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>

#include "core/kernels/PointwiseProducts.h"
#include "core/onednn/Kernels.h"
#include "core/onednn/MemoryPool.h"
#include "core/onednn/OpenMpThreads.h"
#include "core/onednn/PackedWeights.h"

#include <omp.h>
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>
#define HILUM_X86 1
#endif

namespace hilum {
namespace {

// Every way is timed until these are spent for the shape; the median of its runs counts.
constexpr std::size_t kFewestTimings = 3, kMostTimings = 24;
constexpr std::chrono::milliseconds kTimingBudget{300};
// In a whole network a convolution's weights are no longer in the caches when its turn comes, and Winograd's
// are up to four times as large. So every run takes others, until so many bytes of them are there. (To flush
// one and the same weights from the caches slows what follows down by more than fetching them does.)
constexpr std::size_t kWeightBytes = std::size_t{32} << 20;
// Counts up when our kernels or their memory change, so that what was measured is measured again.
constexpr int kKernelsVersion = 8;
using Clock = std::chrono::steady_clock;

std::string dimsText(const dnnl::memory::dims& dims) {
    std::string text;
    for (const dnnl::memory::dim side : dims)
        text += (text.empty() ? "" : "x") + std::to_string(side);
    return text;
}

bool isNarrow(const dnnl::memory::desc& desc) { return typeOf(desc) == dnnl::memory::data_type::bf16; }

std::string activationText(const op::Activation* activation) {
    if (activation == nullptr)
        return {};
    switch (activation->curve) {
    case op::Curve::Gelu:
        return " +gelu";
    case op::Curve::Swish:
        return " +swish";
    case op::Curve::Relu:
        break;
    }
    return " +relu";
}

std::string processorName() {
#ifdef HILUM_X86
    std::array<unsigned, 12> brand{};
    for (unsigned i = 0; i < 3; ++i) {
        if (__get_cpuid(0x80000002U + i, &brand[i * 4], &brand[i * 4 + 1], &brand[i * 4 + 2],
                        &brand[i * 4 + 3]) == 0)
            return "unknown";
    }
    std::string name(sizeof brand, '\0');
    std::memcpy(name.data(), brand.data(), sizeof brand);
    return name.substr(0, name.find('\0'));
#else
    return "isa " + std::to_string(static_cast<int>(dnnl::get_effective_cpu_isa()));
#endif
}

dnnl::memory::desc pixelsFirst(const dnnl::memory::desc& desc) {
    return {dimsOf(desc), typeOf(desc), dnnl::memory::format_tag::nhwc};
}

// Kernels that are never the fastest ones of a processor that has others.
bool isWorthTrying(const std::string& name) {
    return name.find("ref") == std::string::npos && name.find("gemm:") == std::string::npos;
}

void addWays(std::vector<ConvolutionWay>& ways, const ConvolutionSpec& spec, const dnnl::engine& engine,
             dnnl::algorithm algorithm, bool reorders, std::size_t most) {
    const auto layout = [&](const dnnl::memory::desc& desc) { return reorders ? pixelsFirst(desc) : desc; };
    try {
        std::size_t found = 0;
        visitConvolutions(
            engine, algorithm, layout(spec.source), spec.weights, spec.bias, layout(spec.target), spec.window,
            attributesFor(spec.epilogue), [&](const ConvolutionDesc& desc) {
                const std::string name = desc.impl_info_str();
                if (ways.empty() || isWorthTrying(name)) {
                    ways.push_back({(reorders ? "pixels first " : "blocked ") + name, reorders, desc, {}});
                    ++found;
                }
                return found < most;
            });
    } catch (const dnnl::error&) {
        return; // oneDNN cannot do it that way
    }
}

// None: not 3 × 3 with stride 1 on blocks of channels, or with an activation that takes more than limits.
std::optional<WinogradTiles> tilesOf(const ConvolutionSpec& spec) {
    using Tag = dnnl::memory::format_tag;
    const dnnl::memory::dims source = dimsOf(spec.source), weights = dimsOf(spec.weights),
                             target = dimsOf(spec.target);
    const auto isBlocked = [&](Tag tag) {
        const auto blocked = [&](const dnnl::memory::dims& dims) {
            return dnnl::memory::desc(dims, typeOf(spec.source), tag);
        };
        return source[0] == 1 && spec.source == blocked(source) && spec.target == blocked(target);
    };
    WinogradTiles tiles;
    tiles.block = isBlocked(Tag::nChw16c) ? 16 : 8;
    const auto block = static_cast<dnnl::memory::dim>(tiles.block);
    const bool fits = (isBlocked(Tag::nChw16c) || isBlocked(Tag::nChw8c)) && weights.size() == 4 &&
                      weights[2] == 3 && weights[3] == 3 && spec.window.stride == dnnl::memory::dims{1, 1} &&
                      source[1] % block == 0 && target[1] % block == 0;
    if (!fits || (spec.epilogue.activation != nullptr && spec.epilogue.activation->curve != op::Curve::Relu))
        return std::nullopt;
    const auto layout = [&](const dnnl::memory::dims& dims) {
        return inBlocks(static_cast<std::size_t>(dims[2]), static_cast<std::size_t>(dims[3]),
                        static_cast<std::size_t>(dims[1]), tiles.block);
    };
    tiles.source = layout(source);
    tiles.target = layout(target);
    tiles.paddingTop = static_cast<std::size_t>(spec.window.paddingBefore[0]);
    tiles.paddingLeft = static_cast<std::size_t>(spec.window.paddingBefore[1]);
    return tiles;
}

// In bf16 tiles of 4 × 4 round more than those of 3 × 3 do. With all of VGG19's layers in the former its heat
// maps (random weights) correlated with those of fp32 by 0.977 to 0.996, with none but its late layers, where
// tiles are few and which gain most, by 0.993 to 0.996; oneDNN's direct convolutions: 0.997.
bool isPreciseEnough(const WinogradTiles& tiles, bool isNarrow) {
    return !isNarrow || tiles.side == 3 || tiles.areFew();
}

void addProducts(std::vector<ConvolutionWay>& ways, const ConvolutionSpec& spec) {
    auto tiles = tilesOf(spec);
    if (!tiles)
        return;
    if (isNarrow(spec.source) && !canNarrow(*tiles))
        return;
    for (const std::size_t side : {4U, 3U}) {
        tiles->side = side;
        if (!isPreciseEnough(*tiles, isNarrow(spec.source)))
            continue;
        for (const bool streams : {false, true}) {
            tiles->streams = streams;
            ways.push_back(
                {.name = "products, tiles of " + std::to_string(side) + (streams ? ", past the caches" : ""),
                 .tiles = tiles,
                 .isNarrow = isNarrow(spec.source)});
        }
    }
}

// None: not 1 × 1 on blocks of 16 channels, or with an activation that takes more than limits.
std::optional<PointwiseConvolution> pointwiseOf(const ConvolutionSpec& spec) {
    const dnnl::memory::dims source = dimsOf(spec.source), weights = dimsOf(spec.weights),
                             target = dimsOf(spec.target), &stride = spec.window.stride;
    const auto isBlocked = [](const dnnl::memory::desc& desc) {
        return desc == dnnl::memory::desc(dimsOf(desc), typeOf(desc), dnnl::memory::format_tag::nChw16c);
    };
    constexpr auto block = static_cast<dnnl::memory::dim>(kPointwiseBlock);
    const auto isWhole = [&](std::size_t side) { // no padding
        return (source[side + 2] - 1) / stride[side] + 1 == target[side + 2];
    };
    const bool fits = weights.size() == 4 && weights[2] == 1 && weights[3] == 1 && weights[0] % block == 0 &&
                      weights[1] % block == 0 && source[0] == 1 && isBlocked(spec.source) &&
                      isBlocked(spec.target) && stride[0] == stride[1] && stride[0] <= 2 && isWhole(0) &&
                      isWhole(1);
    if (!fits || (spec.epilogue.activation != nullptr && spec.epilogue.activation->curve != op::Curve::Relu))
        return std::nullopt;
    const auto size = [](dnnl::memory::dim dim) { return static_cast<std::size_t>(dim); };
    return PointwiseConvolution{.dims = {size(weights[1]), size(weights[0])},
                                .rows = size(target[2]),
                                .columns = size(target[3]),
                                .sourceRows = size(source[2]),
                                .sourceColumns = size(source[3]),
                                .stride = size(stride[0])};
}

void addPointwise(std::vector<ConvolutionWay>& ways, const ConvolutionSpec& spec) {
    const auto convolution = pointwiseOf(spec);
    if (!convolution)
        return;
    const bool hasNorm = spec.norm != nullptr;
    if (!hasPointwiseProducts() || (hasNorm && convolution->stride > 1))
        return;
    const dnnl::memory::dims weights = dimsOf(spec.weights);
    ways.push_back({.name = hasNorm ? "pointwise products with the norm" : "pointwise products",
                    .pointwise = pointwiseLayout(weights[0], weights[1], isNarrow(spec.source))});
}

// Numbers of weights and of tiles that a convolution moves.
std::size_t valuesMoved(const WinogradTiles& tiles) {
    const std::size_t in = tiles.source.channels, out = tiles.target.channels;
    return tiles.products() * (in * out + tiles.count() * (in + out));
}

// Not in tiles of 3 × 3 outputs where that moves more than in tiles of 4 × 4, nor past the caches where no
// other core waits for it.
bool isWorthMeasuring(const ConvolutionWay& way) {
    if (!way.tiles)
        return true;
    if (way.tiles->streams && (!way.tiles->areFew() || omp_get_max_threads() == 1))
        return false;
    WinogradTiles larger = *way.tiles;
    larger.side = 4;
    return !isPreciseEnough(larger, way.isNarrow) || valuesMoved(*way.tiles) <= valuesMoved(larger);
}

template <class T>
T* dataOf(const dnnl::memory& memory) {
    return static_cast<T*>(memory.get_data_handle());
}

class PrimitiveRun final : public ConvolutionRun {
public:
    PrimitiveRun(const ConvolutionWay& way, const ConvolutionSpec& spec, Arguments arguments,
                 const dnnl::engine& engine)
        : m_convolution(way.convolution), m_arguments(std::move(arguments)),
          m_scratchpad(way.convolution.scratchpad_desc()) {
        if (!way.reorders)
            return;
        const auto add = [](std::vector<Move>& moves, const dnnl::memory& from, const dnnl::memory& to) {
            moves.push_back({dnnl::reorder(from, to), from, to});
        };
        const dnnl::memory blockedSource = m_arguments.at(DNNL_ARG_SRC),
                           blockedTarget = m_arguments.at(DNNL_ARG_DST);
        const dnnl::memory source(pixelsFirst(spec.source), engine), target(pixelsFirst(spec.target), engine);
        m_arguments.insert_or_assign(DNNL_ARG_SRC, source);
        m_arguments.insert_or_assign(DNNL_ARG_DST, target);
        add(m_before, blockedSource, source);
        if (spec.epilogue.sum)
            add(m_before, blockedTarget, target);
        add(m_after, target, blockedTarget);
    }

    [[nodiscard]] dnnl::memory::desc scratchpad() const override { return m_scratchpad; }
    void setScratchpad(const dnnl::memory& memory) override {
        m_arguments.insert_or_assign(DNNL_ARG_SCRATCHPAD, memory);
    }
    void setWeights(const dnnl::memory& memory) override {
        m_arguments.insert_or_assign(DNNL_ARG_WEIGHTS, memory);
    }
    void operator()(dnnl::stream& stream) const override {
        const auto all = [&stream](const std::vector<Move>& moves) {
            for (Move move : moves)
                move.reorder.execute(stream, move.from, move.to);
        };
        all(m_before);
        m_convolution.execute(stream, m_arguments);
        all(m_after);
    }

private:
    struct Move {
        dnnl::reorder reorder;
        dnnl::memory from, to;
    };
    std::vector<Move> m_before, m_after;
    dnnl::convolution_forward m_convolution;
    Arguments m_arguments;
    dnnl::memory::desc m_scratchpad;
};

ConvolutionEpilogue epilogueOf(const ConvolutionSpec& spec, const dnnl::memory& bias) {
    ConvolutionEpilogue epilogue{.bias = dataOf<float>(bias), .adds = spec.epilogue.sum};
    if (const op::Activation* activation = spec.epilogue.activation) {
        const Clamp clamp = clampOf(*activation);
        epilogue.low = clamp.low;
        epilogue.high = clamp.high;
    }
    return epilogue;
}

class TilesRun final : public ConvolutionRun {
public:
    TilesRun(const WinogradTiles& tiles, const ConvolutionSpec& spec, const Arguments& arguments)
        : m_tiles(tiles), m_isNarrow(isNarrow(spec.source)), m_source(arguments.at(DNNL_ARG_SRC)),
          m_target(arguments.at(DNNL_ARG_DST)), m_bias(arguments.at(DNNL_ARG_BIAS)),
          m_weights(arguments.at(DNNL_ARG_WEIGHTS)), m_epilogue(epilogueOf(spec, m_bias)) {}

    // The tiles have their own.
    [[nodiscard]] dnnl::memory::desc scratchpad() const override { return {}; }
    void setScratchpad(const dnnl::memory&) override {}
    void setWeights(const dnnl::memory& memory) override { m_weights = memory; }
    void operator()(dnnl::stream& stream) const override {
        stream.wait();
        if (m_isNarrow)
            convolve<Bfloat16>();
        else
            convolve<float>();
    }

private:
    WinogradTiles m_tiles;
    bool m_isNarrow;
    dnnl::memory m_source, m_target, m_bias, m_weights;
    ConvolutionEpilogue m_epilogue;

    template <class T>
    void convolve() const {
        const WinogradFilters<T> filters{dataOf<T>(m_weights),
                                         m_tiles.source.channels * m_tiles.target.channels};
        convolveInTiles(dataOf<T>(m_source), m_tiles, filters, m_epilogue, dataOf<T>(m_target),
                        onOpenMpThreads);
    }
};

class PointwiseRun final : public ConvolutionRun {
public:
    PointwiseRun(const ConvolutionSpec& spec, const Arguments& arguments)
        : m_norm(spec.norm), m_source(m_norm == nullptr ? arguments.at(DNNL_ARG_SRC) : m_norm->source),
          m_target(arguments.at(DNNL_ARG_DST)), m_bias(arguments.at(DNNL_ARG_BIAS)),
          m_weights(arguments.at(DNNL_ARG_WEIGHTS)), m_convolution(pointwiseOf(spec).value()) {
        if (m_norm != nullptr)
            m_convolution.norm = {m_norm->scale.data(), m_norm->shift.data(), m_norm->clamp.low,
                                  m_norm->clamp.high};
        m_convolution.epilogue = epilogueOf(spec, m_bias);
        m_convolution.byOutputs =
            isBetterByOutputs(m_convolution, static_cast<std::size_t>(omp_get_max_threads()));
    }

    [[nodiscard]] dnnl::memory::desc scratchpad() const override { return {}; }
    void setScratchpad(const dnnl::memory&) override {}
    void setWeights(const dnnl::memory& memory) override { m_weights = memory; }
    void operator()(dnnl::stream& stream) const override {
        stream.wait();
        if (isNarrow(m_source.get_desc()))
            convolve<Bfloat16>();
        else
            convolve<float>();
    }

private:
    std::shared_ptr<const NormBefore> m_norm; // null: none
    dnnl::memory m_source, m_target, m_bias, m_weights;
    PointwiseConvolution m_convolution;

    template <class T>
    void convolve() const {
        convolvePointwise(dataOf<T>(m_source), m_convolution, dataOf<T>(m_weights), dataOf<T>(m_target),
                          onOpenMpThreads);
    }
};

// The norm as a pass of its own, then the convolution.
class BehindNorm final : public ConvolutionRun {
public:
    BehindNorm(const ConvolutionSpec& spec, const dnnl::memory& normed, std::unique_ptr<ConvolutionRun> run)
        : m_norm(spec.norm), m_normed(normed), m_run(std::move(run)) {
        const dnnl::memory::dims dims = dimsOf(spec.source);
        m_block =
            spec.source == dnnl::memory::desc(dims, typeOf(spec.source), dnnl::memory::format_tag::nChw16c)
                ? 16
                : 8;
        m_extent = {(static_cast<std::size_t>(dims[1]) + m_block - 1) / m_block,
                    static_cast<std::size_t>(dims[2]), static_cast<std::size_t>(dims[3])};
    }

    [[nodiscard]] dnnl::memory::desc scratchpad() const override { return m_run->scratchpad(); }
    void setScratchpad(const dnnl::memory& memory) override { m_run->setScratchpad(memory); }
    void setWeights(const dnnl::memory& memory) override { m_run->setWeights(memory); }
    void operator()(dnnl::stream& stream) const override {
        stream.wait();
        if (isNarrow(m_normed.get_desc()))
            norm<Bfloat16>();
        else
            norm<float>();
        (*m_run)(stream);
    }

private:
    std::shared_ptr<const NormBefore> m_norm;
    dnnl::memory m_normed;
    std::unique_ptr<ConvolutionRun> m_run;
    std::size_t m_block = 0;
    BlockedExtent m_extent;

    template <class T>
    void norm() const {
        scaleAndShift(dataOf<T>(m_norm->source), dataOf<T>(m_normed), m_norm->scale.data(),
                      m_norm->shift.data(), m_extent, m_block, m_norm->clamp);
    }
};

} // namespace

std::string ConvolutionSpec::text() const {
    dnnl::memory::dims from = dimsOf(source), by = dimsOf(weights);
    if (norm != nullptr)
        from[1] = by[1] = static_cast<dnnl::memory::dim>(std::bit_ceil(static_cast<std::uint64_t>(from[1])));
    return dimsText(from) + " " + dimsText(by) + " " + dimsText(window.stride) +
           (epilogue.sum ? " +sum" : "") + activationText(epilogue.activation) +
           (norm != nullptr ? " behind a norm" : "") + (isNarrow(source) ? " in bf16" : "");
}

std::string machineText(int threads) {
    const dnnl_version_t* version = dnnl_version();
    return processorName() + ", " + std::to_string(threads) + " threads, oneDNN " +
           std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
           std::to_string(version->patch) + ", kernels " + std::to_string(kKernelsVersion);
}

std::vector<ConvolutionWay> waysOf(const ConvolutionSpec& spec, const dnnl::engine& engine, bool all) {
    constexpr auto direct = dnnl::algorithm::convolution_direct,
                   winograd = dnnl::algorithm::convolution_winograd;
    std::vector<ConvolutionWay> ways;
    addWays(ways, spec, engine, direct, false, 1);
    if (!all)
        return ways;
    if (spec.norm != nullptr) {
        addPointwise(ways, spec);
        return ways;
    }
    addWays(ways, spec, engine, winograd, false, 2);
    addWays(ways, spec, engine, direct, true, 1);
    addProducts(ways, spec);
    addPointwise(ways, spec);
    return ways;
}

dnnl::memory::desc ConvolutionWay::weights() const {
    if (pointwise)
        return *pointwise;
    if (!tiles)
        return convolution.weights_desc();
    return winogradLayout(*tiles, isNarrow);
}

std::unique_ptr<ConvolutionRun> runOf(const ConvolutionWay& way, const ConvolutionSpec& spec,
                                      const Arguments& arguments, const dnnl::engine& engine) {
    if (way.pointwise)
        return std::make_unique<PointwiseRun>(spec, arguments);
    if (way.tiles)
        return std::make_unique<TilesRun>(*way.tiles, spec, arguments);
    auto run = std::make_unique<PrimitiveRun>(way, spec, arguments, engine);
    if (spec.norm == nullptr)
        return run;
    return std::make_unique<BehindNorm>(spec, arguments.at(DNNL_ARG_SRC), std::move(run));
}

std::string chooseWay(const ConvolutionSpec& spec, const dnnl::engine& engine, dnnl::stream& stream,
                      const Arguments& arguments, ChoiceFile& choices,
                      const std::function<void(const dnnl::memory&)>& pack) {
    const std::string key = machineText(omp_get_max_threads()) + ", fastest way of " + spec.text();
    if (const auto known = choices.find(key))
        return *known;
    std::vector<ConvolutionWay> ways = waysOf(spec, engine, true);
    std::erase_if(ways, [](const ConvolutionWay& way) { return !isWorthMeasuring(way); });
    if (ways.size() < 2)
        return ways.empty() ? std::string() : ways.front().name;
    struct Candidate {
        std::string name;
        std::unique_ptr<ConvolutionRun> run;
        std::vector<dnnl::memory> weights; // the same in several places
        std::vector<Clock::duration> timings;

        [[nodiscard]] Clock::duration median() const {
            std::vector<Clock::duration> sorted = timings;
            std::ranges::sort(sorted);
            return sorted[sorted.size() / 2];
        }
    };
    MemoryPool pool; // as the engine's own
    std::vector<Candidate> candidates;
    for (const ConvolutionWay& way : ways) {
        const dnnl::memory::desc layout = way.weights();
        const std::size_t bytes = layout.get_size(),
                          copies = std::clamp<std::size_t>(kWeightBytes / bytes, 1, kMostTimings);
        const auto same = std::ranges::find_if(
            candidates, [&](const Candidate& other) { return other.weights.front().get_desc() == layout; });
        // A copy costs less than packing. Every way has its own, or it would find another's in the caches.
        dnnl::memory packed;
        if (same != candidates.end())
            packed = same->weights.front();
        Candidate& candidate = candidates.emplace_back();
        candidate.name = way.name;
        while (candidate.weights.size() < copies) {
            candidate.weights.push_back(pool.take(layout, engine));
            if (packed)
                std::memcpy(candidate.weights.back().get_data_handle(), packed.get_data_handle(), bytes);
            else
                pack(packed = candidate.weights.back());
        }
        Arguments all = arguments;
        all.insert_or_assign(DNNL_ARG_WEIGHTS, candidate.weights.front());
        candidate.run = runOf(way, spec, all, engine);
        candidate.run->setScratchpad(pool.take(candidate.run->scratchpad(), engine));
    }
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < kMostTimings && (i < kFewestTimings || Clock::now() - begin < kTimingBudget);
         ++i) {
        for (Candidate& candidate : candidates) { // in turns: another program slows all of them down
            candidate.run->setWeights(candidate.weights[i % candidate.weights.size()]);
            const auto start = Clock::now();
            (*candidate.run)(stream);
            stream.wait();
            candidate.timings.push_back(Clock::now() - start);
        }
    }
    const std::string best = std::ranges::min_element(candidates, {}, &Candidate::median)->name;
    choices.set(key, best);
    return best;
}

} // namespace hilum
