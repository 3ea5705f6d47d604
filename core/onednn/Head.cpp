#include "core/onednn/Head.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <numeric>

namespace hilum {
namespace {

constexpr std::size_t kLarge = std::size_t{1} << 20; // weights

// Where PyTorch's adaptive pooling begins and ends the window of one cell.
std::pair<int, int> window(int cell, int cells, int size) {
    return {cell * size / cells, ((cell + 1) * size + cells - 1) / cells};
}

// C × h × w -> C × grid.
std::vector<float> adaptivelyPooled(const std::vector<float>& map, Extent extent, Extent grid) {
    const auto pixels = static_cast<std::size_t>(extent.area());
    std::vector<float> pooled;
    for (std::size_t first = 0; first < map.size(); first += pixels) {
        for (int row = 0; row < grid.height; ++row) {
            const auto [top, bottom] = window(row, grid.height, extent.height);
            for (int column = 0; column < grid.width; ++column) {
                const auto [left, right] = window(column, grid.width, extent.width);
                float sum = 0;
                for (int y = top; y < bottom; ++y) {
                    const float* begin = map.data() + first + static_cast<std::size_t>(y * extent.width);
                    sum = std::accumulate(begin + left, begin + right, sum);
                }
                pooled.push_back(sum / static_cast<float>((bottom - top) * (right - left)));
            }
        }
    }
    return pooled;
}

// Of windows that do not overlap: C × h × w -> C × h' × w'.
std::vector<float> maxPooled(const std::vector<float>& map, Extent extent, Extent kernel) {
    const int rows = extent.height / kernel.height, columns = extent.width / kernel.width;
    const auto pixels = static_cast<std::size_t>(extent.area());
    std::vector<float> pooled;
    pooled.reserve(map.size() / static_cast<std::size_t>(kernel.area()));
    for (std::size_t first = 0; first < map.size(); first += pixels) {
        for (int row = 0; row < rows; ++row) {
            for (int column = 0; column < columns; ++column) {
                float most = -std::numeric_limits<float>::infinity();
                for (int y = row * kernel.height; y < (row + 1) * kernel.height; ++y) {
                    const float* begin = map.data() + first + y * extent.width + column * kernel.width;
                    most = std::max(most, *std::max_element(begin, begin + kernel.width));
                }
                pooled.push_back(most);
            }
        }
    }
    return pooled;
}

float normalDistribution(float x) { return 0.5F * (1 + std::erf(x * std::numbers::sqrt2_v<float> / 2)); }
float logistic(float x) { return 1 / (1 + std::exp(-x)); }

float activated(float x, op::Curve curve) {
    switch (curve) {
    case op::Curve::Gelu:
        return x * normalDistribution(x);
    case op::Curve::Swish:
        return x * logistic(x);
    case op::Curve::Relu:
        break;
    }
    return std::max(x, 0.0F);
}

// The derivative.
float slope(float x, op::Curve curve) {
    switch (curve) {
    case op::Curve::Gelu: {
        const float density =
            std::exp(-x * x / 2) * std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>;
        return normalDistribution(x) + x * density;
    }
    case op::Curve::Swish:
        return logistic(x) * (1 + x * (1 - logistic(x)));
    case op::Curve::Relu:
        break;
    }
    return x > 0 ? 1.0F : 0.0F;
}

// relu(Σ_c weights[k][c] / cells × map[c]) for every k.
std::vector<FloatImage> mapsOf(const std::vector<float>& weights, const std::vector<float>& map,
                               Extent extent) {
    const auto pixels = static_cast<std::size_t>(extent.area());
    const std::size_t channels = map.size() / pixels;
    std::vector<FloatImage> maps;
    for (std::size_t first = 0; first < weights.size(); first += channels) {
        FloatImage image(extent.width, extent.height);
        multiplyTransposed(map.data(), std::span(weights).subspan(first, channels), channels, pixels,
                           image.values);
        for (float& value : image.values)
            value = std::max(value / static_cast<float>(pixels), 0.0F);
        maps.push_back(std::move(image));
    }
    return maps;
}

} // namespace

std::vector<float> Head::Matrix::times(std::span<const float> vector) const {
    std::vector<float> result(rows());
    const auto by = [&](const auto& values) {
        if (!isTurned) {
            multiply(values.data(), vector, bias, result);
            return;
        }
        multiplyTransposed(values.data(), vector, columns, rows(), result);
        for (std::size_t i = 0; i < bias.size(); ++i)
            result[i] += bias[i];
    };
    if (narrow.empty())
        by(weight);
    else
        by(narrow);
    return result;
}

std::vector<float> Head::Matrix::timesFromLeft(std::span<const float> left) const {
    std::vector<float> result(left.size() / rows() * columns);
    if (narrow.empty())
        multiplyTransposed(weight.data(), left, rows(), columns, result);
    else
        multiplyTransposed(narrow.data(), left, rows(), columns, result);
    return result;
}

std::optional<Head> Head::make(const Graph& graph, const TensorIndex& tensors, bool bfloat16) {
    const std::optional<HeadForm> form = closedHeadForm(graph);
    if (!form)
        return std::nullopt;
    Head head;
    head.m_form = *form;
    if (form->maxPool != kNoNode)
        head.m_maxPool = graph.as<op::MaxPool>(form->maxPool)->kernel;
    const auto addMatrix = [&](const auto& layer) {
        const TensorView& weight = *tensors.at(layer.name + ".weight");
        Matrix matrix;
        matrix.columns = static_cast<std::size_t>(layer.in);
        const bool usable = weight.type == TensorType::F32 &&
                            reinterpret_cast<std::uintptr_t>(weight.bytes.data()) % alignof(float) == 0;
        if (usable) {
            matrix.weight = {reinterpret_cast<const float*>(weight.bytes.data()), weight.elements()};
        } else {
            matrix.owned = toFloats(weight);
            matrix.weight = matrix.owned;
        }
        if (layer.bias != Bias::None)
            matrix.bias = toFloats(*tensors.at(layer.name + ".bias"));
        head.m_layers.push_back(std::move(matrix));
    };
    for (const NodeId id : form->linears)
        addMatrix(*graph.as<op::Linear>(id));
    if (form->convolution != kNoNode)
        addMatrix(*graph.as<op::Convolution>(form->convolution));
    head.sumOverGrid();
    if (bfloat16)
        head.narrowLargeMatrices();
    head.turnFirstMatrix();
    return head;
}

void Head::narrowLargeMatrices() {
    for (Matrix& matrix : m_layers) {
        if (&matrix == &m_layers.back() || matrix.weight.size() < kLarge)
            continue;
        matrix.narrow.resize(matrix.weight.size());
        narrow(matrix.weight, matrix.narrow.data());
        matrix.weight = {};
        std::vector<float>().swap(matrix.owned); // gives its memory back
    }
}

void Head::turnFirstMatrix() {
    Matrix& first = m_layers.front();
    const bool hasMapsWithoutIt = !m_perChannel.empty();
    if (!hasMapsWithoutIt || first.rows() * first.columns < kLarge)
        return;
    if (first.narrow.empty()) {
        first.owned = turned(first.weight, first.columns);
        first.weight = first.owned;
    } else {
        first.narrow = turned(std::span<const Bfloat16>(first.narrow), first.columns);
    }
    first.isTurned = true;
}

void Head::sumOverGrid() {
    const auto cells = static_cast<std::ptrdiff_t>(m_form.grid.area());
    if (cells == 1)
        return;
    const std::span<const float> weight = m_layers.front().weight;
    m_perChannel.resize(weight.size() / static_cast<std::size_t>(cells));
    const auto sums = static_cast<std::ptrdiff_t>(m_perChannel.size());
#pragma omp parallel for schedule(static)
    for (std::ptrdiff_t i = 0; i < sums; ++i) {
        const auto first = weight.begin() + i * cells;
        m_perChannel[static_cast<std::size_t>(i)] = std::accumulate(first, first + cells, 0.0F);
    }
}

// With δ the gradient behind a layer and f' the activation's slope: δ_last = W_last, δ_i = (δ_(i+1) f'(h))
// W_i; the first matrix summed over the cells of the grid (Network::closedForm says why).
std::vector<float> Head::camWeights(const std::vector<std::vector<float>>& slopes) const {
    std::vector<float> delta(m_layers.back().weight.begin(), m_layers.back().weight.end());
    if (m_layers.size() == 1)
        return m_perChannel.empty() ? delta : m_perChannel;
    const std::size_t labels = m_layers.back().rows();
    for (std::size_t layer = m_layers.size() - 1; layer-- > 0;) {
        const std::vector<float>& own = slopes[layer];
        for (std::size_t i = 0; i < delta.size(); ++i)
            delta[i] *= own[i % own.size()];
        if (layer > 0 || m_perChannel.empty()) {
            delta = m_layers[layer].timesFromLeft(delta);
            continue;
        }
        const std::size_t rows = own.size(), columns = m_perChannel.size() / rows;
        std::vector<float> next(labels * columns);
        multiplyTransposed(m_perChannel.data(), delta, rows, columns, next);
        delta = std::move(next);
    }
    return delta;
}

// Network::perCellForm says why.
EngineOutput Head::runPerCell(const std::vector<float>& featureMap, Extent extent, Explain explain) const {
    const auto pixels = static_cast<std::size_t>(extent.area());
    const Matrix& layer = m_layers.front();
    std::vector<float> perCell(layer.rows() * pixels);
    multiplyTransposed(featureMap.data(), layer.weight, layer.columns, pixels, perCell);
    for (std::size_t i = 0; i < perCell.size() && !layer.bias.empty(); ++i)
        perCell[i] += layer.bias[i / pixels];
    const std::vector<float> open = rectify(perCell, pixels);
    EngineOutput output{adaptivelyPooled(perCell, extent, 1), {}};
    if (explain == Explain::No)
        return output;
    std::vector<float> weights(layer.weight.begin(), layer.weight.end());
    for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] *= open[i / layer.columns];
    output.maps = mapsOf(weights, featureMap, extent);
    return output;
}

