# libFuzzer targets, one for each reader of untrusted files; `cmake --build --preset fuzz` builds them all.
# tests/fuzz/run.sh runs them.

add_custom_target(fuzz)

# hilum_fuzz(FuzzPng hilum_image): builds fuzz/FuzzPng.cpp, which defines LLVMFuzzerTestOneInput().
function(hilum_fuzz name)
  add_executable(${name} fuzz/${name}.cpp)
  target_link_libraries(${name} PRIVATE ${ARGN} hilum_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  add_dependencies(fuzz ${name})
endfunction()

hilum_fuzz(FuzzDicom hilum_image)
hilum_fuzz(FuzzPng hilum_image)
hilum_fuzz(FuzzJpeg hilum_image)
hilum_fuzz(FuzzTiff hilum_image)
hilum_fuzz(FuzzBmp hilum_image)
hilum_fuzz(FuzzWebP hilum_image)
hilum_fuzz(FuzzSafeTensors hilum_model)
hilum_fuzz(FuzzPickle hilum_weights)
hilum_fuzz(FuzzCsv hilum_dataset)
hilum_fuzz(FuzzJson hilum_dataset hilum_model)

# Writes the inputs that the targets begin with.
add_executable(fuzz-seeds fuzz/Seeds.cpp)
target_link_libraries(fuzz-seeds PRIVATE hilum_film_files hilum_weight_files hilum_dataset hilum_image hilum_model hilum_warnings)
set_target_properties(fuzz-seeds PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
add_dependencies(fuzz fuzz-seeds)
