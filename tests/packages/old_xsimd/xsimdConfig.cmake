# Stands for an xsimd that is too old.
add_library(xsimd INTERFACE IMPORTED)
