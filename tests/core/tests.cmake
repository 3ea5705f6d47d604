# Tests of core/.
hilum_test(core TestGraph LIBS hilum_graph)
hilum_test(core TestModelFile LIBS hilum_network hilum_storage)
hilum_test(core TestNetworks LIBS hilum_network TIMEOUT 600)
hilum_test(core TestReadAhead LIBS hilum_domain Threads::Threads)

# Reading and drawing films
add_library(hilum_film_files STATIC support/PictureFiles.cpp support/DicomFiles.cpp)
target_link_libraries(hilum_film_files
  PUBLIC hilum_domain
  PRIVATE hilum_warnings hilum_opencv charls hilum_openjpeg hilum_webp DCMTK::DCMTK JPEG::JPEG)
hilum_test(core TestDicomCodecs LIBS hilum_image hilum_film_files)
hilum_test(core TestDicomPresentation LIBS hilum_image hilum_film_files)
hilum_test(core TestDicomReader LIBS hilum_image hilum_film_files)
hilum_test(core TestFindFilms LIBS hilum_image hilum_film_files)
hilum_test(core TestHeatMap LIBS hilum_image)
hilum_test(core TestImageWriter LIBS hilum_image hilum_film_files hilum_opencv)
hilum_test(core TestMutatedFilms LIBS hilum_image hilum_film_files)
hilum_test(core TestWindowing LIBS hilum_image)
hilum_test(core TestRasterReader LIBS hilum_image hilum_film_files hilum_opencv)
hilum_test(core TestPhantom LIBS hilum_image DCMTK::DCMTK)
hilum_test(core TestPhantomCommand)
hilum_test(core TestPhantomModel LIBS hilum_inference hilum_image)

# Files of weights
add_library(hilum_weight_files STATIC support/PickleFiles.cpp)
target_include_directories(hilum_weight_files PUBLIC "${CMAKE_SOURCE_DIR}")
target_link_libraries(hilum_weight_files PRIVATE hilum_warnings ZLIB::ZLIB)
hilum_test(core TestPickleReader LIBS hilum_weights hilum_weight_files)
hilum_test(core TestWeightStore LIBS hilum_weights hilum_storage Qt6::Network)
hilum_test(core TestImportWeights LIBS hilum_inference hilum_network hilum_weights hilum_weight_files TIMEOUT 600)

# Exported files, read by others where they are installed: ONNX's checker (libonnx-dev) and OpenCV's dnn module.
hilum_test(core TestExport LIBS hilum_inference hilum_export hilum_network hilum_opencv TIMEOUT 600)
find_library(HILUM_ONNX onnx)
find_library(HILUM_ONNX_PROTO onnx_proto)
find_path(HILUM_ONNX_INCLUDE_DIR onnx/checker.h)
find_package(Protobuf QUIET)
if(HILUM_ONNX AND HILUM_ONNX_PROTO AND HILUM_ONNX_INCLUDE_DIR AND Protobuf_FOUND)
  target_compile_definitions(TestExport PRIVATE HILUM_TEST_ONNX_CHECKER ONNX_ML=1 ONNX_NAMESPACE=onnx)
  target_include_directories(TestExport SYSTEM PRIVATE "${HILUM_ONNX_INCLUDE_DIR}")
  target_link_libraries(TestExport PRIVATE ${HILUM_ONNX} ${HILUM_ONNX_PROTO} protobuf::libprotobuf)
endif()
find_library(HILUM_OPENCV_DNN opencv_dnn)
find_path(HILUM_OPENCV_DNN_INCLUDE_DIR opencv2/dnn.hpp PATH_SUFFIXES opencv4)
if(HILUM_OPENCV_DNN AND HILUM_OPENCV_DNN_INCLUDE_DIR)
  target_compile_definitions(TestExport PRIVATE HILUM_TEST_OPENCV_DNN)
  target_link_libraries(TestExport PRIVATE ${HILUM_OPENCV_DNN})
endif()

# Reading films in helper processes
if(TARGET hilum_decoder_service)
  add_executable(hostile-decoder support/HostileDecoder.cpp)
  target_link_libraries(hostile-decoder PRIVATE hilum_decoder_service hilum_sandbox hilum_image hilum_warnings)
  set_target_properties(hostile-decoder PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  hilum_test(core TestFilmDecoder LIBS hilum_sandbox hilum_image hilum_film_files TIMEOUT 600)
  add_dependencies(TestFilmDecoder hilum-decoder hostile-decoder)
endif()
