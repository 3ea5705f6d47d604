// How LibTorch's threads wait for each other.
#pragma once

#include <string>
#include <vector>

namespace hilum {

// By default OpenMP's threads wait by spinning, which takes the cores away from the threads that prepare
// batches and from every other program: where two of them share a core, training is several times slower.
// OpenMP reads its policy when it is loaded, so the program starts itself once more, with
// OMP_WAIT_POLICY=passive. GNU's OpenMP still spins for a moment (GOMP_SPINCOUNT), which spares most of the
// sleeps between the small operations of a step: DenseNet201 trains a fifth faster. Returns where the variable
// is set already, and where the system has no such restart.
void letThreadsWaitPassively(const std::vector<std::string>& commandLine);

} // namespace hilum
