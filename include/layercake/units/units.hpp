// Dimensions, quantities, named units, strong kinds, printing. Beside it, each included by name: parse.hpp (text to quantities), chrono.hpp
// and boost.hpp (other libraries' quantities), format.hpp (std::format where the standard library has it).
#pragma once

#include <layercake/units/dimensions.hpp>
#include <layercake/units/kind.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/print.hpp>
#include <layercake/units/quantity.hpp>
