# Tests of core/.
hilum_test(core TestGraph LIBS hilum_graph)
hilum_test(core TestModelFile LIBS hilum_network hilum_storage)
hilum_test(core TestNetworks LIBS hilum_network TIMEOUT 600)
hilum_test(core TestReadAhead LIBS hilum_domain Threads::Threads)

# Reading and drawing films
hilum_test(core TestDicomCodecs LIBS hilum_image hilum_film_files)
hilum_test(core TestDicomPresentation LIBS hilum_image hilum_film_files)
hilum_test(core TestDicomReader LIBS hilum_image hilum_film_files)
hilum_test(core TestFindFilms LIBS hilum_image hilum_film_files)
hilum_test(core TestHeatMap LIBS hilum_image)
hilum_test(core TestHostileFilms LIBS hilum_image hilum_film_files)
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

# Reading films in helper processes
if(TARGET hilum_decoder_service)
  add_executable(hostile-decoder support/HostileDecoder.cpp)
  target_link_libraries(hostile-decoder PRIVATE hilum_decoder_service hilum_sandbox hilum_image hilum_warnings)
  set_target_properties(hostile-decoder PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  hilum_test(core TestFilmDecoder LIBS hilum_sandbox hilum_image hilum_film_files TIMEOUT 600)
  add_dependencies(TestFilmDecoder hilum-decoder hostile-decoder)
endif()
