#include "app/TrainReport.h"

#include <CLI/CLI.hpp>

#include "app/Commands.h"

namespace hilum {
namespace {

constexpr const char* kText = "text";
constexpr const char* kJson = "json";

} // namespace

int reportError(TrainReport& report, const Error& error) {
    report.failed(error);
    return exitCodeOf(error);
}

void ProgressForm::add(CLI::App& command) {
    command
        .add_option("--progress", m_name,
                    "text: for people; json: for programs, an event a line on stdout instead of the figures")
        ->type_name("FORM")
        ->check(CLI::IsMember({kText, kJson}))
        ->default_str(kText);
}

bool ProgressForm::isJson() const { return m_name == kJson; }

std::unique_ptr<TrainReport> ProgressForm::makeReport(std::string_view command) const {
    return isJson() ? makeJsonTrainReport(command) : makeTextTrainReport(command);
}

} // namespace hilum
