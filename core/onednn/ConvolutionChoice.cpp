#include "core/onednn/ConvolutionChoice.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include <omp.h>
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>
#include <emmintrin.h>
#define HILUM_X86 1
#endif

namespace hilum {
namespace {

// Every way is timed until these are spent for the shape; its fastest run counts.
constexpr int kFewestTimings = 3, kMostTimings = 10;
constexpr std::chrono::milliseconds kTimingBudget{300};
constexpr std::size_t kCacheLine = 64;
using Clock = std::chrono::steady_clock;

std::string dimsText(const dnnl::memory::dims& dims) {
    std::string text;
    for (const dnnl::memory::dim side : dims)
        text += (text.empty() ? "" : "x") + std::to_string(side);
    return text;
}

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
        if (__get_cpuid(0x80000002U + i, &brand[i * 4], &brand[i * 4 + 1], &brand[i * 4 + 2], &brand[i * 4 + 3]) == 0)
            return "unknown";
    }
    std::string name(sizeof brand, '\0');
    std::memcpy(name.data(), brand.data(), sizeof brand);
    return name.substr(0, name.find('\0'));
#else
    return "isa " + std::to_string(static_cast<int>(dnnl::get_effective_cpu_isa()));
#endif
}

// In a whole network a convolution's weights are no longer in the caches when its turn comes, and Winograd's are
// up to four times as large.
void evict([[maybe_unused]] const dnnl::memory& memory) {
#ifdef HILUM_X86
    const auto* bytes = static_cast<const std::byte*>(memory.get_data_handle());
    for (std::size_t at = 0; at < memory.get_desc().get_size(); at += kCacheLine)
        _mm_clflush(bytes + at);
    _mm_mfence();
#endif
}

dnnl::memory::desc pixelsFirst(const dnnl::memory::desc& desc) {
    return {desc.dims(), desc.data_type(), dnnl::memory::format_tag::nhwc};
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
        visitConvolutions(engine, algorithm, layout(spec.source), spec.weights, spec.bias, layout(spec.target),
                          spec.window, attributesFor(spec.epilogue), [&](const ConvolutionDesc& desc) {
                              const std::string name = desc.impl_info_str();
                              if (ways.empty() || isWorthTrying(name)) {
                                  ways.push_back({(reorders ? "pixels first " : "blocked ") + name, reorders, desc});
                                  ++found;
                              }
                              return found < most;
                          });
    } catch (const dnnl::error&) {
        return; // oneDNN cannot do it that way
    }
}

} // namespace

std::string ConvolutionSpec::text() const {
    return dimsText(source.dims()) + " " + dimsText(weights.dims()) + " " + dimsText(window.stride) +
           (epilogue.sum ? " +sum" : "") + activationText(epilogue.activation);
}

std::string machineText(int threads) {
    const dnnl_version_t* version = dnnl_version();
    return processorName() + ", " + std::to_string(threads) + " threads, oneDNN " + std::to_string(version->major) +
           "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
}

std::vector<ConvolutionWay> waysOf(const ConvolutionSpec& spec, const dnnl::engine& engine, bool all) {
    constexpr auto direct = dnnl::algorithm::convolution_direct, winograd = dnnl::algorithm::convolution_winograd;
    std::vector<ConvolutionWay> ways;
    addWays(ways, spec, engine, direct, false, 1);
    if (!all)
        return ways;
    addWays(ways, spec, engine, winograd, false, 2);
    addWays(ways, spec, engine, direct, true, 1);
    return ways;
}

ConvolutionRun::ConvolutionRun(const ConvolutionWay& way, const ConvolutionSpec& spec, Arguments arguments,
                               const dnnl::engine& engine)
    : m_convolution(way.desc), m_arguments(std::move(arguments)), m_scratchpad(way.desc.scratchpad_desc()) {
    if (!way.reorders)
        return;
    const auto add = [](std::vector<Move>& moves, const dnnl::memory& from, const dnnl::memory& to) {
        moves.push_back({dnnl::reorder(from, to), from, to});
    };
    const dnnl::memory blockedSource = m_arguments.at(DNNL_ARG_SRC), blockedTarget = m_arguments.at(DNNL_ARG_DST);
    const dnnl::memory source(pixelsFirst(spec.source), engine), target(pixelsFirst(spec.target), engine);
    m_arguments.insert_or_assign(DNNL_ARG_SRC, source);
    m_arguments.insert_or_assign(DNNL_ARG_DST, target);
    add(m_before, blockedSource, source);
    if (spec.epilogue.sum)
        add(m_before, blockedTarget, target);
    add(m_after, target, blockedTarget);
}

void ConvolutionRun::operator()(dnnl::stream& stream) const {
    const auto all = [&stream](const std::vector<Move>& moves) {
        for (Move move : moves)
            move.reorder.execute(stream, move.from, move.to);
    };
    all(m_before);
    m_convolution.execute(stream, m_arguments);
    all(m_after);
}

std::string chooseWay(const ConvolutionSpec& spec, const dnnl::engine& engine, dnnl::stream& stream,
                      const Arguments& arguments, ChoiceFile& choices,
                      const std::function<dnnl::memory(const dnnl::memory::desc&)>& pack) {
    const std::string key = machineText(omp_get_max_threads()) + ", convolution " + spec.text();
    if (const auto known = choices.find(key))
        return *known;
    struct Candidate {
        std::string name;
        dnnl::memory weights;
        ConvolutionRun run;
        Clock::duration fastest = Clock::duration::max();
    };
    std::vector<Candidate> candidates;
    for (const ConvolutionWay& way : waysOf(spec, engine, true)) {
        Arguments all = arguments;
        const dnnl::memory weights = pack(way.desc.weights_desc());
        all.insert_or_assign(DNNL_ARG_WEIGHTS, weights);
        candidates.push_back({way.name, weights, ConvolutionRun(way, spec, std::move(all), engine)});
        candidates.back().run.setScratchpad(dnnl::memory(way.desc.scratchpad_desc(), engine));
    }
    const auto begin = Clock::now();
    for (int i = 0; i < kMostTimings && (i < kFewestTimings || Clock::now() - begin < kTimingBudget); ++i) {
        for (Candidate& candidate : candidates) { // in turns: another program slows all of them down
            evict(candidate.weights);
            const auto start = Clock::now();
            candidate.run(stream);
            stream.wait();
            candidate.fastest = std::min(candidate.fastest, Clock::now() - start);
        }
    }
    const std::string best = std::ranges::min_element(candidates, {}, &Candidate::fastest)->name;
    choices.set(key, best);
    return best;
}

} // namespace hilum
