#include "core/export/ProtoMessage.h"

#include <bit>

namespace hilum {
namespace {

constexpr unsigned kVarint = 0;
constexpr unsigned kLengthDelimited = 2;
constexpr unsigned kFixed32 = 5;
constexpr unsigned kFixed64 = 1;

static_assert(std::endian::native == std::endian::little, "Protocol Buffers are little-endian");

} // namespace

void ProtoMessage::append(std::string_view bytes) {
    if (m_parts.empty() || m_parts.back().own.empty())
        m_parts.emplace_back();
    m_parts.back().own += bytes;
    m_size += bytes.size();
}

void ProtoMessage::appendVarint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7U)
        bytes += static_cast<char>((value & 0x7FU) | 0x80U);
    append(bytes + static_cast<char>(value));
}

void ProtoMessage::appendKey(int field, unsigned wireType) {
    appendVarint(static_cast<std::uint64_t>(field) << 3U | wireType);
}

void ProtoMessage::addNumber(int field, std::int64_t value) {
    appendKey(field, kVarint);
    appendVarint(static_cast<std::uint64_t>(value));
}

void ProtoMessage::addFloat(int field, float value) {
    appendKey(field, kFixed32);
    append({reinterpret_cast<const char*>(&value), sizeof value});
}

void ProtoMessage::addDouble(int field, double value) {
    appendKey(field, kFixed64);
    append({reinterpret_cast<const char*>(&value), sizeof value});
}

void ProtoMessage::addText(int field, std::string_view text) {
    appendKey(field, kLengthDelimited);
    appendVarint(text.size());
    if (!text.empty())
        append(text);
}

void ProtoMessage::addMessage(int field, ProtoMessage message) {
    appendKey(field, kLengthDelimited);
    appendVarint(message.m_size);
    for (Part& part : message.m_parts) {
        if (!part.own.empty()) {
            append(part.own);
        } else {
            m_size += part.foreign.size();
            m_parts.push_back(std::move(part));
        }
    }
}

void ProtoMessage::addBytes(int field, std::span<const std::byte> bytes) {
    appendKey(field, kLengthDelimited);
    appendVarint(bytes.size());
    m_parts.push_back({{}, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
    m_size += bytes.size();
}

std::vector<std::string_view> ProtoMessage::parts() const {
    std::vector<std::string_view> views;
    for (const Part& part : m_parts)
        views.push_back(part.own.empty() ? part.foreign : std::string_view(part.own));
    return views;
}

} // namespace hilum
