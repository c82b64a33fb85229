// driver-says: header_wrong_output.hpp:9: the output differs
#pragma once

// ```cpp
// std::cout << in<watt>(1 * kilowatt);
// ```
//
// And then:
// ```cpp continue
// std::cout << in<kilowatt>(1 * watt);
// ```
// ```text
// 1000
// ```
