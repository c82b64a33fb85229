// The macros min and max of <windows.h> would break every formula; the library says what to define.
// must-contain: define NOMINMAX before including <windows.h>
// max-bytes: 40000
#ifndef GOOD
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif
#include <layercake/number/number.hpp>

double smaller(double a, double b) { return layercake::min(a, b); }
