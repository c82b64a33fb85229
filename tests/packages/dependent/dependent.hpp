#pragma once
#include <layercake/layercake.hpp>
#include <layercake/version.hpp>

const char* version_that_dependent_was_built_with();
