# Ratios measured side by side; label "benchmarks", one at a time.
hilum_test(benchmarks TestGradCamCost LIBS hilum_network TIMEOUT 600)
set_tests_properties(TestGradCamCost PROPERTIES RUN_SERIAL ON)
if(TARGET hilum_decoder_service)
  hilum_test(benchmarks TestDecoderCost LIBS hilum_sandbox hilum_image hilum_film_files)
  add_dependencies(TestDecoderCost hilum-decoder)
endif()
hilum_test(benchmarks TestWindowSpeed LIBS hilum_ui hilum_image hilum_film_files)
set_tests_properties(TestWindowSpeed PROPERTIES RUN_SERIAL ON)
