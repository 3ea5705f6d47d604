# oneDNN's C++ API as the target hilum_dnnl. oneDNN's own CMake package, as Debian ships it, asks for the OpenCL
# headers that nobody here needs, so header and library are found one by one.

find_path(HILUM_DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(HILUM_DNNL_LIBRARY dnnl)
mark_as_advanced(HILUM_DNNL_INCLUDE_DIR HILUM_DNNL_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(HilumOneDnn REQUIRED_VARS HILUM_DNNL_LIBRARY HILUM_DNNL_INCLUDE_DIR)

if(HilumOneDnn_FOUND)
  add_library(hilum_dnnl INTERFACE)
  target_include_directories(hilum_dnnl SYSTEM INTERFACE "${HILUM_DNNL_INCLUDE_DIR}")
  target_link_libraries(hilum_dnnl INTERFACE "${HILUM_DNNL_LIBRARY}")
endif()
