// first-names: fp8 bf16
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
auto dense_fp8 = lc::as<lc::kind::at<lc::precision::fp8>>(1979 * teraflop / second);
auto dense_bf16 = lc::as<lc::kind::at<lc::precision::bf16>>(989 * teraflop / second);
#ifdef GOOD
bool faster = plain(dense_fp8) > plain(dense_bf16);
#else
bool faster = dense_fp8 > dense_bf16;
#endif
