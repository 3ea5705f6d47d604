// The shortcut test of a finished run: its test films are read again as they are, with the lungs blacked out,
// and with everything but the lungs blacked out. A network that looks at the lungs is lost without them; one
// that still tells the classes apart uses something else. Without torch.
//
// Where the data have no lung masks, the centre of each film stands for the lungs, as Maguolo and Nanni
// blacked it out (Information Fusion 76:1, 2021, arXiv 2004.12823): here three quarters of the width and of
// the height.
//
// Black is grey 0 of the square that the network sees, after window and fit and before normalisation. The
// mask is resized to the film where it has another size, fitted as the film is (same part, same
// interpolation), and is inside where at least half of a pixel of the square is.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>

#include "core/domain/FilmReader.h"
#include "core/domain/Raster.h"
#include "core/domain/Result.h"
#include "training/FinishedRun.h"
#include "training/ShortcutResult.h"

namespace hilum {

enum class Blacked { Region, AllButRegion };

// Both of the same size; inside is where the mask is not 0.
GreyImage blackedOut(GreyImage square, const MaskImage& region, Blacked what);
// The centre of a film, 255 inside: pixels whose centre lies within three eighths of either side of the
// film's.
MaskImage centreOf(int widthPx, int heightPx);

struct ShortcutOptions {
    std::filesystem::path data; // empty: where the run's settings say
    std::filesystem::path
        masks; // lung masks named as the films, or .png instead; empty: those of the data set
    // None: the lungs where `masks` is given or any test film has a lung mask, else the centre.
    std::optional<ShortcutRegion> region;
    int threads = 1;     // that decode; the network takes its own
    FilmReader readFilm; // null: readRadiograph()
    // Films done of all; called after each film on the thread that called shortcutTest(). May be null.
    std::function<void(long done, long total)> progress;
};

// Of a cross-validation every film is read by the model that did not see it. Three readings per film, some 10
// ms each for a small network. Where the region is the lungs, films without a mask are counted and left out;
// so are films that cannot be read, with the reason. Blocking; thread-safe. Errors: NotFound (the data, or
// not a single mask where lungs are asked for), BadModelFile (not the model whose figures the run holds),
// those of loadRun() and Classifier::load(), Damaged (no film could be used), Cancelled, OutOfMemory.
Result<ShortcutResult> shortcutTest(const FinishedRun& run, const ShortcutOptions& options,
                                    std::stop_token stop = {});

} // namespace hilum
