// driver-says: header_error_compiles.hpp:4: the snippet compiles, but must not
#pragma once

// ```cpp error
// int x = 1;
// ```
