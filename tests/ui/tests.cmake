# Tests of ui/.
hilum_test(ui TestFilmRenderer LIBS hilum_ui hilum_image)
hilum_test(ui TestFilmText LIBS hilum_ui)
hilum_test(ui TestJobThread LIBS hilum_ui)
if(TARGET hilum-decoder)
  hilum_test(ui TestKilledDecoder LIBS hilum_ui hilum_image)
  add_dependencies(TestKilledDecoder hilum-decoder)
endif()
hilum_test(ui TestMainWindow LIBS hilum_ui hilum_image hilum_inference)
hilum_test(ui TestPlane LIBS hilum_ui)
hilum_test(ui TestReadSession LIBS hilum_ui)
hilum_test(ui TestSearchDialog LIBS hilum_ui hilum_image)
add_dependencies(TestSearchDialog hilum-trainer)
hilum_test(ui TestSettings LIBS hilum_ui)
hilum_test(ui TestTrainingQueue LIBS hilum_ui)
hilum_test(ui TestTrainingWizard LIBS hilum_ui hilum_image TIMEOUT 1200)
set_property(TEST TestTrainingWizard APPEND PROPERTY ENVIRONMENT QTEST_FUNCTION_TIMEOUT=1200000) # milliseconds
add_dependencies(TestTrainingWizard hilum-cli hilum-trainer)
hilum_test(ui TestViewGeometry LIBS hilum_ui)
hilum_test(ui TestWindowLevelTool LIBS hilum_ui)

# The program itself: starts, looks for models, draws its window, quits.
add_test(NAME WindowStarts COMMAND hilum --screenshot ${CMAKE_BINARY_DIR}/tests/window.png)
set_tests_properties(WindowStarts PROPERTIES LABELS ui TIMEOUT 120 
  ENVIRONMENT "QT_QPA_PLATFORM=offscreen;XDG_CACHE_HOME=${CMAKE_BINARY_DIR}/tests/cache")
