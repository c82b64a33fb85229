// driver-says: header_with_main.hpp:4: a header's sample has no main
#pragma once

// ```cpp
// int main() {}
// ```
