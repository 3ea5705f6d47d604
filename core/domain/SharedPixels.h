// Pixels that do not change any more, shared by all copies: those of a vector, or memory that somebody else
// owns, such as a mapping. Reads like std::shared_ptr<const std::vector<std::uint16_t>>.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace hilum {

class SharedPixels {
public:
    struct Values : std::span<const std::uint16_t> {
        using span::span;
        friend bool operator==(const Values& a, const Values& b) { return std::ranges::equal(a, b); }
    };

    SharedPixels() = default;
    // Implicit, as a pointer to a vector becomes one to a constant vector.
    template <class Vector>
    SharedPixels(std::shared_ptr<Vector> vector) : m_values(*vector), m_owner(std::move(vector)) {}
    // The values live as long as the owner, which is not null.
    SharedPixels(std::shared_ptr<const void> owner, std::span<const std::uint16_t> values)
        : m_values(values.begin(), values.end()), m_owner(std::move(owner)) {}

    [[nodiscard]] const Values& operator*() const { return m_values; }
    [[nodiscard]] const Values* operator->() const { return &m_values; }
    friend bool operator==(const SharedPixels& pixels, std::nullptr_t) { return pixels.m_owner == nullptr; }

private:
    Values m_values;
    std::shared_ptr<const void> m_owner;
};

} // namespace hilum
