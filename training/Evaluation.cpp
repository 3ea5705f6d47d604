#include "training/Evaluation.h"

#include <algorithm>
#include <map>
#include <set>

#include <ATen/Parallel.h>

#include "core/domain/Softmax.h"
#include "core/domain/Threads.h"
#include "core/network/Device.h"
#include "core/network/ModelFile.h"
#include "core/storage/AtomicFile.h"
#include "training/FilmStore.h"
#include "training/Guarded.h"
#include "training/Predictor.h"
#include "training/RunFolder.h"
#include "training/Split.h"
#include "training/Text.h"

namespace hilum {
namespace {

constexpr int kBatchSize = 32;

// Class folders -> the model's labels, by name.
Result<void> adoptLabels(DatasetIndex& index, const std::vector<std::string>& labels) {
    std::vector<int> mapping;
    for (const std::string& folder : index.labels) {
        const auto found = std::ranges::find(labels, folder);
        if (found == labels.end())
            return fail(ErrorCode::InvalidArgument,
                        "The model has no label of this folder's name; it knows " + joined(labels, ", ") +
                            ".",
                        folder);
        mapping.push_back(static_cast<int>(found - labels.begin()));
    }
    for (FilmEntry& film : index.films)
        film.label = mapping[static_cast<std::size_t>(film.label)];
    index.labels = labels;
    return {};
}

// Leaves the films of one set of a saved split.
Result<void> keepSet(DatasetIndex& index, const EvaluationRequest& request) {
    if (request.split.empty())
        return {};
    auto rows =
        readTextFile(request.split).and_then([](const std::string& text) { return parseSplitCsv(text); });
    if (!rows) {
        rows.error().context = request.split.string();
        return tl::unexpected(rows.error());
    }
    std::set<std::string> wanted;
    std::map<std::string, std::string> patients;
    for (const SplitRow& row : *rows) {
        if (row.set == request.set)
            wanted.insert(row.file);
        patients.emplace(row.file, row.patient);
    }
    std::erase_if(index.films,
                  [&](const FilmEntry& film) { return wanted.erase(film.file.generic_string()) == 0; });
    std::erase_if(index.skipped,
                  [&](const SkippedFile& file) { return wanted.erase(file.file.generic_string()) == 0; });
    for (FilmEntry& film : index.films)
        film.patient = patients[film.file.generic_string()];
    for (const std::string& missing : wanted)
        index.skipped.push_back(
            {missing, SkipKind::Unreadable, "The split names this film, but it is not there."});
    if (index.films.empty())
        return fail(ErrorCode::InvalidArgument, "No film of the data folder stands in this set of the split.",
                    request.set);
    return {};
}

Result<void> writeFiles(const std::filesystem::path& out, const EvaluationOutcome& outcome) {
    if (out.empty())
        return {};
    std::error_code error;
    std::filesystem::create_directories(out, error);
    if (error)
        return fail(ErrorCode::NotWritable, "The folder cannot be made: " + error.message() + ".",
                    out.string());
    const RunFolder folder(out);
    return writeFileAtomically(folder.predictions(),
                               predictionsToCsv(outcome.report.labels, outcome.predictions))
        .and_then([&] { return writeFileAtomically(folder.evaluationText(), reportToText(outcome.report)); })
        .and_then([&] { return writeFileAtomically(folder.evaluationJson(), reportToJson(outcome.report)); });
}

class Evaluator {
public:
    Evaluator(const EvaluationRequest& request, const ProgressCallback& progress, std::stop_token stop)
        : m_request(request), m_progress(progress), m_stop(std::move(stop)),
          m_threads(threadCount(request.threads)) {}

    Result<EvaluationOutcome> run() {
        at::set_num_threads(m_threads);
        auto model = loadModel(m_request.model);
        if (!model)
            return tl::unexpected(model.error());
        moveTo(*model->network, findDevice(ComputeDevice::Auto).value());
        auto index = selectedFilms(model->card);
        if (!index)
            return tl::unexpected(index.error());
        const Preprocessing& preprocessing = model->card.preprocessing;
        FilmStore::Options options{.inputSizePx = preprocessing.inputSizePx,
                                   .fit = preprocessing.fit,
                                   .threads = m_threads,
                                   .readFilm = m_request.readFilm};
        auto store = FilmStore::load(*index, options, reporter(TrainingPhase::Decoding), m_stop);
        if (!store)
            return tl::unexpected(store.error());
        if (index->films.empty())
            return fail(ErrorCode::InvalidArgument, "No film could be read.", m_request.data.string());
        return read(*model, *index, *store)
            .and_then([&](EvaluationOutcome outcome) -> Result<EvaluationOutcome> {
                if (auto written = writeFiles(m_request.out, outcome); !written)
                    return tl::unexpected(written.error());
                return outcome;
            });
    }

private:
    const EvaluationRequest& m_request;
    const ProgressCallback& m_progress;
    std::stop_token m_stop;
    int m_threads;

    Result<DatasetIndex> selectedFilms(const ModelCard& card) {
        auto patients = PatientPattern::parse("");
        auto index = indexDataset(m_request.data, *patients, 1, m_stop);
        if (!index)
            return index;
        auto ready = adoptLabels(*index, card.labels).and_then([&] { return keepSet(*index, m_request); });
        if (!ready)
            return tl::unexpected(ready.error());
        return index;
    }

    Result<EvaluationOutcome> read(LoadedModel& model, const DatasetIndex& index, const FilmStore& store) {
        std::vector<std::size_t> films(store.size());
        for (std::size_t i = 0; i < films.size(); ++i)
            films[i] = i;
        const auto logits = predictFilms(
            *model.network, store, films,
            {model.card.preprocessing, kBatchSize, m_threads, reporter(TrainingPhase::Testing)}, m_stop);
        if (!logits)
            return tl::unexpected(logits.error());
        EvaluationOutcome outcome;
        std::vector<std::string> patients;
        for (std::size_t i = 0; i < films.size(); ++i) {
            outcome.predictions.push_back({index.films[i].file, index.films[i].label,
                                           softmax(logits->values[i], model.card.temperature)});
            patients.push_back(index.films[i].patient);
        }
        outcome.report = evaluationReport(model.card.labels, outcome.predictions, std::move(patients));
        outcome.report.model = model.card.name;
        outcome.report.modelSha256 = model.sha256;
        outcome.report.testedOn = std::to_string(films.size()) + " films of " + m_request.data.string() +
                                  (m_request.split.empty() ? "" : ", set " + m_request.set);
        outcome.report.notes = model.card.limits;
        outcome.skipped = index.skipped;
        return outcome;
    }

    [[nodiscard]] FilmStore::Progress reporter(TrainingPhase phase) const {
        return [this, phase](long done, long total) {
            TrainingProgress progress;
            progress.phase = phase;
            progress.done = done;
            progress.total = total;
            m_progress(progress);
        };
    }
};

} // namespace

Result<EvaluationOutcome> evaluate(const EvaluationRequest& request, const ProgressCallback& progress,
                                   std::stop_token stop) {
    const ProgressCallback callback = progress ? progress : [](const TrainingProgress&) {};
    return guarded([&] { return Evaluator(request, callback, std::move(stop)).run(); });
}

} // namespace hilum
