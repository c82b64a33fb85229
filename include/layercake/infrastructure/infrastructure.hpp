// The infrastructure layer: many chips as one machine, in a building, run by people, paid over time.
#pragma once

#include <layercake/economics/scale.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/infrastructure/collectives.hpp>
#include <layercake/infrastructure/cost.hpp>
#include <layercake/infrastructure/fabric.hpp>
#include <layercake/infrastructure/facility.hpp>
#include <layercake/infrastructure/labour.hpp>
#include <layercake/infrastructure/network.hpp>
#include <layercake/infrastructure/node.hpp>
#include <layercake/infrastructure/overlap.hpp>
#include <layercake/infrastructure/reliability.hpp>
#include <layercake/infrastructure/site.hpp>
