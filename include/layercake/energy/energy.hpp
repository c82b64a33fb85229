// The energy layer: watts now and watts each hour, what they cost and what they emit.
#pragma once

#include <layercake/energy/catalog.hpp>
#include <layercake/energy/conversion.hpp>
#include <layercake/energy/generation.hpp>
#include <layercake/energy/grid.hpp>
#include <layercake/energy/storage.hpp>
#include <layercake/energy/supply.hpp>
