// What OpenMP, OpenBLAS and the C library read from the environment while they are loaded.
#pragma once

#include <string>
#include <vector>

namespace hilum {

// Starts the program once more where another environment makes training faster; returns where it is as it
// should be, where the user has set these variables, and where the system has no such restart.
//
// OMP_WAIT_POLICY, GOMP_SPINCOUNT: by default OpenMP's threads wait by spinning, which takes the cores away
// from the threads that prepare batches and from every other program: where two of them share a core,
// training is several times slower. With "passive" they sleep. GNU's OpenMP still spins for a moment, which
// spares most of the sleeps between the small operations of a step: DenseNet201 trains a fifth faster.
//
// OPENBLAS_CORETYPE: an OpenBLAS that is older than the processor does not know it and falls back to kernels
// of 2004; Debian 12's multiplied matrices on a processor of 2024 at an eighth of what its kernels for
// AVX-512 reach.
//
// GLIBC_TUNABLES: every step of training takes new memory for its tensors; in large pages (glibc 2.35 or
// later) there are far fewer page faults, which are dear on virtual machines: there DenseNet201 trained a
// quarter to a half faster.
void restartWithFastLibraries(const std::vector<std::string>& commandLine);

// For programs that are started from here, and decide for themselves.
void forgetLibraryEnvironment();

} // namespace hilum
