// Networks as data: what engines rely on when they run a graph.

#include <algorithm>
#include <set>

#include "core/graph/Cut.h"
#include "core/graph/Fusion.h"
#include "core/graph/GraphBuilder.h"
#include "core/graph/HeadForm.h"
#include "core/graph/Networks.h"
#include "core/graph/Schedule.h"
#include "core/graph/Shapes.h"
#include "core/graph/TrainingFusion.h"

#include <QtTest>

using namespace hilum;

namespace {

constexpr int kLabels = 3;

std::vector<std::string> parameterLayers(const Graph& graph) {
    std::vector<std::string> names;
    for (const Node& node : graph.nodes) {
        std::visit(
            [&names](const auto& operation) {
                if constexpr (requires { operation.name; })
                    names.push_back(operation.name);
            },
            node.operation);
    }
    return names;
}

const Step* stepOf(const std::vector<Step>& steps, NodeId node) {
    const auto found = std::ranges::find(steps, node, &Step::node);
    return found == steps.end() ? nullptr : &*found;
}

} // namespace

class TestGraph : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cutLeavesTrainedLayersBehind_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("lastBlock");
        QTest::addColumn<int>("channels"); // of the value at the cut
        QTest::newRow("ResNet101, head") << "resnet101" << false << 2048;
        QTest::newRow("ResNet101, last block") << "resnet101" << true << 1024;
        QTest::newRow("DenseNet201, head") << "densenet201" << false << 1920;
        QTest::newRow("DenseNet201, last block") << "densenet201" << true << 896;
        QTest::newRow("VGG19, head") << "vgg19" << false << 512 * 49;
        QTest::newRow("VGG19, last block") << "vgg19" << true << 512;
        QTest::newRow("CNN, head") << "cnn_relu" << false << 1024 * 16;
        QTest::newRow("CNN, last block") << "cnn_swish" << true << 512;
        QTest::newRow("HilumNet, head") << "hilumnet" << false << 128;
        QTest::newRow("HilumNet, last block") << "hilumnet" << true << 128;
    }
    void cutLeavesTrainedLayersBehind() {
        QFETCH(QString, name);
        QFETCH(bool, lastBlock);
        QFETCH(int, channels);
        const Graph graph = describeNetwork(name.toStdString(), kLabels, 3).value();
        std::vector<std::string> prefixes = graph.headPrefixes;
        if (lastBlock)
            prefixes.insert(prefixes.end(), graph.lastBlockPrefixes.begin(), graph.lastBlockPrefixes.end());
        const NodeId cut = cutBefore(graph, prefixes);
        QCOMPARE(graph.node(cut).channels, channels);
        QCOMPARE(graph.as<op::Flatten>(cut) != nullptr, !lastBlock);
        // Nothing behind the cut needs a value from before it.
        for (const Step& step : stretch(graph, cut, graph.logits).steps) {
            for (const NodeId input : graph.node(step.node).inputs)
                QVERIFY(input >= cut);
        }
    }

    void nothingTrainedIsCutAtTheEnd() {
        const Graph graph = describeNetwork("hilumnet", kLabels, 1).value();
        QVERIFY(cutBefore(graph, {"nowhere."}) >= cutBefore(graph, graph.headPrefixes));
        QCOMPARE(cutBefore(graph, {"stem."}), kInputNode);
    }

    void everyNetworkHoldsTogether_data() {
        QTest::addColumn<QString>("name");
        for (const NetworkInfo& info : networkTable())
            QTest::newRow(info.name.data()) << QString::fromUtf8(info.name.data());
    }
    void everyNetworkHoldsTogether() {
        QFETCH(QString, name);
        const Graph graph = describeNetwork(name.toStdString(), kLabels, 3).value();
        QCOMPARE(graph.node(kInputNode).channels, 3);
        QCOMPARE(graph.node(graph.logits).channels, kLabels);
        QVERIFY(graph.featureMap > kInputNode && graph.featureMap < graph.logits);
        for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes.size()); ++id) {
            for (const NodeId input : graph.node(id).inputs)
                QVERIFY(input >= 0 && input < id);
        }
        const auto names = parameterLayers(graph);
        QCOMPARE(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    }

    // A value is there when a step asks for it, and nobody finds it overwritten.
    void schedulesNeverMissAValue_data() { everyNetworkHoldsTogether_data(); }
    void schedulesNeverMissAValue() {
        QFETCH(QString, name);
        const Graph graph = describeNetwork(name.toStdString(), kLabels, 3).value();
        std::set<NodeId> there{kInputNode};
        std::set<NodeId> overwritten;
        for (const Step& step : schedule(graph, kInputNode, {graph.featureMap, graph.logits})) {
            for (const NodeId input : graph.node(step.node).inputs) {
                QVERIFY(there.contains(input));
                QVERIFY(!overwritten.contains(input));
            }
            if (step.inPlace)
                overwritten.insert(graph.node(step.node).inputs[0]);
            for (const NodeId used : step.lastUses)
                QCOMPARE(there.erase(used), std::size_t{1});
            there.insert(step.node);
        }
        QCOMPARE(there, (std::set<NodeId>{kInputNode, graph.featureMap, graph.logits}));
        QVERIFY(!overwritten.contains(graph.featureMap));
    }

    void onlyValuesOfNoFurtherUseAreOverwritten() {
        GraphBuilder builder(1);
        const NodeId conv = builder.convolution(kInputNode, {.name = "a", .out = 1});
        const NodeId relu = builder.rectify(conv); // conv is needed below, too
        const NodeId other = builder.convolution(relu, {.name = "b", .out = 1});
        const NodeId sum = builder.add(other, conv);
        const NodeId sumOfRelu = builder.add(relu, sum); // a ReLU's gradient needs the ReLU's output
        const NodeId last = builder.rectify(sumOfRelu);
        const Graph graph = builder.finish(last, last);
        const auto steps = schedule(graph, kInputNode, {last});
        QCOMPARE(stepOf(steps, relu)->inPlace, false);
        QCOMPARE(stepOf(steps, sum)->inPlace, true);
        QCOMPARE(stepOf(steps, sumOfRelu)->inPlace, false);
        QCOMPARE(stepOf(steps, last)->inPlace, true);
        QCOMPARE(stepOf(schedule(graph, kInputNode, {sumOfRelu, last}), last)->inPlace, false);
        QVERIFY(stepOf(schedule(graph, kInputNode, {relu}), sum) == nullptr);
    }

    void closedHeadsAreRecognised_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("rectified");
        QTest::addColumn<int>("grid");
        QTest::addColumn<int>("linears");
        QTest::newRow("vgg19") << "vgg19" << false << 7 << 3;
        QTest::newRow("resnet101") << "resnet101" << false << 1 << 1;
        QTest::newRow("densenet201") << "densenet201" << true << 1 << 1;
        QTest::newRow("hilumnet") << "hilumnet" << false << 1 << 1;
        QTest::newRow("CNN, ReLU") << "cnn_relu" << false << 4 << 2;
        QTest::newRow("CNN, GELU") << "cnn_gelu" << false << 4 << 2;
        QTest::newRow("CNN, Swish") << "cnn_swish" << false << 1 << 1;
        QTest::newRow("squeezenet1_1") << "squeezenet1_1" << false << 1 << 0;
    }
    void closedHeadsAreRecognised() {
        QFETCH(QString, name);
        QFETCH(bool, rectified);
        QFETCH(int, grid);
        QFETCH(int, linears);
        const auto form = closedHeadForm(describeNetwork(name.toStdString(), kLabels, 3).value());
        QVERIFY(form);
        QCOMPARE(form->rectified, rectified);
        QCOMPARE(form->grid, Extent(grid));
        QCOMPARE(static_cast<int>(form->linears.size()), linears);
        QCOMPARE(form->convolution != kNoNode, linears == 0);
        QCOMPARE(form->maxPool != kNoNode, name == "cnn_relu" || name == "cnn_gelu");
    }

    // torch.nn.functional.max_pool2d and avg_pool2d say so.
    void poolingRoundsAsPyTorch_data() {
        QTest::addColumn<int>("in");
        QTest::addColumn<int>("kernel");
        QTest::addColumn<int>("padding");
        QTest::addColumn<bool>("ceilMode");
        QTest::addColumn<int>("out");
        QTest::newRow("floor") << 112 << 3 << 1 << false << 56;
        QTest::newRow("floor, odd") << 35 << 3 << 0 << false << 17;
        QTest::newRow("ceil") << 109 << 3 << 0 << true << 54;
        QTest::newRow("ceil, one more") << 54 << 3 << 0 << true << 27;
        QTest::newRow("ceil, but none that begins in the padding") << 5 << 2 << 1 << true << 3;
        QTest::newRow("too small") << 2 << 3 << 0 << false << 0;
    }
    void poolingRoundsAsPyTorch() {
        QFETCH(int, in);
        QFETCH(int, kernel);
        QFETCH(int, padding);
        QFETCH(bool, ceilMode);
        QFETCH(int, out);
        GraphBuilder builder(1);
        const NodeId pool = builder.maxPool(
            kInputNode, {.kernel = kernel, .stride = 2, .padding = padding, .ceilMode = ceilMode});
        QCOMPARE(extentsOf(builder.finish(pool, pool), in).back().height, out);
    }

    // Every node of the features is in exactly one pass, or is a concatenation.
    void passesCoverTheFeatures_data() { everyNetworkHoldsTogether_data(); }
    void passesCoverTheFeatures() {
        QFETCH(QString, name);
        const Graph graph = withPoolingFirst(describeNetwork(name.toStdString(), kLabels, 3).value());
        std::multiset<NodeId> covered;
        for (const FusedPass& pass : fusedFeatures(graph)) {
            for (const NodeId part : {pass.main, pass.norm, pass.activation, pass.halving}) {
                if (part != kNoNode)
                    covered.insert(part);
            }
            if (pass.residual != kNoNode) // the addition itself
                covered.insert(pass.activation != kNoNode ? graph.node(pass.activation).inputs[0]
                                                          : pass.output);
        }
        for (const Step& step : schedule(graph, kInputNode, {graph.featureMap})) {
            const std::size_t expected = graph.as<op::Concat>(step.node) == nullptr ? 1 : 0;
            QCOMPARE(covered.count(step.node), expected);
        }
    }

    void residualNetworkIsAllConvolutions() {
        const Graph graph = describeNetwork("resnet101", kLabels, 3).value();
        const auto passes = fusedFeatures(graph);
        QCOMPARE(passes.size(), std::size_t{1 + 1 + 33 * 3 + 4}); // stem, pooling, blocks, shortcuts
        QCOMPARE(
            std::ranges::count_if(passes, [](const FusedPass& pass) { return pass.residual != kNoNode; }),
            33);
    }

    void poolingGoesFirst() {
        const Graph graph = describeNetwork("densenet201", kLabels, 3).value();
        const Graph faster = withPoolingFirst(graph);
        int moved = 0;
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            moved += graph.nodes[i].operation.index() != faster.nodes[i].operation.index() ? 1 : 0;
        QCOMPARE(moved, 3 * 2); // both nodes of every transition
        QCOMPARE(faster.node(faster.featureMap).channels, graph.node(graph.featureMap).channels);
    }

    void trainingKnowsTheBlocksOfADenseNetwork() {
        const Graph graph = describeNetwork("densenet121", kLabels, 3).value();
        int blocks = 0, grown = 0;
        for (const TrainingRole& role : trainingRoles(graph)) {
            if (role.grownChannels == 0)
                continue;
            QVERIFY(role.readingNorm != kNoNode);
            ++(role.grownFrom == kNoNode ? blocks : grown);
        }
        QCOMPARE(blocks, 4);
        QCOMPARE(blocks + grown, 6 + 12 + 24 + 16); // behind every layer
    }

    void trainingKnowsTheSumsOfAResidualNetwork() {
        const Graph graph = describeNetwork("resnet101", kLabels, 3).value();
        const std::vector<TrainingRole> roles = trainingRoles(graph);
        const auto count = [&](auto has) { return std::ranges::count_if(roles, has); };
        QCOMPARE(count([](const TrainingRole& role) { return role.sum != kNoNode; }), 33);
        QCOMPARE(count([](const TrainingRole& role) { return role.summedNorm != kNoNode; }), 33);
        QCOMPARE(count([](const TrainingRole& role) { return role.relu != kNoNode; }),
                 1 + 33 * 3); // stem, two norms and the sum of a block
        QCOMPARE(count([](const TrainingRole& role) { return role.grownChannels > 0; }), 0);
    }

    void otherHeadsHaveNoClosedForm() {
        GraphBuilder builder(1);
        const NodeId cut = builder.convolution(kInputNode, {.name = "trunk", .out = 4});
        const NodeId conv =
            builder.convolution(builder.dropout(cut), {.name = "classifier", .out = kLabels, .kernel = 3});
        QVERIFY(!closedHeadForm(builder.finish(cut, builder.pooledVector(builder.rectify(conv)))));
    }
};

QTEST_APPLESS_MAIN(TestGraph)
#include "TestGraph.moc"
