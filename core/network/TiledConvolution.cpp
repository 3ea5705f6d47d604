#include "core/network/TiledConvolution.h"

#include <algorithm>
#include <functional>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/kernels/Scratch.h"
#include "core/kernels/TileProducts.h"
#include "core/kernels/Winograd.h"
#include "core/network/Autocast.h"

namespace hilum {
namespace {

constexpr std::int64_t kBlock = 8;        // channels
constexpr std::int64_t kFewestTiles = 48; // of a batch; for fewer the weights' transforms are not worth it
// Of those of the plain sum; above that the transforms are not worth it.
constexpr double kMostMultiplications = 0.6;

void onTorchThreads(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work) {
    at::parallel_for(0, static_cast<std::int64_t>(count), 1, [&](std::int64_t first, std::int64_t last) {
        work(static_cast<std::size_t>(first), static_cast<std::size_t>(last));
    });
}

thread_local Scratch weightScratch;

std::size_t blockOf(std::int64_t channels) { return channels % (2 * kBlock) == 0 ? 2 * kBlock : kBlock; }

ChannelLayout layoutOf(const at::Tensor& x, std::size_t block) {
    const auto side = [&](std::int64_t dimension) { return static_cast<std::size_t>(x.size(dimension)); };
    return byPixels(side(2), side(3), side(1), block);
}

WinogradTiles tilesOf(const at::Tensor& source, const at::Tensor& target, std::size_t block, Extent padding) {
    WinogradTiles tiles;
    tiles.source = layoutOf(source, block);
    tiles.target = layoutOf(target, block);
    tiles.films = static_cast<std::size_t>(source.size(0));
    tiles.block = block;
    tiles.paddingTop = static_cast<std::size_t>(padding.height);
    tiles.paddingLeft = static_cast<std::size_t>(padding.width);
    return tiles;
}

WeightStrides stridesOf(const at::Tensor& weight) {
    const auto stride = [&](std::int64_t dimension) {
        return static_cast<std::size_t>(weight.stride(dimension));
    };
    return {stride(0), stride(1), stride(3)};
}

// With the taps row by row.
at::Tensor inTaps(const at::Tensor& weight) {
    return weight.stride(2) == 3 * weight.stride(3) ? weight : weight.contiguous();
}

// isTurned: of filters turned by 180°, strides the other way round.
void convolve(const at::Tensor& source, const at::Tensor& weight, const WeightStrides& strides, bool isTurned,
              const float* bias, Extent padding, const at::Tensor& target) {
    const std::size_t block = std::min(blockOf(source.size(1)), blockOf(target.size(1)));
    const WinogradTiles tiles = tilesOf(source, target, block, padding);
    const std::size_t in = tiles.source.channels, out = tiles.target.channels;
    const std::size_t plane = winogradPlane(in * out);
    float* const filters = weightScratch.of(tiles.products() * plane);
    packWinogradWeights(weight.data_ptr<float>(), strides, out, in, tiles.side, isTurned, filters, plane,
                        onTorchThreads);
    ConvolutionEpilogue epilogue;
    epilogue.bias = bias;
    convolveInTiles(source.data_ptr<float>(), tiles, {filters, plane}, epilogue, target.data_ptr<float>(),
                    onTorchThreads);
}

at::Tensor weightGradient(const at::Tensor& x, const at::Tensor& gradient, const at::Tensor& weight,
                          Extent padding) {
    const WinogradTiles tiles = tilesOf(x, gradient, kBlock, padding);
    at::Tensor result = at::empty_like(weight);
    weightGradientInTiles(x.data_ptr<float>(), gradient.data_ptr<float>(), tiles, stridesOf(result),
                          result.data_ptr<float>(), onTorchThreads);
    return result;
}

// bias: empty where there is none.
class Tiled : public torch::autograd::Function<Tiled> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& weight, const at::Tensor& bias, Extent padding) {
        context->save_for_backward({x, weight});
        context->saved_data["padding"] = std::vector<std::int64_t>{padding.height, padding.width};
        const at::Tensor taps = inTaps(weight);
        const std::int64_t rows = x.size(2) + 2 * padding.height - 2,
                           columns = x.size(3) + 2 * padding.width - 2;
        const at::Tensor y = at::empty({x.size(0), weight.size(0), rows, columns},
                                       x.options().requires_grad(false), at::MemoryFormat::ChannelsLast);
        convolve(x, taps, stridesOf(taps), false, bias.numel() > 0 ? bias.data_ptr<float>() : nullptr,
                 padding, y);
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], weight = inTaps(saved[1]);
        const at::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        const auto sides = context->saved_data["padding"].toIntVector();
        const Extent padding{static_cast<int>(sides[0]), static_cast<int>(sides[1])};
        at::Tensor ofInput, ofWeight, ofBias;
        if (context->needs_input_grad(0)) {
            ofInput = at::empty_like(x, at::MemoryFormat::ChannelsLast);
            const WeightStrides strides = stridesOf(weight);
            convolve(gradient, weight, {strides.input, strides.output, strides.tap}, true, nullptr,
                     {2 - padding.height, 2 - padding.width}, ofInput);
        }
        if (context->needs_input_grad(1))
            ofWeight = weightGradient(x, gradient, weight, padding);
        if (context->needs_input_grad(2))
            ofBias = gradient.sum({0, 2, 3});
        return {ofInput, ofWeight, ofBias, at::Tensor()};
    }
};

} // namespace

bool isFasterInTiles(const op::Convolution& convolution, const at::Tensor& x) {
    if (!hasWideProducts() || convolution.kernel != Extent(3) || convolution.stride != Extent(1) ||
        convolution.groups != 1 || convolution.padding.height > 2 || convolution.padding.width > 2 ||
        convolution.in % kBlock != 0 || convolution.out % kBlock != 0 || x.size(1) != convolution.in ||
        !x.device().is_cpu() || x.scalar_type() != at::kFloat || castsToBf16(at::kCPU) ||
        !x.is_contiguous(at::MemoryFormat::ChannelsLast))
        return false;
    const std::int64_t rows = x.size(2) + 2 * convolution.padding.height - 2,
                       columns = x.size(3) + 2 * convolution.padding.width - 2;
    const std::int64_t tiles = (rows + 3) / 4 * ((columns + 3) / 4);
    return rows > 0 && columns > 0 && x.size(0) * tiles >= kFewestTiles &&
           static_cast<double>(tiles * std::int64_t{winogradProducts(4)}) <=
               kMostMultiplications * static_cast<double>(rows * columns * std::int64_t{kWinogradTaps});
}

at::Tensor tiledConvolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            Extent padding) {
    return Tiled::apply(
        x, weight, bias.defined() ? bias : at::empty({0}, weight.options().requires_grad(false)), padding);
}

} // namespace hilum
