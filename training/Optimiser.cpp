#include "training/Optimiser.h"

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

namespace hilum {
namespace {

namespace optim = torch::optim;

// Options of one group; kind decides the type.
std::unique_ptr<optim::OptimizerOptions> groupOptions(const OptimiserConfig& config, double weightDecay) {
    switch (config.kind) {
    case OptimiserKind::Adam:
        return std::make_unique<optim::AdamOptions>(
            optim::AdamOptions(config.learningRate).weight_decay(weightDecay));
    case OptimiserKind::AdamW:
        return std::make_unique<optim::AdamWOptions>(
            optim::AdamWOptions(config.learningRate).weight_decay(weightDecay));
    case OptimiserKind::Sgd:
        break;
    }
    return std::make_unique<optim::SGDOptions>(
        optim::SGDOptions(config.learningRate).momentum(config.momentum).weight_decay(weightDecay));
}

} // namespace

std::unique_ptr<optim::Optimizer> makeOptimiser(const Network& network, const OptimiserConfig& config) {
    std::vector<at::Tensor> decayed, others;
    for (const at::Tensor& parameter : network.parameters()) {
        if (parameter.requires_grad())
            (parameter.dim() > 1 ? decayed : others).push_back(parameter);
    }
    std::vector<optim::OptimizerParamGroup> groups;
    if (!decayed.empty())
        groups.emplace_back(decayed, groupOptions(config, config.weightDecay));
    if (!others.empty())
        groups.emplace_back(others, groupOptions(config, 0));
    switch (config.kind) {
    case OptimiserKind::Adam:
        return std::make_unique<optim::Adam>(groups, optim::AdamOptions(config.learningRate));
    case OptimiserKind::AdamW:
        return std::make_unique<optim::AdamW>(groups, optim::AdamWOptions(config.learningRate));
    case OptimiserKind::Sgd:
        break;
    }
    return std::make_unique<optim::SGD>(groups, optim::SGDOptions(config.learningRate));
}

void setLearningRate(optim::Optimizer& optimiser, double learningRate) {
    for (auto& group : optimiser.param_groups())
        group.options().set_lr(learningRate);
}

void setMomentum(optim::Optimizer& optimiser, OptimiserKind kind, double momentum) {
    for (auto& group : optimiser.param_groups()) {
        if (kind == OptimiserKind::Sgd) {
            static_cast<optim::SGDOptions&>(group.options()).momentum(momentum);
        } else if (kind == OptimiserKind::Adam) {
            auto& options = static_cast<optim::AdamOptions&>(group.options());
            options.betas({momentum, std::get<1>(options.betas())});
        } else {
            auto& options = static_cast<optim::AdamWOptions&>(group.options());
            options.betas({momentum, std::get<1>(options.betas())});
        }
    }
}

} // namespace hilum