EngineOutput Head::run(std::vector<float> featureMap, Extent extent, Explain explain) const {
    if (m_form.convolution != kNoNode)
        return runPerCell(featureMap, extent, explain);
    const auto pixels = static_cast<std::size_t>(extent.area());
    std::vector<float> open;
    if (m_form.rectified)
        open = rectify(featureMap, pixels);
    const auto pooled = [&] {
        if (m_maxPool == Extent(1))
            return adaptivelyPooled(featureMap, extent, m_form.grid);
        const Extent smaller{extent.height / m_maxPool.height, extent.width / m_maxPool.width};
        return adaptivelyPooled(maxPooled(featureMap, extent, m_maxPool), smaller, m_form.grid);
    };
    std::vector<float> x = pooled();
    std::vector<std::vector<float>> slopes; // of the hidden layers
    for (const Matrix& layer : m_layers) {
        x = layer.times(x);
        if (&layer == &m_layers.back())
            break;
        std::vector<float>& own = slopes.emplace_back(x);
        std::ranges::transform(own, own.begin(), [this](float value) { return slope(value, m_form.hidden); });
        std::ranges::transform(x, x.begin(), [this](float value) { return activated(value, m_form.hidden); });
    }
    EngineOutput output{std::move(x), {}};
    if (explain == Explain::No)
        return output;
    std::vector<float> weights = camWeights(slopes);
    for (std::size_t i = 0; i < weights.size() && !open.empty(); ++i)
        weights[i] *= open[i % open.size()];
    output.maps = mapsOf(weights, featureMap, extent);
    return output;
}

} // namespace hilum
