// Left drag -> window: right widens it, up makes the film brighter. A thousand screen pixels at normal speed
// cross the film's whole range of values, so that every film feels the same. Value type.
#pragma once

#include <QPointF>

#include "core/domain/Radiograph.h"

namespace hilum {

enum class DragSpeed { Fine, Normal, Coarse };

class WindowLevelTool {
public:
    // Takes what it needs of the film: its range of modality values and its polarity.
    WindowLevelTool() = default;
    explicit WindowLevelTool(const Radiograph& film);

    // The window after a move of so many (logical) screen pixels. Width and centre stay usable whatever the
    // move.
    [[nodiscard]] Window moved(const Window& window, QPointF delta, DragSpeed speed) const;

private:
    double m_lowest = 0; // modality values that the film can have
    double m_highest = 1;
    double m_brighter = -1; // sign of the centre's change that makes the film brighter
};

} // namespace hilum
