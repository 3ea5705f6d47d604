#include "core/network/WeightNames.h"

#include <algorithm>
#include <array>

namespace hilum {
namespace {

constexpr std::string_view kSequentialHead = "classifier.0.";
constexpr std::string_view kHead = "classifier.";

bool allBegin(const std::vector<std::string>& names, std::string_view prefix) {
    return !names.empty() &&
           std::ranges::all_of(names, [&](const std::string& name) { return name.starts_with(prefix); });
}

void dropCommonPrefixes(std::vector<std::string>& names, std::string_view network) {
    const std::array<std::string, 5> prefixes{"module.", "model.", "backbone.", "net.",
                                              std::string(network) + "."};
    for (bool found = true; found;) {
        found = false;
        for (const std::string& prefix : prefixes) {
            if (!allBegin(names, prefix))
                continue;
            for (std::string& name : names)
                name.erase(0, prefix.size());
            found = true;
        }
    }
}

// "….denselayer1.norm.1.weight": the digit belongs to the word before it.
void joinNumberedLayer(std::string& name) {
    if (name.find(".denselayer") == std::string::npos)
        return;
    for (const std::string_view layer : {".norm.", ".conv.", ".relu."}) {
        const std::size_t at = name.find(layer);
        const std::size_t dot = at + layer.size() - 1;
        if (at != std::string::npos && dot + 2 < name.size() &&
            (name[dot + 1] == '1' || name[dot + 1] == '2') && name[dot + 2] == '.')
            name.erase(dot, 1);
    }
}

} // namespace

std::vector<std::string> torchvisionNames(std::vector<std::string> names, std::string_view network) {
    dropCommonPrefixes(names, network);
    if (!network.starts_with("densenet"))
        return names;
    for (std::string& name : names) {
        joinNumberedLayer(name);
        if (name.starts_with(kSequentialHead))
            name.replace(0, kSequentialHead.size(), kHead);
    }
    return names;
}

bool endsWithSigmoid(const std::vector<std::string>& names, std::string_view network) {
    return network.starts_with("densenet") && std::ranges::any_of(names, [](const std::string& name) {
               return name.find(kSequentialHead) != std::string::npos;
           });
}

} // namespace hilum
