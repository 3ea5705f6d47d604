// However a convolution is computed, it is the same convolution.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "core/domain/Bfloat16.h"
#include "core/kernels/NarrowProducts.h"
#include "core/kernels/PointwiseProducts.h"
#include "core/kernels/TileProducts.h"
#include "core/onednn/ConvolutionChoice.h"
#include "core/onednn/OpenMpThreads.h"
#include "core/onednn/PackedWeights.h"

#include <QtTest>
#include <omp.h>

using namespace hilum;

namespace {

// Of values that are about 1; the transforms round more than a plain sum does.
constexpr float kTolerance = 4e-5F;
constexpr float kNarrowRounding = 1.0F / 256; // of a value, to bf16's 8 bits
// Where what is multiplied is rounded, too: of one value, and the root mean square of all.
constexpr float kNarrowTolerance = 0.15F;
constexpr double kNarrowDeviation = 0.015;
constexpr float kCeiling = 0.5F;

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

struct Shape {
    dnnl::memory::dim in, out, height, width, padding;
    dnnl::memory::dim kernel = 3, stride = 1;
};

// Numbers that are bf16's, too.
dnnl::memory filled(const dnnl::memory::desc& desc, const dnnl::engine& engine, std::uint32_t seed,
                    float deviation) {
    dnnl::memory memory(desc, engine);
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, deviation);
    auto* values = static_cast<float*>(memory.get_data_handle());
    std::generate_n(values, desc.get_size() / sizeof(float),
                    [&] { return toFloat(toBfloat16(normal(random))); });
    return memory;
}

std::span<const float> valuesOf(const dnnl::memory& memory) {
    return {static_cast<const float*>(memory.get_data_handle()),
            memory.get_desc().get_size() / sizeof(float)};
}

dnnl::memory reordered(const dnnl::memory& memory, const dnnl::memory::desc& desc, const dnnl::engine& engine,
                       dnnl::stream& stream) {
    dnnl::memory source = memory, target(desc, engine);
    dnnl::reorder(source, target).execute(stream, source, target);
    stream.wait();
    return target;
}

// The layout of the ways' weights, from K × C × 3 × 3 or 1 × 1.
dnnl::memory packed(const dnnl::memory& plain, const dnnl::memory::desc& layout, const dnnl::engine& engine,
                    dnnl::stream& stream) {
    if (dimsOf(layout) == dimsOf(plain.get_desc()))
        return reordered(plain, layout, engine, stream);
    const dnnl::memory target(layout, engine);
    if (dimsOf(layout).size() == 2)
        packPointwise(valuesOf(plain), target);
    else
        packWinograd(valuesOf(plain), target);
    return target;
}

// Into arguments' target. arguments: source, bias and target; weights: K × C × 3 × 3 or 1 × 1.
void compute(const ConvolutionWay& way, const ConvolutionSpec& spec, Arguments arguments,
             const dnnl::memory& weights, const dnnl::engine& engine, dnnl::stream& stream) {
    arguments.emplace(DNNL_ARG_WEIGHTS, packed(weights, way.weights(), engine, stream));
    const auto run = runOf(way, spec, arguments, engine);
    run->setScratchpad(dnnl::memory(run->scratchpad(), engine));
    (*run)(stream);
    stream.wait();
}

std::vector<float> numbers(std::size_t count, std::mt19937& random) {
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    std::ranges::generate(values, [&] { return normal(random); });
    return values;
}

// One value of a product's result; left(of, row, k).
template <class Left>
double product(const ProductDims& dims, std::size_t i, const std::vector<float>& right, const Left& left) {
    const std::size_t of = i / dims.resultPlane, row = i % dims.resultPlane / dims.columns,
                      column = i % dims.columns;
    const std::size_t first =
        of * dims.rightPlane + column / dims.panel * dims.inner * dims.panel + column % dims.panel;
    double sum = 0;
    for (std::size_t k = 0; k < dims.inner; ++k)
        sum += double{left(of, row, k)} * double{right[first + k * dims.panel]};
    return sum;
}

