// A message in the wire format of Protocol Buffers (protobuf.dev, "Encoding"), written from front to back.
// Large bytes are not copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hilum {

class ProtoMessage {
public:
    void addNumber(int field, std::int64_t value);
    void addFloat(int field, float value);
    void addDouble(int field, double value);
    void addText(int field, std::string_view text);
    void addMessage(int field, ProtoMessage message);
    // bytes must outlive parts().
    void addBytes(int field, std::span<const std::byte> bytes);

    [[nodiscard]] std::uint64_t size() const { return m_size; }
    // The whole message, piece by piece; valid while it is neither changed nor moved.
    [[nodiscard]] std::vector<std::string_view> parts() const;

private:
    struct Part {
        std::string own;
        std::string_view foreign; // where own is empty
    };
    std::vector<Part> m_parts;
    std::uint64_t m_size = 0;

    void append(std::string_view bytes);
    void appendVarint(std::uint64_t value);
    void appendKey(int field, unsigned wireType);
};

} // namespace hilum
