#include "training/EpochPlan.h"

#include <algorithm>

#include "training/Sampler.h"

namespace hilum {

EpochPlan::EpochPlan(const TrainingConfig& config, std::vector<std::size_t> films, std::vector<int> labels,
                     std::uint64_t seed)
    : m_films(std::move(films)), m_labels(std::move(labels)), m_sampling(config.sampling), m_seed(seed),
      m_batchSize(config.batchSize), m_accumulation(config.accumulationSteps) {
    const auto all = static_cast<long>(m_films.size());
    const long perStep = m_batchSize * m_accumulation;
    m_steps = std::max(1L, all / perStep);
    m_filmsPerEpoch = std::min(all, m_steps * perStep);
}

long EpochPlan::batchesPerEpoch() const { return (m_filmsPerEpoch + m_batchSize - 1) / m_batchSize; }

std::vector<std::size_t> EpochPlan::films(int epoch) const {
    std::vector<std::size_t> films;
    for (const std::size_t place : epochOrder(m_labels, m_sampling, m_seed, epoch))
        films.push_back(m_films[place]);
    films.resize(static_cast<std::size_t>(m_filmsPerEpoch));
    return films;
}

BatchPlace EpochPlan::place(int epoch, long batch) const {
    return {epoch, batch, (batch - 1) % m_accumulation == 0,
            batch % m_accumulation == 0 || batch == batchesPerEpoch(),
            std::min(m_filmsPerEpoch, m_batchSize * m_accumulation)};
}

} // namespace hilum
