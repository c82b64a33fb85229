# Runs mpi_sweep so that a rank kills itself: the launcher must say so and end, long before the time is over. Then runs it
# again: it must go on from the checkpoint that rank 0 left, to the result of a sweep that was never stopped.
#   LAUNCH       launcher, number of ranks and program
#   CHECKPOINT   a file

file(REMOVE "${CHECKPOINT}")
execute_process(COMMAND ${LAUNCH} dies "${CHECKPOINT}" TIMEOUT 100 RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
message("${text}")
if(result STREQUAL "0" OR result MATCHES "timeout")
  message(FATAL_ERROR "a rank died, and the run ended with: ${result}")
endif()
execute_process(COMMAND ${LAUNCH} resumes "${CHECKPOINT}" TIMEOUT 100 RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
message("${text}")
if(NOT result STREQUAL "0")
  message(FATAL_ERROR "the run after that ended with: ${result}")
endif()
