#include "core/onednn/OneDnnEngine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include <omp.h>

#include "core/domain/Precision.h"
#include "core/domain/Threads.h"
#include "core/graph/Fusion.h"
#include "core/onednn/ConvolutionChoice.h"
#include "core/onednn/FeaturePlan.h"
#include "core/onednn/Head.h"

namespace hilum {
namespace {

// What a call of oneDNN may throw, as an error.
template <class T, class Work>
Result<T> guarded(const Work& work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this network.");
    } catch (const dnnl::error& error) {
        return fail(error.status == dnnl_out_of_memory ? ErrorCode::OutOfMemory : ErrorCode::Internal,
                    std::string("oneDNN failed: ") + error.what() + ".");
    }
}

class OneDnnEngine final : public Engine {
public:
    OneDnnEngine(const Graph& graph, TensorFile tensors, const OneDnnOptions& options, Head head)
        : m_graph(withPoolingFirst(graph)), m_tensors(std::move(tensors)),
          m_index(indexOf(m_tensors.tensors)), m_options(options), m_head(std::move(head)),
          m_weights(m_graph, m_index, m_engine) {}

    // False: the graph has a part that plans do not know.
    bool prepare() {
        omp_set_num_threads(threadCount(m_options.threads)); // counts for the calling thread
        ChoiceFile choices(m_options.choicesFile);
        m_plan = FeaturePlan::make(planInput(m_options.sizePx, elements(), m_weights, &choices));
        choices.save();
        return m_plan != nullptr;
    }

    Result<EngineOutput> run(std::span<const float> planes, int sizePx, Explain explain) override {
        return guarded<EngineOutput>([&]() -> Result<EngineOutput> {
            omp_set_num_threads(threadCount(m_options.threads));
            if (sizePx == m_options.sizePx)
                return m_head.run(m_plan->run(planes), m_plan->outputExtent(), explain);
            PackedWeights weights(m_graph, m_index, m_engine, &m_weights);
            const auto plan = FeaturePlan::make(planInput(sizePx, ElementKind::Float, weights, nullptr));
            if (plan == nullptr)
                return fail(ErrorCode::InvalidArgument, "The network cannot take films of that size.",
                            std::to_string(sizePx));
            return m_head.run(plan->run(planes), plan->outputExtent(), explain);
        });
    }

    [[nodiscard]] std::string name() const override {
        const dnnl_version_t* version = dnnl_version();
        return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
               std::to_string(version->patch) + (m_options.bfloat16 ? ", bf16" : ", fp32");
    }

private:
    Graph m_graph;
    TensorFile m_tensors;
    TensorIndex m_index;
    OneDnnOptions m_options;
    Head m_head;
    dnnl::engine m_engine{dnnl::engine::kind::cpu, 0};
    PackedWeights m_weights;
    ConvolutionWays m_ways;
    std::unique_ptr<FeaturePlan> m_plan;

    [[nodiscard]] ElementKind elements() const {
        return m_options.bfloat16 ? ElementKind::Bfloat16 : ElementKind::Float;
    }

    FeaturePlanInput planInput(int sizePx, ElementKind kind, PackedWeights& weights, ChoiceFile* choices) {
        return {.graph = m_graph,
                .tensors = m_index,
                .engine = m_engine,
                .elements = kind,
                .extent = sizePx,
                .weights = weights,
                .ways = m_ways,
                .choices = choices};
    }
};

constexpr const char* kWide = "fp32";
constexpr const char* kNarrow = "bf16";
constexpr int kReferenceImages = 16;

// Soft waves, every plane alike, within what normalised films hold.
std::vector<float> referenceImage(int number, std::size_t planes, int sizePx) {
    std::vector<float> image;
    const double step = 6.283 / sizePx;
    for (std::size_t plane = 0; plane < planes; ++plane) {
        for (int y = 0; y < sizePx; ++y) {
            for (int x = 0; x < sizePx; ++x)
                image.push_back(
                    static_cast<float>(std::sin(step * (x * (1 + number % 4) + y * 0.7) + number) +
                                       std::sin(step * (y * (1 + number / 4) - x * 0.3) * 3)));
        }
    }
    return image;
}

struct Trial {
    std::vector<std::ptrdiff_t> labels;
    std::chrono::duration<double> fastest = std::chrono::duration<double>::max();
};

Trial tried(Engine& engine, std::size_t planes, int sizePx) {
    Trial trial;
    for (int i = 0; i < kReferenceImages; ++i) {
        const std::vector<float> image = referenceImage(i, planes, sizePx);
        const auto start = std::chrono::steady_clock::now();
        const Result<EngineOutput> output = engine.run(image, sizePx, Explain::EveryClass);
        trial.fastest =
            std::min<std::chrono::duration<double>>(trial.fastest, std::chrono::steady_clock::now() - start);
        trial.labels.push_back(output ? std::ranges::max_element(output->logits) - output->logits.begin()
                                      : -1);
    }
    return trial;
}

} // namespace

Result<std::unique_ptr<Engine>> makeOneDnnEngine(const Graph& graph, TensorFile tensors,
                                                 const OneDnnOptions& options) {
    const auto unsupported = [](const char* what) {
        return fail(ErrorCode::UnsupportedFormat, std::string("The oneDNN engine cannot run ") + what + ".");
    };
    return guarded<std::unique_ptr<Engine>>([&]() -> Result<std::unique_ptr<Engine>> {
        std::optional<Head> head = Head::make(graph, indexOf(tensors.tensors), options.bfloat16);
        if (!head)
            return unsupported("this network's head");
        auto engine = std::make_unique<OneDnnEngine>(graph, std::move(tensors), options, std::move(*head));
        if (!engine->prepare())
            return unsupported("this network");
        return engine;
    });
}

Result<std::unique_ptr<Engine>> makeFastestOneDnnEngine(const Graph& graph, TensorFile tensors,
                                                        const OneDnnOptions& options,
                                                        const std::function<std::string()>& sha256) {
    OneDnnOptions wide = options, narrow = options;
    wide.bfloat16 = false;
    narrow.bfloat16 = true;
    if (!processorHasBf16())
        return makeOneDnnEngine(graph, std::move(tensors), wide);
    ChoiceFile choices(options.choicesFile);
    const std::string key = machineText(threadCount(options.threads)) + ", precision of " + sha256();
    if (const auto known = choices.find(key))
        return makeOneDnnEngine(graph, std::move(tensors), *known == kNarrow ? narrow : wide);
    auto wideEngine = makeOneDnnEngine(graph, tensors, wide);
    auto narrowEngine = makeOneDnnEngine(graph, std::move(tensors), narrow);
    if (!wideEngine || !narrowEngine)
        return wideEngine;
    const std::size_t planes = static_cast<std::size_t>(graph.node(kInputNode).channels);
    const Trial wideTrial = tried(**wideEngine, planes, options.sizePx);
    const Trial narrowTrial = tried(**narrowEngine, planes, options.sizePx);
    const bool takesNarrow =
        narrowTrial.labels == wideTrial.labels && narrowTrial.fastest < wideTrial.fastest;
    choices.set(key, takesNarrow ? kNarrow : kWide);
    choices.save();
    return takesNarrow ? std::move(narrowEngine) : std::move(wideEngine);
}

} // namespace hilum
