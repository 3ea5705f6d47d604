#include "training/TrainingEvents.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <limits>

#include <nlohmann/json.hpp>

namespace hilum {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 7> kPhases{"fetching", "indexing",   "decoding", "caching",
                                                  "training", "validating", "testing"}; // as TrainingPhase

// "out-of-memory" -> "OutOfMemory"
std::string eventCode(ErrorCode code) {
    std::string text;
    bool begins = true;
    for (const char c : codeName(code)) {
        if (c != '-')
            text += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        begins = c == '-';
    }
    return text;
}

ErrorCode codeOf(const std::string& text) {
    for (int i = 0; i < static_cast<int>(ErrorCode::Internal); ++i) {
        if (eventCode(static_cast<ErrorCode>(i)) == text)
            return static_cast<ErrorCode>(i);
    }
    return ErrorCode::Internal;
}

template <class T>
Json orNull(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}

// --- to JSON ---

Json jsonOf(const ProgressEvent& event) {
    const TrainingProgress& p = event.progress;
    return {{"event", "progress"},
            {"phase", kPhases[static_cast<std::size_t>(p.phase)]},
            {"part", p.part},
            {"parts", p.parts},
            {"repeats", p.repeats},
            {"epoch", p.epoch},
            {"epochs", p.epochs},
            {"done", p.done},
            {"total", p.total},
            {"loss", p.loss},
            {"accuracy", p.accuracy},
            {"imagesPerSecond", p.imagesPerSecond},
            {"learningRate", p.learningRate},
            {"remainingSeconds", p.remaining ? Json(p.remaining->count()) : Json()},
            {"memoryMb", event.memoryMb}};
}

Json jsonOf(const EpochEvent& event) {
    const EpochRecord& r = event.finished.record;
    return {{"event", "epoch"},
            {"epoch", r.epoch},
            {"epochs", event.epochs},
            {"part", event.part},
            {"trainLoss", r.trainLoss},
            {"trainAccuracy", r.trainAccuracy},
            {"validationLoss", orNull(r.validationLoss)},
            {"validationAccuracy", orNull(r.validationAccuracy)},
            {"learningRate", r.learningRate},
            {"seconds", r.seconds},
            {"imagesPerSecond", r.imagesPerSecond},
            {"best", event.finished.best},
            {"epochsWithoutGain", event.finished.epochsWithoutGain}};
}

Json jsonOf(const HeatMapsEvent& event) {
    Json films = Json::array();
    for (const PinnedFilm& film : event.films)
        films.push_back({{"file", film.file.generic_string()},
                         {"label", film.label},
                         {"predicted", film.predicted},
                         {"probability", film.probability},
                         {"picture", film.picture.generic_string()}});
    return {{"event", "heatmaps"}, {"epoch", event.epoch}, {"films", films}};
}

Json jsonOf(const NoteEvent& event) { return {{"event", "note"}, {"text", event.text}}; }
Json jsonOf(const PausedEvent&) { return Json::object({{"event", "paused"}}); }
Json jsonOf(const ResumedEvent&) { return Json::object({{"event", "resumed"}}); }

Json jsonOf(const FinishedEvent& event) {
    return {{"event", "finished"},          {"out", event.out.string()}, {"model", event.model.string()},
            {"bestEpoch", event.bestEpoch}, {"epochs", event.epochs},    {"stopped", event.stopped}};
}

Json jsonOf(const FailedEvent& event) {
    return {{"event", "failed"},
            {"code", eventCode(event.error.code)},
            {"message", event.error.message},
            {"context", event.error.context}};
}

// --- from JSON ---

// Takes values out of an object; after the first that is missing or of the wrong kind, good() is false.
class Fields {
public:
    explicit Fields(const Json& object) : m_object(object) {}

    void read(const char* key, double& value) {
        if (const Json* found = find(key, &Json::is_number))
            value = found->get<double>();
    }
    void read(const char* key, bool& value) {
        if (const Json* found = find(key, &Json::is_boolean))
            value = found->get<bool>();
    }
    void read(const char* key, std::string& value) {
        if (const Json* found = find(key, &Json::is_string))
            value = found->get<std::string>();
    }
    void read(const char* key, std::filesystem::path& value) {
        if (const Json* found = find(key, &Json::is_string))
            value = found->get<std::string>();
    }
    // Counts: 0 or more.
    void read(const char* key, int& value) {
        value = static_cast<int>(count(key, std::numeric_limits<int>::max()));
    }
    void read(const char* key, long& value) {
        value = static_cast<long>(count(key, std::numeric_limits<long>::max()));
    }
    void read(const char* key, std::optional<double>& value) {
        if (isNull(key))
            return;
        read(key, value.emplace());
    }
    void read(const char* key, std::optional<std::chrono::seconds>& value) {
        if (!isNull(key))
            value = std::chrono::seconds(count(key, std::numeric_limits<int>::max()));
    }
    const Json* array(const char* key) { return find(key, &Json::is_array); }

    void reject(const char* key) {
        if (m_wrong.empty())
            m_wrong = key;
    }
    // The first key that was missing or wrong; empty: none.
    [[nodiscard]] const std::string& wrong() const { return m_wrong; }

private:
    const Json& m_object;
    std::string m_wrong;

