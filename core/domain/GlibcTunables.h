// What makes a program's memory lie in large pages (the GNU C library, 2.35 or later): a variable that is
// read while the program starts. Parts of its value are separated by colons.
#pragma once

namespace hilum {

constexpr const char* kTunablesVariable = "GLIBC_TUNABLES";
constexpr const char* kLargePages = "glibc.malloc.hugetlb=1";

} // namespace hilum
