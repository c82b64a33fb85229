// driver-says: header_does_not_compile.hpp:5:.*missing
#pragma once

// ```cpp
// int x = missing;
// ```
