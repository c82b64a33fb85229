# cmake -D NM=nm -D OBJECT=file.o -P check_symbols.cmake

execute_process(COMMAND "${NM}" --undefined-only "${OBJECT}" OUTPUT_VARIABLE undefined COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${NM}" --defined-only --demangle "${OBJECT}" OUTPUT_VARIABLE defined COMMAND_ERROR_IS_FATAL ANY)
if(NOT defined MATCHES "kernel\\(")
  message(FATAL_ERROR "${OBJECT} defines no kernel")
endif()
foreach(symbol IN ITEMS __cxa_throw __cxa_allocate_exception _Znwm _Znam malloc)
  if(undefined MATCHES "${symbol}[\n ]")
    message(FATAL_ERROR "a kernel refers to ${symbol}:\n${undefined}")
  endif()
endforeach()
message("no throw, no allocation; it refers to:\n${undefined}")