// Against sums in double. left: rows × inner.
bool isProduct(const ProductDims& dims, const std::vector<float>& left, const std::vector<float>& right,
               const std::vector<float>& result) {
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double expected = product(dims, i, right, [&](std::size_t of, std::size_t row, std::size_t k) {
            return left[of * dims.leftPlane + row * dims.inner + k];
        });
        if (!(std::abs(result[i] - expected) < 1e-5 * std::max(1.0, std::abs(expected))))
            return false;
    }
    return true;
}

} // namespace

class TestConvolutionWays : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // So that what is shared out is the same on every machine.
    void initTestCase() { omp_set_num_threads(2); }

    void waysAgree_data() {
        QTest::addColumn<Shape>("shape");
        QTest::addColumn<Tag>("layout");
        QTest::addColumn<Type>("type");
        QTest::addColumn<bool>("sums");
        QTest::addColumn<double>("ceiling"); // below zero: no activation
        struct Kind {
            std::string name;
            Tag layout;
            Type type;
        };
        for (const Kind& kind :
             {Kind{"blocks of 8", Tag::nChw8c, Type::f32}, Kind{"blocks of 16", Tag::nChw16c, Type::f32},
              Kind{"blocks of 16 in bf16", Tag::nChw16c, Type::bf16}}) {
            const auto row = [&](const char* what, Shape shape, bool sums, double ceiling) {
                QTest::addRow("%s, %s", kind.name.c_str(), what)
                    << shape << kind.layout << kind.type << sums << ceiling;
            };
            row("whole tiles", {32, 48, 16, 24, 1}, false, 0);
            row("ragged tiles", {16, 32, 13, 7, 1}, false, 0);
            row("no padding", {16, 16, 10, 11, 0}, false, 0);
            row("smaller than a tile", {32, 16, 3, 2, 1}, false, 0);
            row("several bands", {32, 32, 128, 128, 1}, false, 0);
            row("several groups of channels", {16, 160, 60, 57, 1}, true, 0);
            row("few tiles and many channels", {32, 96, 14, 11, 1}, true, 0);
            row("few tiles and half lines", {48, 96, 11, 10, 1}, false, 0);
            row("sum and ReLU", {32, 32, 14, 14, 1}, true, 0);
            row("sum alone", {32, 32, 14, 14, 1}, true, -1);
            row("ReLU with a ceiling", {32, 32, 14, 14, 1}, false, kCeiling);
            row("whole tiles of 3", {16, 32, 12, 9, 1}, false, 0);
            row("1 × 1", {48, 64, 14, 14, 0, 1}, false, 0);
            row("1 × 1, sum and a ceiling", {32, 96, 9, 5, 0, 1}, true, kCeiling);
            row("1 × 1, sum alone", {32, 32, 14, 14, 0, 1}, true, -1);
            row("1 × 1, outputs are shared out", {64, 128, 1, 3, 0, 1}, false, 0);
            row("1 × 1, one block of outputs", {32, 48, 10, 10, 0, 1}, false, 0);
            row("1 × 1, every other pixel", {32, 64, 15, 18, 0, 1, 2}, false, 0);
            row("1 × 1, every other pixel, outputs are shared out", {32, 128, 13, 13, 0, 1, 2}, false, 0);
            row("1 × 1, every other pixel, one block", {48, 16, 28, 28, 0, 1, 2}, true, 0);
            row("1 × 1 with padding", {32, 32, 6, 6, 1, 1}, false, 0);
            if (kind.layout == Tag::nChw8c) {
                row("panels of 8", {24, 40, 14, 14, 1}, false, 0);
                row("few tiles and panels of 8", {24, 88, 9, 9, 1}, false, 0);
            }
        }
    }

    void waysAgree() {
        QFETCH(Shape, shape);
        QFETCH(Tag, layout);
        QFETCH(Type, type);
        QFETCH(bool, sums);
        QFETCH(double, ceiling);
        const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
        dnnl::stream stream(engine);
        const op::Activation relu{.ceiling = std::max(ceiling, 0.0)};
        const auto outputs = [&](dnnl::memory::dim side) {
            return (side + 2 * shape.padding - shape.kernel) / shape.stride + 1;
        };
        const dnnl::memory::dims filters{shape.out, shape.in, shape.kernel, shape.kernel};
        const auto specIn = [&](Type values) {
            return ConvolutionSpec{
                .source = {{1, shape.in, shape.height, shape.width}, values, layout},
                .weights = {filters, values, Tag::any},
                .bias = {{shape.out}, Type::f32, Tag::x},
                .target = {{1, shape.out, outputs(shape.height), outputs(shape.width)}, values, layout},
                .window = {{shape.stride, shape.stride},
                           {shape.padding, shape.padding},
                           {shape.padding, shape.padding}},
                .epilogue = {sums, ceiling < 0 ? nullptr : &relu}};
        };
        const ConvolutionSpec wide = specIn(Type::f32);
        const float spread = 1 / std::sqrt(static_cast<float>(shape.kernel * shape.kernel * shape.in));
        const dnnl::memory source = filled(wide.source, engine, 1, 1), bias = filled(wide.bias, engine, 2, 1);
        const dnnl::memory plain = filled({filters, Type::f32, Tag::oihw}, engine, 3, spread);
        const dnnl::memory before = filled(wide.target, engine, 4, 1); // to which a sum is added
        // As floats in the layout.
        const auto computed = [&](const ConvolutionWay& way, const ConvolutionSpec& spec) {
            const dnnl::memory target = reordered(before, spec.target, engine, stream);
            compute(way, spec,
                    {{DNNL_ARG_SRC, reordered(source, spec.source, engine, stream)},
                     {DNNL_ARG_BIAS, bias},
                     {DNNL_ARG_DST, target}},
                    plain, engine, stream);
            return reordered(target, wide.target, engine, stream);
        };
        const std::vector<ConvolutionWay> ways = waysOf(wide, engine, true);
        const auto direct = std::ranges::find_if(
            ways, [](const ConvolutionWay& way) { return !way.tiles && !way.pointwise; });
        QVERIFY(direct != ways.end());
        const dnnl::memory expectedMemory = computed(*direct, wide);
        const std::span<const float> expected = valuesOf(expectedMemory);
        QVERIFY(std::ranges::any_of(expected, [](float value) { return value > kCeiling / 2; }));

        const ConvolutionSpec spec = specIn(type);
        std::set<std::size_t> sides; // of tiles
        std::size_t pointwise = 0, pastCaches = 0;
        for (const ConvolutionWay& way : waysOf(spec, engine, true)) {
            if (way.tiles)
                sides.insert(way.tiles->side);
            pointwise += way.pointwise ? 1 : 0;
            pastCaches += way.tiles && way.tiles->streams ? 1 : 0;
            const dnnl::memory foundMemory = computed(way, spec);
            const std::span<const float> found = valuesOf(foundMemory);
            double squares = 0;
            for (std::size_t i = 0; i < expected.size(); ++i) {
                const float rounding = type == Type::bf16 ? kNarrowRounding * std::abs(expected[i]) : 0;
                const float tolerance = way.isNarrow ? kNarrowTolerance : kTolerance;
                const float error = std::abs(found[i] - expected[i]);
                squares += double{error} * double{error};
                if (!(error <= tolerance + rounding))
                    QFAIL(qPrintable(QString("%1: %2 instead of %3 at %4")
                                         .arg(QString::fromStdString(way.name))
                                         .arg(found[i])
                                         .arg(expected[i])
                                         .arg(i)));
            }
            QVERIFY2(std::sqrt(squares / static_cast<double>(expected.size())) < kNarrowDeviation,
                     way.name.c_str());
        }
        const bool hasTiles = shape.kernel == 3 && (type == Type::f32 || hasNarrowProducts());
        // In bf16 tiles of 4 are for few of them.
        const auto tiles = [&](dnnl::memory::dim side) { return (outputs(side) + 3) / 4; };
        const bool areFew = 2 * tiles(shape.height) * tiles(shape.width) < shape.out;
        const auto expectedSides = !hasTiles                       ? std::set<std::size_t>()
                                   : type == Type::bf16 && !areFew ? std::set<std::size_t>{3}
                                                                   : std::set<std::size_t>{3, 4};
        QCOMPARE(sides, expectedSides);
        QCOMPARE(pastCaches, sides.size());
        const bool hasPointwise =
            shape.kernel == 1 && shape.padding == 0 && layout == Tag::nChw16c && hasPointwiseProducts();
        QCOMPARE(pointwise, std::size_t{hasPointwise ? 1U : 0U});
    }

    void waysBehindANormAgree_data() {
        QTest::addColumn<Shape>("shape");
        QTest::addColumn<Tag>("layout");
        QTest::addColumn<Type>("type");
        QTest::addColumn<double>("ceiling"); // of the norm's ReLU; 0: none
        for (const auto& [type, of] : {std::pair{Type::f32, "fp32"}, std::pair{Type::bf16, "bf16"}}) {
            const auto row = [&, type = type, of = of](const char* what, Shape shape, double ceiling,
                                                       Tag layout = Tag::nChw16c) {
                QTest::addRow("%s, %s", of, what) << shape << layout << type << ceiling;
            };
            row("pixels are shared out", {96, 32, 11, 13, 0}, 0);
            row("outputs are shared out", {96, 128, 7, 7, 0}, 0);
            row("several parts of the inputs", {1056, 64, 9, 9, 0}, 0);
            row("several bands and parts", {1056, 64, 15, 15, 0}, 0);
            row("several bands and parts, one block of outputs", {1056, 48, 15, 15, 0}, 0);
            row("several bands of pixels", {64, 48, 40, 31, 0}, 0);
            row("one panel", {32, 16, 3, 3, 0}, 0);
            row("one pixel", {48, 80, 1, 1, 0}, 0);
            row("a ceiling", {64, 64, 6, 6, 0}, kCeiling);
        }
        QTest::addRow("fp32, blocks of 8") << Shape{24, 40, 9, 9, 0} << Tag::nChw8c << Type::f32 << 0.0;
    }

    void waysBehindANormAgree() {
        QFETCH(Shape, shape);
        QFETCH(Tag, layout);
        QFETCH(Type, type);
        QFETCH(double, ceiling);
        const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
        dnnl::stream stream(engine);
        const op::Activation relu{.ceiling = ceiling}, behind;
        const auto in = static_cast<std::size_t>(shape.in), out = static_cast<std::size_t>(shape.out),
                   pixels = static_cast<std::size_t>(shape.height * shape.width);
        const dnnl::memory plainSource =
            filled({{1, shape.in, shape.height, shape.width}, Type::f32, Tag::nchw}, engine, 1, 1);
        const dnnl::memory weights = filled({{shape.out, shape.in, 1, 1}, Type::f32, Tag::oihw}, engine, 2,
                                            1 / std::sqrt(static_cast<float>(shape.in)));
        const dnnl::memory bias = filled({{shape.out}, Type::f32, Tag::x}, engine, 3, 1);
        std::mt19937 random(4);
        ConvolutionSpec spec{.source = {{1, shape.in, shape.height, shape.width}, type, layout},
                             .weights = {{shape.out, shape.in, 1, 1}, type, Tag::any},
                             .bias = bias.get_desc(),
                             .target = {{1, shape.out, shape.height, shape.width}, type, layout},
                             .window = {{1, 1}, {0, 0}, {0, 0}},
                             .epilogue = {false, &behind}};
        spec.norm = std::make_shared<const NormBefore>(
            NormBefore{reordered(plainSource, spec.source, engine, stream), numbers(in, random),
                       numbers(in, random), clampOf(relu)});

        std::vector<double> expected(out * pixels);
        const auto rounded = [&](float value) {
            return type == Type::bf16 ? toFloat(toBfloat16(value)) : value;
        };
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            for (std::size_t k = 0; k < out; ++k) {
                double sum = double{valuesOf(bias)[k]};
                for (std::size_t c = 0; c < in; ++c) {
                    const float normed =
                        valuesOf(plainSource)[c * pixels + pixel] * spec.norm->scale[c] + spec.norm->shift[c];
                    const float within =
                        std::clamp(normed, 0.0F, ceiling > 0 ? static_cast<float>(ceiling) : Clamp().high);
                    sum += double{rounded(within)} * double{valuesOf(weights)[k * in + c]};
                }
                expected[k * pixels + pixel] = std::max(sum, 0.0);
            }
        }
        QVERIFY(std::ranges::any_of(expected, [](double value) { return value > 0.1; }));

        const dnnl::memory untouched({{1, shape.out, shape.height, shape.width}, Type::f32, Tag::nchw},
                                     engine);
        std::ranges::fill_n(static_cast<float*>(untouched.get_data_handle()),
                            static_cast<std::ptrdiff_t>(out * pixels),
                            std::numeric_limits<float>::quiet_NaN());
        std::size_t atOnce = 0;
        for (const ConvolutionWay& way : waysOf(spec, engine, true)) {
            atOnce += way.pointwise ? 1 : 0;
            const dnnl::memory target = reordered(untouched, spec.target, engine, stream);
            compute(way, spec,
                    {{DNNL_ARG_SRC, dnnl::memory(spec.source, engine)},
                     {DNNL_ARG_BIAS, bias},
                     {DNNL_ARG_DST, target}},
                    weights, engine, stream);
            const dnnl::memory foundMemory = reordered(
                target, {{1, shape.out, shape.height, shape.width}, Type::f32, Tag::nchw}, engine, stream);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                // In bf16 a product more or less may round a normed value the other way.
                const double tolerance =
                    type == Type::bf16 ? 0.01 + double{kNarrowRounding} * expected[i] : double{kTolerance};
                const double found = double{valuesOf(foundMemory)[i]};
                if (!(std::abs(found - expected[i]) <= tolerance))
                    QFAIL(qPrintable(QString("%1: %2 instead of %3 at %4")
                                         .arg(QString::fromStdString(way.name))
                                         .arg(found)
                                         .arg(expected[i])
                                         .arg(i)));
            }
        }
        const bool fits = layout == Tag::nChw16c && hasPointwiseProducts();
        QCOMPARE(atOnce, std::size_t{fits ? 1U : 0U});
    }

    void whatIsNoNumberStaysSo_data() {
        QTest::addColumn<Type>("type");
        QTest::addColumn<bool>("hasNorm");
        QTest::newRow("fp32") << Type::f32 << false;
        QTest::newRow("bf16") << Type::bf16 << false;
        QTest::newRow("fp32, behind a norm") << Type::f32 << true;
        QTest::newRow("bf16, behind a norm") << Type::bf16 << true;
    }
    void whatIsNoNumberStaysSo() {
        QFETCH(Type, type);
        QFETCH(bool, hasNorm);
        const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
        dnnl::stream stream(engine);
        const dnnl::memory::desc plain({1, 32, 4, 4}, Type::f32, Tag::nchw);
        const dnnl::memory source = filled(plain, engine, 1, 1);
        static_cast<float*>(source.get_data_handle())[5] = std::numeric_limits<float>::quiet_NaN();
        const dnnl::memory weights = filled({{32, 32, 1, 1}, Type::f32, Tag::oihw}, engine, 2, 1);
        const dnnl::memory bias = filled({{32}, Type::f32, Tag::x}, engine, 3, 1);
        const op::Activation relu;
        ConvolutionSpec spec{.source = {{1, 32, 4, 4}, type, Tag::nChw16c},
                             .weights = {{32, 32, 1, 1}, type, Tag::any},
                             .bias = bias.get_desc(),
                             .target = {{1, 32, 4, 4}, type, Tag::nChw16c},
                             .window = {{1, 1}, {0, 0}, {0, 0}},
                             .epilogue = {}};
        const dnnl::memory blocked = reordered(source, spec.source, engine, stream);
        if (hasNorm)
            spec.norm = std::make_shared<const NormBefore>(
                NormBefore{blocked, std::vector(32, 1.0F), std::vector(32, 0.0F), clampOf(relu)});
        else
            spec.epilogue.activation = &relu;
        for (const ConvolutionWay& way : waysOf(spec, engine, true)) {
            if (!hasNorm && !way.pointwise)
                continue; // oneDNN's ReLU makes zeros
            const dnnl::memory target = reordered(filled(plain, engine, 4, 1), spec.target, engine, stream);
            compute(way, spec,
                    {{DNNL_ARG_SRC, hasNorm ? dnnl::memory(spec.source, engine) : blocked},
                     {DNNL_ARG_BIAS, bias},
                     {DNNL_ARG_DST, target}},
                    weights, engine, stream);
            const dnnl::memory found = reordered(target, plain, engine, stream);
            for (std::size_t i = 0; i < valuesOf(found).size(); ++i)
                QVERIFY2(std::isnan(valuesOf(found)[i]) == (i % 16 == 5), way.name.c_str());
        }
    }

    void onlyWhatFitsIsDoneInTiles() {
        const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
        const op::Activation smooth{.curve = op::Curve::Gelu};
        const auto ways = [&](dnnl::memory::dim side, dnnl::memory::dim stride,
                              const op::Activation* activation, dnnl::memory::dim channels = 16) {
            const dnnl::memory::dim out = (16 - 1) / stride + 1, padding = side / 2;
            const ConvolutionSpec spec{.source = {{1, channels, 16, 16}, Type::f32, Tag::nChw8c},
                                       .weights = {{16, channels, side, side}, Type::f32, Tag::any},
                                       .bias = {{16}, Type::f32, Tag::x},
                                       .target = {{1, 16, out, out}, Type::f32, Tag::nChw8c},
                                       .window = {{stride, stride}, {padding, padding}, {padding, padding}},
                                       .epilogue = {false, activation}};
            return waysOf(spec, engine, true);
        };
        const auto hasTiles = [](const std::vector<ConvolutionWay>& found) {
            return std::ranges::any_of(found,
                                       [](const ConvolutionWay& way) { return way.tiles.has_value(); });
        };
        QVERIFY(hasTiles(ways(3, 1, nullptr)));
        QVERIFY(!hasTiles(ways(3, 2, nullptr)));
        QVERIFY(!hasTiles(ways(5, 1, nullptr)));
        QVERIFY(!hasTiles(ways(3, 1, &smooth)));
        QVERIFY(!hasTiles(ways(3, 1, nullptr, 12))); // not whole blocks
    }

    // Of every number of rows that are summed together.
    void productsAreThoseOfMatrices_data() {
        QTest::addColumn<std::size_t>("panel");
        for (const std::size_t panel : {8U, 16U, 32U})
            QTest::addRow("panels of %zu", panel) << panel;
    }
    void productsAreThoseOfMatrices() {
        QFETCH(std::size_t, panel);
        for (std::size_t rows = 1; rows <= 17; ++rows) {
            const ProductDims dims{
                3, rows, 24, 3 * panel, panel, rows * 24, 24 * 3 * panel, rows * 3 * panel};
            std::mt19937 random(static_cast<std::uint32_t>(rows));
            const std::vector<float> left = numbers(dims.count * dims.leftPlane, random),
                                     right = numbers(dims.count * dims.rightPlane, random);
            std::vector<float> result(dims.count * dims.resultPlane, -1);
            multiply(dims, left.data(), right.data(), result.data(), onOpenMpThreads);
            QVERIFY(isProduct(dims, left, right, result));
        }
    }

    void narrowProductsAreThoseOfMatrices_data() {
        QTest::addColumn<std::size_t>("panel");
        for (const std::size_t panel : {16U, 32U})
            QTest::addRow("panels of %zu", panel) << panel;
    }
    void narrowProductsAreThoseOfMatrices() {
        if (!hasNarrowProducts())
            QSKIP("This processor does not multiply numbers in bf16.");
        QFETCH(std::size_t, panel);
        constexpr std::size_t kInner = 24;
        for (std::size_t rows = 1; rows <= 17; ++rows) {
            const ProductDims dims{
                3, rows, kInner, 3 * panel, panel, rows * kInner, kInner * 3 * panel, rows * 3 * panel};
            std::mt19937 random(static_cast<std::uint32_t>(rows));
            std::vector<float> left = numbers(dims.count * dims.leftPlane, random),
                               right = numbers(dims.count * dims.rightPlane, random);
            std::vector<Bfloat16> narrowLeft(left.size()), narrowRight(right.size());
            narrowRows(left.data(), left.size() / 16, narrowLeft.data(), 16);
            for (std::size_t i = 0; i < left.size(); ++i) {
                if (i >= left.size() / 16 * 16)
                    narrowLeft[i] = toBfloat16(left[i]);
                QCOMPARE(narrowLeft[i].bits, toBfloat16(left[i]).bits);
                left[i] = toFloat(narrowLeft[i]);
            }
            for (std::size_t i = 0; i < right.size(); ++i) {
                const std::size_t k = i / panel % kInner, first = i / (panel * kInner) * panel * kInner;
                Bfloat16& narrow = narrowRight[first + (k / 2 * panel + i % panel) * 2 + k % 2];
                narrow = toBfloat16(right[i]);
                right[i] = toFloat(narrow);
            }
            std::vector<float> result(dims.count * dims.resultPlane, -1);
            multiply(dims, narrowLeft.data(), narrowRight.data(), result.data(), onOpenMpThreads);
            QVERIFY(isProduct(dims, left, right, result));
        }
    }

    void productsOfPanelsAreAdded_data() { productsAreThoseOfMatrices_data(); }
    void productsOfPanelsAreAdded() {
        QFETCH(std::size_t, panel);
        for (const std::size_t rows : {8U, 16U, 40U}) {
            const ProductDims dims{
                3, rows, 20, 3 * panel, panel, rows * 20, 20 * 3 * panel, rows * 3 * panel};
            std::mt19937 random(static_cast<std::uint32_t>(rows));
            const std::vector<float> left = numbers(dims.count * dims.leftPlane, random),
                                     right = numbers(dims.count * dims.rightPlane, random),
                                     before = numbers(dims.count * dims.resultPlane, random);
            std::vector<float> result = before;
            addProductsOfPanels(dims, left.data(), right.data(), result.data(), onOpenMpThreads);
            for (std::size_t i = 0; i < result.size(); ++i) {
                const double expected =
                    double{before[i]} +
                    product(dims, i, right, [&](std::size_t of, std::size_t row, std::size_t k) {
                        return left[of * dims.leftPlane + (row / 8 * dims.inner + k) * 8 + row % 8];
                    });
                QVERIFY(std::abs(result[i] - expected) < 1e-5 * std::max(1.0, std::abs(expected)));
            }
        }
    }

    void panelsDivideTheChannels() {
        for (const std::size_t channels : {8U, 24U, 48U, 64U, 512U}) {
            const std::size_t panel = panelFor(channels);
            QVERIFY(channels % panel == 0 && panel % 8 == 0 && panel <= 32);
        }
    }
};

QTEST_APPLESS_MAIN(TestConvolutionWays)
#include "TestConvolutionWays.moc"
