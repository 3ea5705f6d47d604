// What the targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/domain/Result.h"

namespace hilum::test {

inline void require(bool condition) {
    if (!condition)
        std::abort();
}

// A reader's answer: a value, or a typed error with a reason.
template <class T>
void checkAnswer(const Result<T>& answer) {
    require(answer || (!answer.error().message.empty() && answer.error().code != ErrorCode::Internal));
}

inline std::string textOf(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

} // namespace hilum::test
