# OpenCV's core and imgproc as the target hilum_opencv, and for tests imgcodecs as hilum_opencv_codecs where it is
# found (it brings a hundred libraries, GDAL among them). Debian ships OpenCV's own CMake package only with all of its
# modules (libopencv-dev brings VTK and Qt 5), so the libraries are found one by one; where they are not in the usual
# places, OpenCV's package is asked.

find_path(HILUM_OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
foreach(_module core imgproc imgcodecs)
  find_library(HILUM_OPENCV_${_module} opencv_${_module})
  mark_as_advanced(HILUM_OPENCV_${_module})
endforeach()
mark_as_advanced(HILUM_OPENCV_INCLUDE_DIR)

add_library(hilum_opencv INTERFACE)
if(HILUM_OPENCV_INCLUDE_DIR AND HILUM_OPENCV_core AND HILUM_OPENCV_imgproc)
  target_include_directories(hilum_opencv SYSTEM INTERFACE "${HILUM_OPENCV_INCLUDE_DIR}")
  target_link_libraries(hilum_opencv INTERFACE "${HILUM_OPENCV_imgproc}" "${HILUM_OPENCV_core}")
else()
  find_package(OpenCV 4 REQUIRED COMPONENTS core imgproc OPTIONAL_COMPONENTS imgcodecs)
  target_include_directories(hilum_opencv SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS})
  target_link_libraries(hilum_opencv INTERFACE opencv_core opencv_imgproc)
  if(TARGET opencv_imgcodecs)
    set(HILUM_OPENCV_imgcodecs opencv_imgcodecs)
  endif()
endif()
if(HILUM_OPENCV_imgcodecs)
  add_library(hilum_opencv_codecs INTERFACE)
  target_link_libraries(hilum_opencv_codecs INTERFACE "${HILUM_OPENCV_imgcodecs}" hilum_opencv)
endif()
set(HilumOpenCV_FOUND TRUE)
