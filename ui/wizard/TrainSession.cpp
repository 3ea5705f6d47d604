#include "ui/wizard/TrainSession.h"

#include <algorithm>
#include <utility>

#include <QDate>
#include <QThreadPool>

#include "core/domain/Threads.h"
#include "core/graph/Networks.h"
#include "core/model/Preprocessor.h"
#include "ui/QtConvert.h"
#include "ui/viewer/DecodedFilm.h"
#include "ui/wizard/AugmentationPreview.h"

namespace hilum {
namespace {

constexpr int kPinnedFilms = 4;
constexpr int kPracticeEpochs = 20;
constexpr int kPracticeInputPx = 160;

enum Lane { IndexLane, SplitLane, DataLanes };

// Destroying what is known of 100,000 films takes longer than a frame of the window may.
void releaseElsewhere(std::shared_ptr<const void> data) {
    if (data)
        QThreadPool::globalInstance()->start([data = std::move(data)]() mutable { data.reset(); });
}

// A few of a class, spread over its list.
std::vector<std::size_t> samplesOf(const DatasetIndex& index, int label, int count) {
    std::vector<std::size_t> films;
    for (std::size_t i = 0; i < index.films.size(); ++i) {
        if (index.films[i].label == label)
            films.push_back(i);
    }
    std::vector<std::size_t> some;
    const auto wanted = std::min(films.size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < wanted; ++i)
        some.push_back(films[i * films.size() / wanted]);
    return some;
}

} // namespace

TrainSession::TrainSession(AnalysisBackend backend, std::filesystem::path trainer, QObject* parent)
    : QObject(parent), m_backend(std::move(backend)), m_queue(std::move(trainer)),
      m_dataThread(QStringLiteral("Training data"), DataLanes),
      m_checkUpThread(QStringLiteral("Check-up"), 1), m_sampleThread(QStringLiteral("Samples"), 1) {
    m_settings.initialWeights = std::string(kImageNetWeights);
    m_settings.split.nearDuplicates = true; // as the check-up here finds them
    m_settings.pinnedFilms = kPinnedFilms;
    m_settings = withRecipe(m_settings, recipes().front());
}

TrainSession::~TrainSession() = default;

template <class Value, class Work>
void TrainSession::start(JobThread& thread, int lane, std::uint64_t& slot, Work work, Done<Value> done) {
    const std::uint64_t id = ++slot;
    thread.post(
        lane, [this, id, &slot, work = std::move(work), done = std::move(done)](const std::stop_token& stop) {
            auto value = std::make_shared<Result<Value>>(work(stop));
            QMetaObject::invokeMethod(
                this,
                [id, &slot, value = std::move(value), done]() mutable {
                    if (id == slot)
                        done(std::move(*value));
                    releaseElsewhere(std::move(value)); // a stale one is whole
                },
                Qt::QueuedConnection);
        });
}

void TrainSession::openData(const std::filesystem::path& data) {
    m_dataState = DataState::Looking;
    releaseElsewhere(std::exchange(m_index, nullptr));
    m_split.reset();
    m_folds.clear();
    m_splitError.reset();
    // What was said about other data need not hold for these.
    m_settings.columns = {};
    m_settings.split.patientFrom = PatientFrom::Any;
    if (!PatientPattern::parse(m_settings.split.patientPattern))
        m_settings.split.patientPattern.clear();
    m_samples.clear();
    m_previewFilm = {};
    forgetCheckUp();
    ++m_checkUpJob; // what belongs to the data before is stale
    ++m_sampleJob;
    ++m_splitJob;
    m_dataThread.drop(SplitLane);
    m_checkUpThread.drop(0);
    m_sampleThread.drop(0);
    m_settings.data = data;
    Q_EMIT dataChanged();
    Q_EMIT splitChanged();
    start<IndexedData>(m_dataThread, IndexLane, m_indexJob, indexWork(), [this](Result<IndexedData> indexed) {
        if (indexed)
            return adopt(std::move(*indexed));
        m_dataState = DataState::Failed;
        m_dataError = indexed.error();
        Q_EMIT dataChanged();
    });
}

std::function<Result<TrainSession::IndexedData>(const std::stop_token&)> TrainSession::indexWork() const {
    return [settings = m_settings, readFilm = m_backend.readFilm](const std::stop_token& stop) {
        return indexOptionsOf(settings).and_then([&](IndexOptions options) {
            options.readFilm = readFilm;
            return indexDataset(settings.data, options, stop).map([](DatasetIndex index) {
                DataFacts facts = dataFacts(index);
                return IndexedData{std::make_shared<const DatasetIndex>(std::move(index)), std::move(facts)};
            });
        });
    };
}

// The same data with other settings. Where that fails, the films stay, and the second page says why there is
// no split.
void TrainSession::indexAgain() {
    start<IndexedData>(m_dataThread, IndexLane, m_indexJob, indexWork(), [this](Result<IndexedData> indexed) {
        if (indexed)
            return adopt(std::move(*indexed));
        m_split.reset();
        m_splitError = indexed.error();
        Q_EMIT splitChanged();
    });
}

void TrainSession::adopt(IndexedData data) {
    const bool isNew = !m_index || m_index->labels != data.index->labels; // not only other patients
    releaseElsewhere(std::exchange(m_index, std::move(data.index)));
    m_facts = std::move(data.facts);
    m_dataState = DataState::Ready;
    if (isNew)
        m_samples.assign(m_index->labels.size(), std::vector<QImage>(kSamplesPerClass));
    Q_EMIT dataChanged();
    if (isNew)
        readSamples();
    runCheckUp();
    makeSplitAgain();
}

QString TrainSession::dataName() const {
    const std::filesystem::path data = m_settings.data.lexically_normal();
    return fileName(data.has_filename() ? data : data.parent_path());
}

const QImage& TrainSession::sample(std::size_t label, int number) const {
    return m_samples[label][static_cast<std::size_t>(number)];
}

void TrainSession::readSamples() {
    const std::uint64_t id = ++m_sampleJob;
    m_sampleThread.post(0, [this, id, index = m_index](const std::stop_token& stop) {
        std::vector<std::vector<std::size_t>> samples;
        for (std::size_t label = 0; label < index->labels.size(); ++label)
            samples.push_back(samplesOf(*index, static_cast<int>(label), kSamplesPerClass));
        for (int number = 0; number < kSamplesPerClass; ++number) {
            for (std::size_t label = 0; label < samples.size(); ++label) {
                const std::vector<std::size_t>& films = samples[label];
                if (stop.stop_requested() || static_cast<std::size_t>(number) >= films.size())
                    continue;
                const auto film = m_backend.readFilm(
                    index->root / index->films[films[static_cast<std::size_t>(number)]].file, stop);
                if (!film)
                    continue;
                const GreyImage square = fitToSquare(*film, FitMode::Stretch, AugmentationPreview::kFilmPx);
                const QImage thumbnail = makeDecodedFilm(*film, {})->thumbnail;
                QMetaObject::invokeMethod(
                    this,
                    [this, id, label, number, thumbnail, square] {
                        if (id != m_sampleJob)
                            return;
                        if (m_previewFilm.empty())
                            m_previewFilm = square;
                        m_samples[label][static_cast<std::size_t>(number)] = thumbnail;
                        Q_EMIT samplesChanged();
                    },
                    Qt::QueuedConnection);
            }
        }
    });
}

void TrainSession::forgetCheckUp() {
    releaseElsewhere(std::exchange(m_checkUp, nullptr));
    for (CheckUpLine& line : m_checkUpLines)
        releaseElsewhere(std::move(line.films));
    m_checkUpLines.clear();
    m_checkUpError.reset();
}

void TrainSession::runCheckUp() {
    m_checkUpProgress = 0;
    forgetCheckUp();
    Q_EMIT checkUpChanged();
    const std::uint64_t id = m_checkUpJob + 1; // of the job started below
    auto work = [this, id, index = m_index,
                 keepsNearDuplicates = m_settings.split.nearDuplicates](const std::stop_token& stop) {
        CheckUpOptions options;
        options.readFilm = m_backend.readFilm;
        options.threads = threadCount();
        options.progress = [this, id](long done, long total) {
            QMetaObject::invokeMethod(
                this,
                [this, id, done, total] {
                    if (id != m_checkUpJob)
                        return;
                    m_checkUpProgress = static_cast<double>(done) / static_cast<double>(std::max(1L, total));
                    Q_EMIT checkUpChanged();
                },
                Qt::QueuedConnection);
        };
        return hilum::checkUp(*index, options, stop).map([&](CheckUp found) {
            CheckedData checked;
            if (keepsNearDuplicates && found.duplicateGroups(DuplicateKind::Near) > 0) {
                auto grouped = std::make_shared<DatasetIndex>(*index);
                keepNearDuplicatesTogether(*grouped, found);
                checked.grouped = std::move(grouped);
            }
            checked.lines = hilum::checkUpLines(found, *index);
            checked.checkUp = std::make_shared<const CheckUp>(std::move(found));
            return checked;
        });
    };
    start<CheckedData>(m_checkUpThread, 0, m_checkUpJob, work, [this](Result<CheckedData> checked) {
        if (!checked) {
            m_checkUpError = checked.error();
            return Q_EMIT checkUpChanged();
        }
        m_checkUp = std::move(checked->checkUp);
        m_checkUpLines = std::move(checked->lines);
        Q_EMIT checkUpChanged();
        if (!checked->grouped)
            return;
        releaseElsewhere(std::exchange(m_index, std::move(checked->grouped)));
        makeSplitAgain();
    });
}

void TrainSession::setSettings(const TrainingConfig& settings) {
    const bool hasNewPatients = settings.split.patientPattern != m_settings.split.patientPattern;
    const bool hasNewFilms = settings.split.patientFrom != m_settings.split.patientFrom ||
                             settings.columns != m_settings.columns ||
                             settings.split.nearDuplicates != m_settings.split.nearDuplicates;
    const bool hasNewSplit = settings.split != m_settings.split || settings.seed != m_settings.seed;
    const std::filesystem::path data = m_settings.data;
    m_settings = settings;
    m_settings.data = data;
    Q_EMIT settingsChanged();
    if (m_dataState != DataState::Ready)
        return;
    if (hasNewFilms || hasNewPatients)
        return indexAgain();
    if (hasNewSplit)
        makeSplitAgain();
}

void TrainSession::change(const std::function<void(TrainingConfig&)>& edit) {
    TrainingConfig settings = m_settings;
    edit(settings);
    setSettings(settings);
}

void TrainSession::setNetworks(std::vector<std::string> names) {
    m_networks = std::move(names);
    Q_EMIT settingsChanged();
}

const Recipe* TrainSession::recipe() const {
    const std::string now = toJson(m_settings);
    const auto same = [&](const Recipe& recipe) { return toJson(withRecipe(m_settings, recipe)) == now; };
    const auto found = std::find_if(recipes().begin(), recipes().end(), same);
    return found == recipes().end() ? nullptr : &*found;
}

void TrainSession::setRecipe(const Recipe& recipe) { setSettings(withRecipe(m_settings, recipe)); }

void TrainSession::usePracticeSettings() {
    TrainingConfig settings = m_settings;
    settings.initialWeights.clear();
    settings = withRecipe(settings, *findRecipe("scratch"));
    settings.epochs = kPracticeEpochs;
    settings.inputSizePx = kPracticeInputPx;
    settings.split.patientPattern = "nih"; // as phantoms are named
    m_networks = {"hilumnet"};
    setSettings(settings);
}

void TrainSession::setRunsFolder(std::filesystem::path folder) {
    m_runsFolder = std::move(folder);
    Q_EMIT settingsChanged();
}

// 2026-03-14-resnet101, or with a number behind it.
std::filesystem::path TrainSession::freeRunFolder(const std::string& network) const {
    const std::string name = QDate::currentDate().toString(Qt::ISODate).toStdString() + "-" + network;
    const auto isTaken = [&](const std::filesystem::path& folder) {
        std::error_code ignored;
        if (std::filesystem::exists(folder, ignored))
            return true;
        for (int number = 0; number < m_queue.size(); ++number) {
            if (m_queue.run(number).config.out == folder)
                return true;
        }
        return false;
    };
    std::filesystem::path folder = m_runsFolder / name;
    for (int number = 2; isTaken(folder); ++number)
        folder = m_runsFolder / (name + "-" + std::to_string(number));
    return folder;
}

TrainingConfig TrainSession::configFor(const std::string& network) const {
    TrainingConfig config = m_settings;
    config.network = network;
    if (const Recipe* own = recipe()) // which may suit some networks in their own way
        config = withRecipe(config, *own);
    config.out = freeRunFolder(network);
    const NetworkInfo* info = findNetwork(network);
    if (info && info->weightsFile.empty() && config.initialWeights == kImageNetWeights)
        config.initialWeights.clear();
    return config;
}

void TrainSession::startTraining() {
    for (const std::string& network : m_networks)
        m_queue.add(configFor(network));
}

Result<TrainSession::MadeSplit> TrainSession::splitFor(const DatasetIndex& index,
                                                       const TrainingConfig& settings) {
    if (auto good = checkSplit(settings.split); !good)
        return tl::unexpected(good.error());
    Result<std::vector<int>> folds;
    const auto count = foldCount(index, settings.split);
    if (!count)
        return tl::unexpected(count.error());
    if (*count > 0)
        folds = makeFolds(index, settings.split, settings.seed);
    if (!folds)
        return tl::unexpected(folds.error());
    auto split = folds->empty() ? hilum::splitFor(index, settings.split, settings.seed)
                                : splitOfFold(index, *folds, 0, settings.split, settings.seed);
    return std::move(split).map([&](Split made) {
        SplitFacts facts = hilum::splitFacts(index, made, *folds);
        return MadeSplit{std::move(made), std::move(*folds), std::move(facts)};
    });
}

void TrainSession::makeSplitAgain() {
    auto work = [index = m_index, settings = m_settings](const std::stop_token&) {
        return splitFor(*index, settings);
    };
    start<MadeSplit>(m_dataThread, SplitLane, m_splitJob, work, [this](Result<MadeSplit> made) {
        m_split.reset();
        m_folds.clear();
        m_splitError.reset();
        if (made) {
            m_split = std::move(made->split);
            m_folds = std::move(made->folds);
            m_splitFacts = std::move(made->facts);
        } else {
            m_splitError = made.error();
        }
        Q_EMIT splitChanged();
    });
}

} // namespace hilum
