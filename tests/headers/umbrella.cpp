// layercake.hpp needs the Boost headers alone. Each of these macros is the include guard, or the version, of something
// that must stay out of it.
#include <layercake/layercake.hpp>

#if defined(XSIMD_HPP) || defined(XSIMD_VERSION_MAJOR)
#error "layercake.hpp reaches xsimd"
#endif
#if defined(EIGEN_WORLD_VERSION)
#error "layercake.hpp reaches Eigen"
#endif
#if defined(_GLIBCXX_IOSTREAM) || defined(_LIBCPP_IOSTREAM)
#error "layercake.hpp reaches <iostream>"
#endif
#if defined(_GLIBCXX_REGEX) || defined(_LIBCPP_REGEX)
#error "layercake.hpp reaches <regex>"
#endif
