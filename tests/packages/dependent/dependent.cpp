#include "dependent.hpp"

const char* version_that_dependent_was_built_with() { return layercake::library_version.text; }
