# Every third-party library, found once. Targets below core/ and ui/ link them PRIVATE.

find_package(Threads REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(DCMTK REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(TIFF 4.5 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibXml2 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(charls 2 REQUIRED)
find_package(HilumCodecs REQUIRED)
find_package(Torch REQUIRED)
find_package(HilumOpenCV REQUIRED)

# Without it the film decoder's process keeps the right to call the system.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(SECCOMP QUIET IMPORTED_TARGET libseccomp)
  endif()
endif()

# The reading engine, without which films are read on LibTorch. It shares oneDNN's threads: OpenMP.
if(HILUM_ONEDNN STREQUAL "AUTO")
  find_package(HilumOneDnn QUIET)
  find_package(OpenMP QUIET COMPONENTS CXX)
  set(HILUM_ONEDNN OFF)
  if(HilumOneDnn_FOUND AND OpenMP_CXX_FOUND AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(HILUM_ONEDNN ON)
  endif()
elseif(HILUM_ONEDNN)
  find_package(HilumOneDnn REQUIRED)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
endif()
if(HILUM_ONEDNN)
  message(STATUS "Films are read with oneDNN")
else()
  message(STATUS "Films are read with LibTorch")
endif()

# Torch's package sets plain variables; give it a target, with SYSTEM headers.
add_library(hilum_torch INTERFACE)
target_include_directories(hilum_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(hilum_torch INTERFACE ${TORCH_LIBRARIES})

if(HILUM_GUI)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Core Gui Widgets PrintSupport Svg LinguistTools)
  find_package(QCustomPlotQt6 REQUIRED) # needs PrintSupport
endif()