    const Json* find(const char* key, bool (Json::*isRight)() const noexcept) {
        const auto found = m_object.find(key);
        if (found != m_object.end() && ((*found).*isRight)())
            return &*found;
        reject(key);
        return nullptr;
    }
    bool isNull(const char* key) {
        const auto found = m_object.find(key);
        return found != m_object.end() && found->is_null();
    }
    std::uint64_t count(const char* key, std::uint64_t most) {
        const Json* found = find(key, &Json::is_number_unsigned);
        if (found != nullptr && found->get<std::uint64_t>() <= most)
            return found->get<std::uint64_t>();
        reject(key);
        return 0;
    }
};

ProgressEvent progressEvent(Fields& fields) {
    ProgressEvent event;
    TrainingProgress& p = event.progress;
    std::string phase;
    fields.read("phase", phase);
    const auto known = std::ranges::find(kPhases, phase);
    if (known == kPhases.end())
        fields.reject("phase");
    else
        p.phase = static_cast<TrainingPhase>(known - kPhases.begin());
    fields.read("part", p.part);
    fields.read("parts", p.parts);
    fields.read("repeats", p.repeats);
    fields.read("epoch", p.epoch);
    fields.read("epochs", p.epochs);
    fields.read("done", p.done);
    fields.read("total", p.total);
    fields.read("loss", p.loss);
    fields.read("accuracy", p.accuracy);
    fields.read("imagesPerSecond", p.imagesPerSecond);
    fields.read("learningRate", p.learningRate);
    fields.read("remainingSeconds", p.remaining);
    fields.read("memoryMb", event.memoryMb);
    return event;
}

EpochEvent epochEvent(Fields& fields) {
    EpochEvent event;
    EpochRecord& r = event.finished.record;
    fields.read("epoch", r.epoch);
    fields.read("epochs", event.epochs);
    fields.read("part", event.part);
    fields.read("trainLoss", r.trainLoss);
    fields.read("trainAccuracy", r.trainAccuracy);
    fields.read("validationLoss", r.validationLoss);
    fields.read("validationAccuracy", r.validationAccuracy);
    fields.read("learningRate", r.learningRate);
    fields.read("seconds", r.seconds);
    fields.read("imagesPerSecond", r.imagesPerSecond);
    fields.read("best", event.finished.best);
    fields.read("epochsWithoutGain", event.finished.epochsWithoutGain);
    return event;
}

HeatMapsEvent heatMapsEvent(Fields& fields) {
    HeatMapsEvent event;
    fields.read("epoch", event.epoch);
    const Json* films = fields.array("films");
    if (films == nullptr)
        return event;
    for (const Json& object : *films) {
        Fields of(object);
        PinnedFilm film;
        of.read("file", film.file);
        of.read("label", film.label);
        of.read("predicted", film.predicted);
        of.read("probability", film.probability);
        of.read("picture", film.picture);
        if (!of.wrong().empty())
            fields.reject("films");
        event.films.push_back(std::move(film));
    }
    return event;
}

NoteEvent noteEvent(Fields& fields) {
    NoteEvent event;
    fields.read("text", event.text);
    return event;
}

FinishedEvent finishedEvent(Fields& fields) {
    FinishedEvent event;
    fields.read("out", event.out);
    fields.read("model", event.model);
    fields.read("bestEpoch", event.bestEpoch);
    fields.read("epochs", event.epochs);
    fields.read("stopped", event.stopped);
    return event;
}

FailedEvent failedEvent(Fields& fields) {
    FailedEvent event;
    std::string code;
    fields.read("code", code);
    event.error.code = codeOf(code);
    fields.read("message", event.error.message);
    fields.read("context", event.error.context);
    return event;
}

TrainingEvent eventOf(const std::string& name, Fields& fields) {
    if (name == "progress")
        return progressEvent(fields);
    if (name == "epoch")
        return epochEvent(fields);
    if (name == "heatmaps")
        return heatMapsEvent(fields);
    if (name == "note")
        return noteEvent(fields);
    if (name == "paused")
        return PausedEvent{};
    if (name == "resumed")
        return ResumedEvent{};
    if (name == "finished")
        return finishedEvent(fields);
    if (name == "failed")
        return failedEvent(fields);
    fields.reject("event");
    return NoteEvent{};
}

} // namespace

std::string toJsonLine(const TrainingEvent& event) {
    const Json json = std::visit([](const auto& what) { return jsonOf(what); }, event);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<TrainingEvent> parseTrainingEvent(std::string_view line) {
    if (line.size() > kLongestEventLine)
        return fail(ErrorCode::TooLarge, "The line is too long to be an event of a training.");
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object())
        return fail(ErrorCode::Damaged, "The line is not an event of a training.");
    Fields fields(json);
    std::string name;
    fields.read("event", name);
    TrainingEvent event = eventOf(name, fields);
    if (!fields.wrong().empty())
        return fail(ErrorCode::Damaged, "The event lacks a value, or one makes no sense.", fields.wrong());
    return event;
}

} // namespace hilum
