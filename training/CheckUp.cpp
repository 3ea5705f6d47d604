#include "training/CheckUp.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <new>
#include <string_view>
#include <unordered_map>

#include "core/domain/ReadAhead.h"
#include "core/image/RadiographReader.h"
#include "training/DuplicateSearch.h"

namespace hilum {
namespace {

constexpr std::size_t kAheadPerThread = 4; // films decoded before their turn; only their facts are kept

Result<MeasuredFilm> measure(const std::filesystem::path& file, const FilmReader& readFilm,
                             const std::stop_token& stop) {
    try {
        const Result<Radiograph> film = readFilm ? readFilm(file, stop) : readRadiograph(file, stop);
        if (!film)
            return tl::unexpected(film.error());
        return measured(*film);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the film.", file.string());
    }
}

bool spansClasses(const DatasetIndex& index, const std::vector<std::size_t>& films) {
    return std::ranges::any_of(
        films, [&](std::size_t film) { return index.films[film].label != index.films[films.front()].label; });
}

class Examination {
public:
    Examination(const DatasetIndex& index, const CheckUpOptions& options, std::stop_token stop)
        : m_index(index), m_options(options), m_stop(std::move(stop)), m_prints(index.films.size()) {}

    Result<CheckUp> run() {
        m_result.skipped = m_index.skipped;
        if (auto decoded = decodeFilms(); !decoded)
            return tl::unexpected(decoded.error());
        countClasses();
        findExactDuplicates();
        if (auto searched = findNearDuplicates(); !searched)
            return tl::unexpected(searched.error());
        findPatientsInClasses();
        m_result.confounders = findConfounders(m_index, m_result.facts);
        return std::move(m_result);
    }

private:
    const DatasetIndex& m_index;
    const CheckUpOptions& m_options;
    const std::stop_token m_stop;
    std::vector<FilmPrint> m_prints; // blank where a film cannot be read
    CheckUp m_result;

    [[nodiscard]] tl::unexpected<Error> cancelled() const {
        return fail(ErrorCode::Cancelled, "The check-up was stopped.", m_index.root.string());
    }

    Result<void> decodeFilms() {
        const std::size_t count = m_index.films.size();
        const auto threads = static_cast<std::size_t>(std::max(1, m_options.threads));
        m_result.facts.resize(count);
        ReadAhead<Result<MeasuredFilm>> films(
            count, static_cast<int>(threads), kAheadPerThread * threads, [this](std::size_t film) {
                return measure(m_index.root / m_index.films[film].file, m_options.readFilm, m_stop);
            });
        for (std::size_t film = 0; film < count; ++film) {
            const Result<MeasuredFilm> one = *films.next();
            if (m_stop.stop_requested())
                return cancelled();
            if (!one && one.error().code == ErrorCode::OutOfMemory)
                return tl::unexpected(one.error());
            if (one) {
                m_result.facts[film] = one->facts;
                m_prints[film] = one->print;
            } else {
                m_result.skipped.push_back(
                    {m_index.films[film].file, SkipKind::Unreadable, one.error().message});
            }
            if (m_options.progress)
                m_options.progress(static_cast<long>(film) + 1, static_cast<long>(count));
        }
        return {};
    }

    void countClasses() {
        m_result.counts.resize(m_index.labels.size());
        for (std::size_t film = 0; film < m_index.films.size(); ++film) {
            if (m_result.facts[film])
                ++m_result.counts[static_cast<std::size_t>(m_index.films[film].label)];
        }
        const auto [fewest, most] = std::ranges::minmax(m_result.counts);
        m_result.imbalance = fewest > 0 ? static_cast<double>(most) / static_cast<double>(fewest) : 0;
    }

    // Also among files that cannot be read.
    void findExactDuplicates() {
        std::unordered_map<std::string_view, std::size_t> firstWith;
        Unions unions(m_index.films.size());
        for (std::size_t film = 0; film < m_index.films.size(); ++film)
            unions.unite(film, firstWith.try_emplace(m_index.films[film].sha256, film).first->second);
        for (auto& films : unions.groups()) {
            const bool spans = spansClasses(m_index, films);
            m_result.duplicates.push_back({DuplicateKind::Exact, std::move(films), spans});
        }
    }

    // One film of every content takes part; its copies join the group afterwards.
    Result<void> findNearDuplicates() {
        std::unordered_map<std::size_t, const DuplicateGroup*> copiesOf; // first film -> its exact group
        std::vector<bool> isCopy(m_index.films.size());
        for (const DuplicateGroup& group : m_result.duplicates) {
            copiesOf.emplace(group.films.front(), &group);
            for (const std::size_t film : group.films)
                isCopy[film] = film != group.films.front();
        }
        DuplicateSearch search(m_prints);
        for (std::size_t film = 0; film < m_index.films.size(); ++film) {
            if (m_stop.stop_requested())
                return cancelled();
            if (m_result.facts[film] && !isCopy[film] && !m_prints[film].isBlank())
                search.add(film);
        }
        std::vector<DuplicateGroup> near;
        for (const auto& alike : search.groups()) {
            std::vector<std::size_t> films;
            for (const std::size_t film : alike) {
                const auto copies = copiesOf.find(film);
                if (copies == copiesOf.end())
                    films.push_back(film);
                else
                    films.insert(films.end(), copies->second->films.begin(), copies->second->films.end());
            }
            std::ranges::sort(films);
            const bool spans = spansClasses(m_index, films);
            near.push_back({DuplicateKind::Near, std::move(films), spans});
        }
        std::ranges::move(near, std::back_inserter(m_result.duplicates));
        return {};
    }

    void findPatientsInClasses() {
        std::map<std::string_view, std::vector<std::size_t>> filmsOf;
        for (std::size_t film = 0; film < m_index.films.size(); ++film)
            filmsOf[m_index.films[film].patient].push_back(film);
        for (auto& [patient, films] : filmsOf) {
            if (spansClasses(m_index, films))
                m_result.patientsInClasses.push_back({std::string(patient), std::move(films)});
        }
    }
};

} // namespace

long CheckUp::duplicateGroups(DuplicateKind kind) const {
    return static_cast<long>(std::ranges::count(duplicates, kind, &DuplicateGroup::kind));
}

long CheckUp::unreadableCount() const {
    return static_cast<long>(std::ranges::count(skipped, SkipKind::Unreadable, &SkippedFile::kind));
}

void keepNearDuplicatesTogether(DatasetIndex& index, const CheckUp& checkUp) {
    long number = 0;
    for (const DuplicateGroup& group : checkUp.duplicates) {
        if (group.kind != DuplicateKind::Near)
            continue;
        for (const std::size_t film : group.films)
            index.films[film].nearGroup = number;
        ++number;
    }
}

Result<CheckUp> checkUp(const DatasetIndex& index, const CheckUpOptions& options, std::stop_token stop) {
    try {
        return Examination(index, options, std::move(stop)).run();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for the check-up.",
                    index.root.string());
    }
}

Result<void> keepNearDuplicatesTogether(DatasetIndex& index, const CheckUpOptions& options,
                                        std::stop_token stop) {
    return checkUp(index, options, std::move(stop)).map([&](const CheckUp& found) {
        keepNearDuplicatesTogether(index, found);
    });
}

} // namespace hilum
