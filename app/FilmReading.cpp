#include "app/Commands.h"

#include <iostream>
#include <memory>
#include <mutex>

#include "core/image/RadiographReader.h"
#include "core/sandbox/FilmDecoder.h"

namespace hilum {

FilmReader filmReader(const CommandContext& context, const ReadOptions& reading) {
    using Path = std::filesystem::path;
    if (!context.sandbox)
        return [reading](const Path& file, std::stop_token stop) {
            return readRadiograph(file, std::move(stop), reading);
        };
    struct Sandbox {
        FilmDecoder decoder;
        std::once_flag asked;
    };
    const auto sandbox = std::make_shared<Sandbox>();
    return [sandbox, reading](const Path& file, std::stop_token stop) {
        std::call_once(sandbox->asked, [&sandbox] {
            if (const std::string problem = sandbox->decoder.problem(); !problem.empty())
                std::cerr << "warning: " << problem << std::endl;
        });
        return sandbox->decoder.read(file, std::move(stop), reading);
    };
}

} // namespace hilum
