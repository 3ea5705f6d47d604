# How Hilum's own code is compiled. Third-party headers are SYSTEM and stay silent.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

# The headers of Qt and of LibTorch are compiled once a layer, which saves a third to a half of a file's time. Files include
# what they use all the same: -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess) # what ccache needs to see the header
endif()

find_program(HILUM_CCACHE ccache)
if(HILUM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${HILUM_CCACHE}")
endif()

add_library(hilum_warnings INTERFACE)
if(MSVC)
  target_compile_options(hilum_warnings INTERFACE /W4 /utf-8 $<$<BOOL:${HILUM_WERROR}>:/WX>)
else()
  target_compile_options(hilum_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${HILUM_WERROR}>:-Werror>)
endif()

if(HILUM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(HILUM_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  # gcc knows less of what is initialised when it instruments, and says so in LibTorch's headers.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()
