// LibTorch's and OpenCV's exceptions -> Result, in one place of training/. For .cpp files only.
#pragma once

#include <exception>
#include <functional>
#include <new>
#include <string>
#include <type_traits>

#include <c10/util/Exception.h>

#include "core/domain/Result.h"

namespace hilum {

// Runs work, which returns a Result. Errors besides its own: OutOfMemory, Internal.
template <class Work>
std::invoke_result_t<Work> guarded(Work&& work) {
    try {
        return std::invoke(std::forward<Work>(work));
    } catch (const c10::Error& error) {
        const std::string message = error.what_without_backtrace();
        // LibTorch has no type of its own for this on a CPU.
        if (message.find("allocate memory") != std::string::npos ||
            message.find("out of memory") != std::string::npos)
            return fail(ErrorCode::OutOfMemory,
                        "There is not enough memory; a smaller batch, input or network needs less.");
        return fail(ErrorCode::Internal, "LibTorch failed: " + message);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory,
                    "There is not enough memory; a smaller batch, input or network needs less.");
    } catch (const std::exception& error) {
        return fail(ErrorCode::Internal, std::string("Training failed: ") + error.what());
    }
}

} // namespace hilum
