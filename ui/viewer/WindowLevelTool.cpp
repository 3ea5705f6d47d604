#include "ui/viewer/WindowLevelTool.h"

#include <algorithm>

#include "core/image/Windowing.h"

namespace hilum {
namespace {

constexpr double kPixelsPerRange = 1000;
constexpr double kWidest = 4; // times the film's range

double factor(DragSpeed speed) {
    switch (speed) {
    case DragSpeed::Fine:
        return 0.2;
    case DragSpeed::Normal:
        return 1;
    case DragSpeed::Coarse:
        return 5;
    }
    return 1;
}

} // namespace

WindowLevelTool::WindowLevelTool(const Radiograph& film) {
    const auto top = static_cast<std::uint16_t>(film.storedMax - film.storedMin);
    const double first = film.modalityValue(0);
    const double last = film.modalityValue(top);
    m_lowest = std::min(first, last);
    m_highest = std::max(first, last);
    // A wide window over the film's range tells which way the grey values run.
    const Window middle{
        (m_lowest + m_highest) / 2, std::max(1.0, m_highest - m_lowest), VoiFunction::Linear, {}};
    Window raised = middle;
    raised.center += middle.width / 4;
    const std::size_t probe = top / 2U;
    m_brighter = windowTable(film, raised)[probe] > windowTable(film, middle)[probe] ? 1 : -1;
}

Window WindowLevelTool::moved(const Window& window, QPointF delta, DragSpeed speed) const {
    const double range = m_highest - m_lowest;
    const double step = range / kPixelsPerRange * factor(speed);
    const double narrowest = window.function == VoiFunction::Linear ? 1.0 : range * 1e-4;
    Window result = window;
    result.width =
        std::clamp(window.width + delta.x() * step, narrowest, std::max(narrowest, range * kWidest));
    result.center =
        std::clamp(window.center - delta.y() * step * m_brighter, m_lowest - range, m_highest + range);
    return result;
}

} // namespace hilum
