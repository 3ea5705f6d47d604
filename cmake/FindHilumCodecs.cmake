# libdeflate, OpenJPEG, libwebp and libzip as the targets hilum_deflate, hilum_openjpeg, hilum_webp and hilum_zip.
# Distributions ship their CMake packages in parts or not at all, so headers and libraries are found one by one.

function(_hilum_codec target header library)
  find_path(${target}_INCLUDE_DIR ${header} PATH_SUFFIXES ${ARGN})
  find_library(${target}_LIBRARY ${library})
  mark_as_advanced(${target}_INCLUDE_DIR ${target}_LIBRARY)
  if(NOT ${target}_INCLUDE_DIR OR NOT ${target}_LIBRARY)
    message(FATAL_ERROR "${header} or the library ${library} is missing")
  endif()
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE "${${target}_INCLUDE_DIR}")
  target_link_libraries(${target} INTERFACE "${${target}_LIBRARY}")
endfunction()

_hilum_codec(hilum_deflate libdeflate.h deflate)
_hilum_codec(hilum_openjpeg openjpeg.h openjp2 openjpeg-2.5 openjpeg-2.4)
_hilum_codec(hilum_webp webp/decode.h webp)
_hilum_codec(hilum_zip zip.h zip)
set(HilumCodecs_FOUND TRUE)
