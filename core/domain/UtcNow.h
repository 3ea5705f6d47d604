#pragma once

#include <array>
#include <ctime>
#include <string>

namespace hilum {

// The present second as ISO 8601, e.g. "2026-03-14T09:26:53Z".
inline std::string utcNow() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
#ifdef _WIN32
    gmtime_s(&parts, &now);
#else
    gmtime_r(&now, &parts);
#endif
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

} // namespace hilum
