// What is written about a film: on the film area's corners, in the list, in the status line, in its details.
// Pure functions; the texts are safe to show as plain text. Empty parts are left out, never guessed.
#pragma once

#include <utility>
#include <vector>

#include <QString>
#include <QStringList>

#include "core/domain/ModelCard.h"
#include "core/domain/Radiograph.h"
#include "core/domain/Reading.h"

namespace hilum {

// 1 204: digits in groups of three, kept together.
QString grouped(long long number);
// 91.3 %
QString percent(double share, int decimals = 1);
// The same for a network's output, which is never certain: >99.9 % instead of 100.0 %, <0.1 % instead of 0.0
// %.
QString probabilityText(double probability, int decimals = 1);

QString patientLine(const FilmHeader& header); // name, id, sex and age
QString studyLine(const FilmHeader& header);   // date and time, modality, body part, view
QString windowLine(const Window& window);      // W 2540 C 1280
QString windowOrigin(const Window& window);    // its explanation, e.g. "full range"; may be empty
QString zoomLine(double scale);                // Zoom 42 %
// Position (film pixels; the first pixel's centre is 0.5), millimetres where known, and the value there;
// empty outside the film.
QString positionLine(const Radiograph& film, double x, double y);
QString spacingLine(const Radiograph& film);
// film.dcm · 2 430 × 2 000 · 12 bit · JPEG Lossless
QString factsLine(const Radiograph& film);

QString listTitle(const Radiograph& film);           // the patient, or the file's name
QString listDetail(const Radiograph& film);          // view and date, or format and size
QString findingLabel(const Prediction& prediction);  // COVID-19
QString findingFigure(const Prediction& prediction); // 91 %

// Label and value, in the order to be read.
std::vector<std::pair<QString, QString>> filmDetails(const Radiograph& film);

// "accuracy 94.2 % (91.5–96.1)" and what it was measured on; says so when the model was not evaluated.
QString accuracyLine(const ModelCard& card);

} // namespace hilum
