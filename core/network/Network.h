// A network of core/graph on LibTorch, for training and reading: features() + head(), cut at the layer that
// Grad-CAM looks at. Module and parameter names are torchvision's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <torch/nn/module.h>

#include "core/domain/Result.h"
#include "core/graph/Graph.h"
#include "core/graph/HeadForm.h"
#include "core/graph/Networks.h"
#include "core/graph/Schedule.h"
#include "core/graph/TrainingFusion.h"

namespace hilum {

// One forward pass through the head together with what Grad-CAM needs of its gradient.
struct HeadPass {
    torch::Tensor logits; // N × K
    torch::Tensor camWeights; // N × K × C: mean over positions of ∂ logit_k / ∂ A_c (α of arXiv 1610.02391)
    torch::Tensor activations; // N × C × h × w: the A that the weights apply to
};

struct TrainingPass {
    torch::Tensor logits;          // N × K
    torch::Tensor auxiliaryLogits; // N × K; undefined where the graph has none
};

enum class Weights {
    Initial,   // as the graph says, from torch's global generator
    Undefined, // memory as it comes: for a caller that fills in every one
};

class Network : public torch::nn::Module {
public:
    explicit Network(Graph graph, Weights weights = Weights::Initial);

    // Images N × P × S × S, normalised -> feature map N × C × h × w.
    torch::Tensor features(const torch::Tensor& images);
    // Feature map -> logits N × K.
    torch::Tensor head(const torch::Tensor& featureMap);
    torch::Tensor forward(const torch::Tensor& images) { return head(features(images)); }
    TrainingPass forwardWithAuxiliary(const torch::Tensor& images);
    // Any other part: the value of part.from -> the value of part.to.
    torch::Tensor run(const Stretch& part, const torch::Tensor& value) const;

    // Closed form where the head has one, else by autograd through the head; both equal a full backward pass.
    // Call in eval mode, without gradients; single-threaded.
    HeadPass headWithCam(const torch::Tensor& featureMap);

    [[nodiscard]] const Graph& graph() const { return m_graph; }
    // That of its weights, which all stand on one; inputs must, too.
    [[nodiscard]] torch::Device device() const;
    [[nodiscard]] const std::vector<std::string>& headPrefixes() const { return m_graph.headPrefixes; }
    [[nodiscard]] const std::vector<std::string>& lastBlockPrefixes() const {
        return m_graph.lastBlockPrefixes;
    }

private:
    class Pass;
    struct Layer { // of one node; what it has no use for stays empty
        torch::Tensor weight;
        torch::Tensor bias;
        std::shared_ptr<torch::nn::Module> norm; // a BatchNorm2d
    };

    Graph m_graph;
    std::vector<Layer> m_layers; // by node
    Stretch m_features;
    Stretch m_head;
    std::vector<Step> m_auxiliarySteps; // to the feature map and the auxiliary logits
    std::optional<HeadForm> m_headForm;
    std::vector<TrainingRole> m_roles; // by node

    torch::Tensor m_summedWeight; // first linear layer of the head, summed over the cells of the grid: U × C
    torch::Tensor m_summedFrom;   // the weight it was derived from
    std::int64_t m_summedVersion = -1;

    void registerLayers(Weights weights);
    // Values by node; those that are given are inputs, the others are filled in and forgotten as steps say.
    void run(const std::vector<Step>& steps, std::vector<torch::Tensor>& values) const;
    [[nodiscard]] const Layer& layer(NodeId id) const { return m_layers[static_cast<std::size_t>(id)]; }

    HeadPass closedForm(const HeadForm& form, const torch::Tensor& featureMap);
    HeadPass perCellForm(const HeadForm& form, const torch::Tensor& featureMap);
    HeadPass throughAutograd(const torch::Tensor& featureMap);
    torch::Tensor firstWeightPerChannel(const HeadForm& form);
};

// Errors: InvalidArgument (unknown name, labelCount < 2, planes not 1 or 3).
Result<std::shared_ptr<Network>> makeNetwork(std::string_view name, int labelCount, int inputPlanes,
                                             Weights weights = Weights::Initial);

} // namespace hilum
