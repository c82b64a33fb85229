// first-names: input output
// max-bytes: 4000
#include <layercake/core/demand.hpp>

using namespace layercake::units;
constexpr layercake::call_demand<> chat{.input = 1200 * token, .output = 300 * token};
#ifdef GOOD
layercake::call_demand<> other{.input = chat.input, .output = chat.output};
#else
layercake::call_demand<> other{.input = chat.output, .output = chat.output};
#endif
