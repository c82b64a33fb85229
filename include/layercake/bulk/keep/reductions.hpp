// What a sweep keeps of its points, each family in a file of its own. A reduction sees the results block by block, while
// they are in the first-level cache, and holds a state of a size that does not grow with the sweep (columns excepted).
// States of chunks are combined in the order of the chunks, so that a result has the same bits for any number of threads
// and ranks.
//
// A point that fails a condition, or whose result is NaN or infinite, never wins, never enters a mean.
#pragma once

#include <layercake/bulk/keep/extremes.hpp>
#include <layercake/bulk/keep/histogram.hpp>
#include <layercake/bulk/keep/into.hpp>
#include <layercake/bulk/keep/moments.hpp>
#include <layercake/bulk/keep/pareto.hpp>
#include <layercake/bulk/keep/tally.hpp>
