// Where the body lies on the film. Body coordinates are cm in the plane of the chest: x to the patient's left
// (right on the film), y down, z forward; x = 0 is the midline, y = 0 lies 2 cm below the carina. Two bodies
// of different size share these coordinates: the geometry holds the scale.
#pragma once

#include <cmath>

namespace hilum::phantom {

struct Point {
    float x = 0;
    float y = 0;
};

struct Point3 {
    float x = 0;
    float y = 0;
    float z = 0;
};

class Geometry {
public:
    // scaleX, scaleY: size of this body against the standard one. centre: the body's point at the film's
    // centre.
    Geometry(int widthPx, int heightPx, float pixelCm, float scaleX, float scaleY, float tiltRad,
             Point centre)
        : m_xx(std::cos(tiltRad) * scaleX / pixelCm), m_xy(-std::sin(tiltRad) * scaleY / pixelCm),
          m_yx(std::sin(tiltRad) * scaleX / pixelCm), m_yy(std::cos(tiltRad) * scaleY / pixelCm),
          m_pixelCm(pixelCm) {
        m_x0 = 0.5F * static_cast<float>(widthPx - 1) - m_xx * centre.x - m_xy * centre.y;
        m_y0 = 0.5F * static_cast<float>(heightPx - 1) - m_yx * centre.x - m_yy * centre.y;
    }

    [[nodiscard]] Point toFilm(Point body) const {
        return {m_x0 + m_xx * body.x + m_xy * body.y, m_y0 + m_yx * body.x + m_yy * body.y};
    }
    [[nodiscard]] Point toBody(Point film) const {
        const float dx = film.x - m_x0;
        const float dy = film.y - m_y0;
        const float inverse = 1.0F / (m_xx * m_yy - m_xy * m_yx);
        return {inverse * (m_yy * dx - m_xy * dy), inverse * (m_xx * dy - m_yx * dx)};
    }
    // Film pixels per cm of the body, both directions averaged.
    [[nodiscard]] float pixelsPerBodyCm() const { return std::sqrt(m_xx * m_yy - m_xy * m_yx); }
    // Size of a film pixel.
    [[nodiscard]] float pixelCm() const { return m_pixelCm; }

private:
    float m_xx, m_xy, m_yx, m_yy; // body cm -> film pixels
    float m_x0 = 0, m_y0 = 0;
    float m_pixelCm;
};

// 0 below low, 1 above high, smooth in between.
inline float smoothStep(float low, float high, float value) {
    const float t = std::fmin(1.0F, std::fmax(0.0F, (value - low) / (high - low)));
    return t * t * (3.0F - 2.0F * t);
}

// √(1 − s²) inside (−1, 1), 0 outside: a chord of the unit circle.
inline float circleChord(float s) {
    const float rest = 1.0F - s * s;
    return rest > 0.0F ? std::sqrt(rest) : 0.0F;
}

// √(1 − |u|³) inside (−1, 1), 0 outside: a chest's cross-section is flatter in front and behind than an
// ellipse.
inline float barrelChord(float u) {
    const float rest = 1.0F - std::abs(u * u * u);
    return rest > 0.0F ? std::sqrt(rest) : 0.0F;
}

} // namespace hilum::phantom
