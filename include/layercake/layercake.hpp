// The five layers and the stack. Needs Boost's headers alone.
#pragma once

#include <layercake/config.hpp>  // first: the compiler has to know C++20

#include <layercake/applications/applications.hpp>
#include <layercake/chips/chips.hpp>
#include <layercake/energy/energy.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/models/models.hpp>
#include <layercake/stack/explain.hpp>
#include <layercake/stack/stack.hpp>
#include <layercake/units/units.hpp>
#include <layercake/version.hpp>
