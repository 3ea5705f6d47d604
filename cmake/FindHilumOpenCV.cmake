# OpenCV's core, imgproc and imgcodecs as the target hilum_opencv. Debian ships OpenCV's own CMake
# package only with all of its modules (libopencv-dev brings VTK and Qt 5), so the three libraries
# are found one by one; where they are not in the usual places, OpenCV's package is asked.

find_path(HILUM_OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(_libraries)
foreach(_module core imgproc imgcodecs)
  find_library(HILUM_OPENCV_${_module} opencv_${_module})
  mark_as_advanced(HILUM_OPENCV_${_module})
  if(HILUM_OPENCV_${_module})
    list(APPEND _libraries "${HILUM_OPENCV_${_module}}")
  endif()
endforeach()
list(LENGTH _libraries _found)

add_library(hilum_opencv INTERFACE)
if(HILUM_OPENCV_INCLUDE_DIR AND _found EQUAL 3)
  target_include_directories(hilum_opencv SYSTEM INTERFACE "${HILUM_OPENCV_INCLUDE_DIR}")
  target_link_libraries(hilum_opencv INTERFACE ${_libraries})
else()
  find_package(OpenCV 4 REQUIRED COMPONENTS core imgproc imgcodecs)
  target_include_directories(hilum_opencv SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS})
  target_link_libraries(hilum_opencv INTERFACE ${OpenCV_LIBS})
endif()
set(HilumOpenCV_FOUND TRUE)
mark_as_advanced(HILUM_OPENCV_INCLUDE_DIR)
