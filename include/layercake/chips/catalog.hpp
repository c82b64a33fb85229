// Accelerators that one can buy or rent: data sheets of 45 chips, each datum with its source.
//
// Facts only; figures marked recalled come from general knowledge. Peaks are dense. Prices are of one chip in US
// dollars of the year named.
#pragma once

#include <layercake/chips/accelerator.hpp>
#include <layercake/chips/wafers.hpp>
#include <layercake/core/catalog.hpp>
#include <string_view>

namespace layercake::chips::catalog {

namespace detail {
struct peaks {
  double fp32, tf32, fp16, bf16, fp8, fp4, int8;  // TFLOP/s
};
struct moving {
  double memory, bandwidth, scale_up, domain;  // GB, GB/s, GB/s per direction, chips
  double reported = na;                        // MiB of memory as the driver reports it
  double axes = 0, wraps_from = 0;             // of a torus; its bandwidth is that of all links of a chip
};
struct buying {
  double power, idle, price, die_area, dies;  // W, W, USD, mm^2 of all compute dies
};
struct inside {
  double multiprocessors, clock, cache, exponentials = 1;  // GHz, MB, times 16 per multiprocessor and clock
};

using layercake::datum;

// A chip from figures in the units of its data sheet; `matrix` is the best published large BF16 matrix product in
// TFLOP/s.
constexpr accelerator data_sheet(const char* name, family f, const peaks& p, const moving& m, const buying& b,
                                 const inside& s, double matrix, const char* launch, const provenance& origin) {
  using namespace units;
  constexpr auto rate = [](double x) { return datum<teraflop_per_second>(x); };
  const bool inside_known = is_known(s.multiprocessors);
  return {.name = name,
          .family = f,
          .peak = {rate(p.fp32), rate(p.tf32), rate(p.fp16), rate(p.bf16), rate(p.fp8), rate(p.fp4), rate(p.int8)},
          .memory = m.memory * gigabyte,
          .reported_over_nominal = is_known(m.reported) ? m.reported * (mebibyte / gigabyte) / m.memory : na,
          .memory_bandwidth = m.bandwidth * gigabyte_per_second,
          .scale_up_bandwidth = datum<gigabyte_per_second>(m.scale_up),
          .scale_up_domain = m.domain,
          .torus_axes = m.axes,
          .torus_wraps_from = m.wraps_from,
          .thermal_design_power = datum<watt>(b.power),
          .idle_power = datum<watt>(is_known(b.idle)    ? b.idle
                                    : is_known(b.power) ? idle_share * b.power
                                                        : na),
          .price = datum<usd>(b.price),
          .die_area = datum<square_millimetre>(b.die_area),
          .dies = b.dies,
          .multiprocessors = s.multiprocessors,
          .clock = datum<gigahertz>(s.clock),
          .on_chip_cache = datum<megabyte>(s.cache),
          .exponential_rate = datum<gigahertz>(
              inside_known ? exponentials_per_clock * s.exponentials * s.multiprocessors * s.clock : na),
          .compute_efficiency = is_known(matrix) ? matrix / p.bf16 : sustained(f).compute,
          .memory_efficiency = sustained(f).memory,
          .launch = launch,
          .origin = origin};
}

inline constexpr field_source multiprocessors_recalled{"multiprocessors", "data sheet, from general knowledge",
                                                       confidence::recalled};
inline constexpr field_source clock_recalled{"clock", "data sheet, from general knowledge", confidence::recalled};
inline constexpr field_source cache_recalled{"on_chip_cache", "data sheet, from general knowledge",
                                             confidence::recalled};
inline constexpr field_source exponentials_counted{
    "exponential_rate", "16 per multiprocessor and clock, the special-function units, general knowledge",
    confidence::recalled};
inline constexpr field_source memory_recalled{"reported_over_nominal", "nvidia-smi or rocm-smi, total, recalled",
                                              confidence::recalled};
inline constexpr field_source idle_of_family{"idle_power", "share of the thermal design power", confidence::assumed};
// 32 on the chips whose clock counts twice in `inside`.
inline constexpr field_source exponentials_doubled{
    "exponential_rate", "32 per multiprocessor and clock, twice the special-function units, general knowledge",
    confidence::recalled};
inline constexpr field_source compute_of_family{"compute_efficiency", "mean of the family", confidence::estimated};
inline constexpr field_source compute_of_others{"compute_efficiency", "as an average chip of other families",
                                                confidence::assumed};
inline constexpr field_source compute_measured{"compute_efficiency", "stas00/ml-engineering, maximum achievable matmul",
                                               confidence::measured};
inline constexpr field_source memory_of_family{"memory_efficiency", "fitted kernels of NVIDIA's chips, in their middle",
                                               confidence::estimated};
inline constexpr field_source memory_of_others{"memory_efficiency", "as on NVIDIA's chips", confidence::assumed};
// Rows without a source of their own for a field: of the measured NVIDIA families, of AMD, of a family without
// measurements, of Gaudi; and those whose inside is not known.
inline constexpr field_source inside_recalled[] = {memory_recalled,   multiprocessors_recalled, clock_recalled,
                                                   cache_recalled,    exponentials_counted,     idle_of_family,
                                                   compute_of_family, memory_of_family};
inline constexpr field_source inside_recalled_amd[] = {multiprocessors_recalled, clock_recalled, cache_recalled,
                                                       exponentials_counted,     idle_of_family, compute_of_family,
                                                       memory_of_others};
inline constexpr field_source inside_recalled_others[] = {memory_recalled,   multiprocessors_recalled, clock_recalled,
                                                          cache_recalled,    exponentials_counted,     idle_of_family,
                                                          compute_of_others, memory_of_others};
inline constexpr field_source inside_recalled_matrix_measured[] = {
    multiprocessors_recalled, clock_recalled,   cache_recalled,  exponentials_counted,
    idle_of_family,           compute_measured, memory_of_others};
inline constexpr field_source inside_unknown[] = {idle_of_family, compute_of_family, memory_of_others};
inline constexpr field_source inside_unknown_others[] = {idle_of_family, compute_of_others, memory_of_others};
}  // namespace detail

inline constexpr field_source a100_sxm_40gb_fields[] = {
    {"price", "single-unit list 2020-07 (Next Platform via Epoch); DGX A100/8 = 24875 at launch",
     confidence::published},
    detail::memory_recalled,
    detail::multiprocessors_recalled,
    detail::clock_recalled,
    detail::cache_recalled,
    detail::exponentials_counted,
    detail::idle_of_family,
    detail::compute_of_family,
    detail::memory_of_family};
inline constexpr accelerator a100_sxm_40gb =
    detail::data_sheet("A100-SXM4-40GB", family::ampere, {19.5, 156, 312, 312, na, na, 624}, {40, 1560, 300, 8, 40960},
                       {400, na, 15000, 826, 1}, {108, 1.41, 40}, na, "2020-05-14",
                       {"Epoch chip dataset; Epoch hardware prices; stas00/ml-engineering", "2020-05-14",
                        confidence::published, a100_sxm_40gb_fields});
inline constexpr field_source a100_sxm_80gb_fields[] = {
    {"price", "single-unit list (Next Platform via Epoch); 17349 per GPU HGX/8 2025-03", confidence::published},
    detail::memory_recalled,
    detail::multiprocessors_recalled,
    detail::clock_recalled,
    detail::cache_recalled,
    detail::exponentials_counted,
    detail::idle_of_family,
    detail::compute_measured,
    detail::memory_of_family};
inline constexpr accelerator a100_sxm_80gb =
    detail::data_sheet("A100-SXM4-80GB", family::ampere, {19.5, 156, 312, 312, na, na, 624}, {80, 2039, 300, 8, 81920},
                       {400, na, 17500, 826, 1}, {108, 1.41, 40}, 271.2, "2020-11-16",
                       {"Epoch chip dataset; Epoch hardware prices; stas00/ml-engineering", "2020-11-16",
                        confidence::published, a100_sxm_80gb_fields});
inline constexpr field_source h100_sxm_fields[] = {
    {"price", "HGX/8 street price 2025-01-31; vendor ASP 2025 est. 20000-27000 (geomean 23238)", confidence::published},
    detail::memory_recalled,
    detail::multiprocessors_recalled,
    detail::clock_recalled,
    detail::cache_recalled,
    detail::exponentials_counted,
    detail::idle_of_family,
    detail::compute_measured,
    detail::memory_of_family};
inline constexpr accelerator h100_sxm =
    detail::data_sheet("H100-SXM5-80GB", family::hopper, {67, 494.5, 989.4, 989.4, 1979, na, 1979},
                       {80, 3350, 450, 8, 81559}, {700, na, 31905, 814, 1}, {132, 1.83, 50}, 794.5, "2022-09-20",
                       {"Epoch chip dataset; Epoch hardware prices; Epoch ai-chip-counts; stas00/ml-engineering",
                        "2022-09-20", confidence::published, h100_sxm_fields});
inline constexpr field_source h100_pcie_fields[] = {{"price", "single-unit 2025-03-03", confidence::published},
                                                    {"scale_up_domain", "general knowledge", confidence::recalled},
                                                    detail::memory_recalled,
                                                    detail::multiprocessors_recalled,
                                                    detail::clock_recalled,
                                                    detail::cache_recalled,
                                                    detail::exponentials_counted,
                                                    detail::idle_of_family,
                                                    detail::compute_of_family,
                                                    detail::memory_of_family};
inline constexpr accelerator h100_pcie =
    detail::data_sheet("H100-PCIe-80GB", family::hopper, {51, 378, 756, 756, 1513, na, 1513}, {80, 2040, 300, 2, 81559},
                       {350, na, 24500, 814, 1}, {114, 1.755, 50}, na, "2022-09-20",
                       {"Epoch chip dataset; Epoch hardware prices; stas00/ml-engineering", "2022-09-20",
                        confidence::published, h100_pcie_fields});
inline constexpr field_source h800_sxm_fields[] = {{"peak.fp8", "general knowledge", confidence::recalled},
                                                   {"scale_up_domain", "general knowledge", confidence::recalled},
                                                   detail::multiprocessors_recalled,
                                                   detail::clock_recalled,
                                                   detail::cache_recalled,
                                                   detail::exponentials_counted,
                                                   detail::idle_of_family,
                                                   detail::compute_of_family,
                                                   detail::memory_of_family};
inline constexpr accelerator h800_sxm =
    detail::data_sheet("H800-SXM5-80GB", family::hopper, {59.3, 454.5, 989, 989, 1979, na, 1979}, {80, 3360, 200, 8},
                       {700, na, na, 814, 1}, {132, 1.83, 50}, na, "2023-03-21",
                       {"Epoch chip dataset; code index hits for 'H800 NVLink 400 GB/s' (two public repos)",
                        "2023-03-21", confidence::published, h800_sxm_fields});
inline constexpr field_source h200_sxm_fields[] = {
    {"price", "HGX/8 sale 2025-01-31; 33821 on 2024-03-27", confidence::published},
    {"die_area", "general knowledge", confidence::recalled},
    detail::memory_recalled,
    detail::multiprocessors_recalled,
    detail::clock_recalled,
    detail::cache_recalled,
    detail::exponentials_counted,
    detail::idle_of_family,
    detail::compute_measured,
    detail::memory_of_family};
inline constexpr accelerator h200_sxm =
    detail::data_sheet("H200-SXM-141GB", family::hopper, {67, 494.5, 989.5, 989.5, 1979, na, 1979},
                       {141, 4800, 450, 8, 143771}, {700, na, 39083, 814, 1}, {132, 1.83, 50}, 794.5, "2024-11-18",
                       {"Epoch chip dataset; Epoch hardware prices; stas00/ml-engineering", "2024-11-18",
                        confidence::published, h200_sxm_fields});
inline constexpr field_source b200_sxm_fields[] = {
    {"price", "DGX/8 2024-12-17 (EUR converted)", confidence::published},
    {"die_area", "secondary sources give about 400, 530 and 800 mm2 per die; not published", confidence::estimated},
    detail::memory_recalled,
    detail::multiprocessors_recalled,
    detail::clock_recalled,
    detail::cache_recalled,
    detail::exponentials_counted,
    detail::idle_of_family,
    detail::compute_measured,
    detail::memory_of_family};
inline constexpr accelerator b200_sxm =
    detail::data_sheet("B200-SXM-180GB", family::blackwell, {80, 1125, 2250, 2250, 4500, 9000, 4500},
                       {180, 8000, 900, 8, 183359}, {1000, na, 47409, 1600, 2}, {148, 2, 126}, 1745, "2024-03-18",
                       {"stas00/ml-engineering; Epoch chip dataset; Epoch hardware prices; "
                        "brendanjameslynskey.github.io Blackwell notes (die area ~800 mm2)",
                        "2024-03-18", confidence::published, b200_sxm_fields});
inline constexpr field_source gb200_fields[] = {
    {"price", "Epoch ASP estimate 2025 geomean of 30000-45000", confidence::estimated},
    {"die_area", "secondary sources give about 400, 530 and 800 mm2 per die; not published", confidence::estimated},
    detail::memory_recalled,
    detail::multiprocessors_recalled,
    detail::clock_recalled,
    detail::cache_recalled,
    detail::exponentials_counted,
    detail::idle_of_family,
    detail::compute_measured,
    detail::memory_of_family};
inline constexpr accelerator gb200 =
    detail::data_sheet("GB200 (per GPU)", family::blackwell, {80, 1250, 2500, 2500, 5000, 10000, 5000},
                       {186, 8000, 900, 72, 189471}, {1200, na, 36742, 1600, 2}, {148, 2, 126}, 1822, "2024-03-18",
                       {"stas00/ml-engineering; Epoch chip dataset; Epoch ai-chip-counts", "2024-03-18",
                        confidence::published, gb200_fields});
inline constexpr field_source b300_sxm_fields[] = {
    {"price", "Epoch ASP estimate for GB300 2025 geomean of 30000-45000", confidence::estimated},
    {"die_area", "secondary sources give about 400, 530 and 800 mm2 per die; not published", confidence::estimated},
    detail::memory_recalled,
    detail::multiprocessors_recalled,
    detail::clock_recalled,
    detail::cache_recalled,
    detail::exponentials_doubled,
    detail::idle_of_family,
    detail::compute_measured,
    detail::memory_of_family};
inline constexpr accelerator b300_sxm =
    detail::data_sheet("B300-SXM-288GB", family::blackwell, {80, 1125, 2250, 2250, 4500, 12600, na},
                       {288, 8000, 900, 8, 275040}, {1000, na, 36742, 1600, 2}, {148, 2, 126, 2}, 1769, "2025-08-15",
                       {"stas00/ml-engineering; Epoch chip dataset; Epoch ai-chip-counts", "2025-08-15",
                        confidence::published, b300_sxm_fields});
inline constexpr field_source gb300_fields[] = {
    {"price", "Epoch ASP estimate 2025 geomean of 30000-45000", confidence::estimated},
    {"memory", "general knowledge", confidence::recalled},
    detail::multiprocessors_recalled,
    detail::clock_recalled,
    detail::cache_recalled,
    detail::exponentials_doubled,
    detail::idle_of_family,
    detail::compute_of_family,
    detail::memory_of_family};
inline constexpr accelerator gb300 =
    detail::data_sheet("GB300 (per GPU)", family::blackwell, {80, 1250, 2500, 2500, 5000, 15000, na},
                       {288, 8000, 900, 72}, {1400, na, 36742, na, 2}, {148, 2, 126, 2}, na, "2025-08-15",
                       {"stas00/ml-engineering; Epoch chip dataset; Epoch ai-chip-counts", "2025-08-15",
                        confidence::published, gb300_fields});
inline constexpr field_source l40s_fields[] = {{"price", "typical street price 7500-10000", confidence::recalled},
                                               {"launch", "general knowledge", confidence::recalled},
                                               {"scale_up_bandwidth", "general knowledge", confidence::recalled},
                                               {"scale_up_domain", "general knowledge", confidence::recalled},
                                               detail::memory_recalled,
                                               detail::multiprocessors_recalled,
                                               detail::clock_recalled,
                                               detail::cache_recalled,
                                               detail::exponentials_counted,
                                               detail::idle_of_family,
                                               detail::compute_of_family,
                                               detail::memory_of_family};
inline constexpr accelerator l40s =
    detail::data_sheet("L40S", family::ada, {91.6, 183, 362, 362, 733, na, 733}, {48, 864, 32, 8, 46068},
                       {350, na, 8000, 609, 1}, {142, 2.49, 96}, na, "2023-08-08",
                       {"stas00/ml-engineering; Epoch chip dataset", "2023-08-08", confidence::published, l40s_fields});
inline constexpr field_source mi250x_fields[] = {{"price", "Epoch release price", confidence::published},
                                                 {"scale_up_bandwidth", "general knowledge", confidence::recalled},
                                                 {"scale_up_domain", "general knowledge", confidence::recalled},
                                                 {"dies", "general knowledge", confidence::recalled},
                                                 detail::multiprocessors_recalled,
                                                 detail::clock_recalled,
                                                 detail::cache_recalled,
                                                 detail::exponentials_counted,
                                                 detail::idle_of_family,
                                                 detail::compute_of_family,
                                                 detail::memory_of_others};
inline constexpr accelerator mi250x = detail::data_sheet(
    "MI250X", family::amd_cdna, {47.9, na, 383, 383, na, na, 383}, {128, 3280, 400, 4}, {560, na, 14500, 1448, 2},
    {220, 1.7, 16}, na, "2021-11-08",
    {"stas00/ml-engineering; Epoch chip dataset", "2021-11-08", confidence::published, mi250x_fields});
inline constexpr field_source mi300x_fields[] = {{"price", "8-GPU 2025-02-10", confidence::published},
                                                 detail::memory_recalled,
                                                 detail::multiprocessors_recalled,
                                                 detail::clock_recalled,
                                                 detail::cache_recalled,
                                                 detail::exponentials_counted,
                                                 detail::idle_of_family,
                                                 detail::compute_measured,
                                                 detail::memory_of_others};
inline constexpr accelerator mi300x = detail::data_sheet(
    "MI300X", family::amd_cdna, {163.4, 653.7, 1307.4, 1307.4, 2614.9, na, 2614.9}, {192, 5300, 448, 8, 196592},
    {750, na, 25734, 880, 8}, {304, 2.1, 256}, 668.4, "2023-12-06",
    {"stas00/ml-engineering; Epoch chip dataset; Epoch hardware prices; ISSCC-2026 coverage (XCD 110 mm2)",
     "2023-12-06", confidence::published, mi300x_fields});
inline constexpr field_source mi325x_fields[] = {{"die_area", "general knowledge", confidence::recalled},
                                                 detail::multiprocessors_recalled,
                                                 detail::clock_recalled,
                                                 detail::cache_recalled,
                                                 detail::exponentials_counted,
                                                 detail::idle_of_family,
                                                 detail::compute_measured,
                                                 detail::memory_of_others};
inline constexpr accelerator mi325x = detail::data_sheet(
    "MI325X", family::amd_cdna, {163.4, 653.7, 1307.4, 1307.4, 2614.9, na, 2614.9}, {256, 6000, 448, 8},
    {1000, na, na, 880, 8}, {304, 2.1, 256}, 784.9, "2024-10-10",
    {"stas00/ml-engineering; Epoch chip dataset", "2024-10-10", confidence::published, mi325x_fields});
inline constexpr field_source mi355x_fields[] = {{"price", "press reports 25000-30000", confidence::recalled},
                                                 detail::multiprocessors_recalled,
                                                 detail::clock_recalled,
                                                 detail::cache_recalled,
                                                 detail::exponentials_counted,
                                                 detail::idle_of_family,
                                                 detail::compute_measured,
                                                 detail::memory_of_others};
inline constexpr accelerator mi355x = detail::data_sheet(
    "MI355X", family::amd_cdna, {157.3, na, 2500, 2500, 5000, 10100, 5000}, {288, 8000, 535.5, 8},
    {1400, na, 25000, 880, 8}, {256, 2.4, 256}, 1565, "2025-06-12",
    {"stas00/ml-engineering; wccftech Hot Chips 2025; aiwiki.ai MI355X; 3dtested.com ISSCC 2026 (XCD 110 mm2)",
     "2025-06-12", confidence::published, mi355x_fields});
inline constexpr field_source tpu_v4_fields[] = {
    {"price", "Epoch estimate (geomean of manufacturing cost and GPU-equivalent price)", confidence::estimated},
    {"scale_up_bandwidth", "general knowledge", confidence::recalled},
    {"idle_power", "docs.cloud.google.com/tpu/docs/v4, minimum power", confidence::published},
    detail::compute_of_family,
    detail::memory_of_others};
inline constexpr accelerator tpu_v4 =
    detail::data_sheet("TPU v4", family::tpu, {na, na, na, 275, na, na, 275}, {32, 1200, 300, 4096, na, 3, 4},
                       {192, 90, 5176, na, 1}, {na, na, na}, na, "2021-05-20",
                       {"docs.cloud.google.com/tpu/docs/v4 (min/mean/max power 90/170/192 W; 4096 chips); Epoch chip "
                        "dataset; Epoch hardware prices; stas00/ml-engineering",
                        "2021-05-20", confidence::published, tpu_v4_fields});
inline constexpr field_source tpu_v5e_fields[] = {
    {"price", "Epoch estimate", confidence::estimated},
    {"die_area", "Epoch chip dataset, third party", confidence::estimated},
    {"thermal_design_power", "Epoch chip dataset, third party", confidence::estimated},
    detail::idle_of_family,
    detail::compute_of_family,
    detail::memory_of_others};
inline constexpr accelerator tpu_v5e =
    detail::data_sheet("TPU v5e", family::tpu, {na, na, na, 197, na, na, 393}, {16, 819, 200, 256, na, 2, 16},
                       {140, na, 1781, 325, 1}, {na, na, na}, na, "2023-08-29",
                       {"docs.cloud.google.com/tpu/docs/v5e (400 GBps bidirectional; 256 chips); Epoch chip dataset; "
                        "Epoch hardware prices",
                        "2023-08-29", confidence::published, tpu_v5e_fields});
inline constexpr field_source tpu_v5p_fields[] = {{"price", "Epoch estimate", confidence::estimated},
                                                  detail::idle_of_family,
                                                  detail::compute_of_family,
                                                  detail::memory_of_others};
inline constexpr accelerator tpu_v5p =
    detail::data_sheet("TPU v5p", family::tpu, {na, na, na, 459, 459, na, 918}, {95, 2765, 600, 8960, na, 3, 4},
                       {na, na, 3694, na, na}, {na, na, na}, na, "2023-12-06",
                       {"docs.cloud.google.com/tpu/docs/v5p (1200 GBps bidirectional; 8960 chips; DCN 50 Gbps/chip); "
                        "Epoch chip dataset; Epoch hardware prices; stas00/ml-engineering",
                        "2023-12-06", confidence::published, tpu_v5p_fields});
inline constexpr accelerator tpu_v6e = detail::data_sheet(
    "TPU v6e Trillium", family::tpu, {na, na, na, 918, 918, na, 1836}, {32, 1638, 400, 256, na, 2, 16},
    {na, na, na, na, na}, {na, na, na}, na, "2024-05-14",
    {"docs.cloud.google.com/tpu/docs/v6e.md.txt (800 GBps bidirectional); stas00/ml-engineering; Epoch chip dataset",
     "2024-05-14", confidence::published, detail::inside_unknown});
inline constexpr field_source tpu_v7_fields[] = {
    {"thermal_design_power", "Epoch chip dataset, third party", confidence::estimated},
    detail::idle_of_family,
    detail::compute_of_family,
    detail::memory_of_others};
inline constexpr accelerator tpu_v7 = detail::data_sheet(
    "TPU v7 Ironwood (7x)", family::tpu, {na, na, na, 2307, 4614, na, na}, {192, 7370, 600, 9216, na, 3, 4},
    {980, na, na, na, 2}, {na, na, na}, na, "2025-04-09",
    {"stas00/ml-engineering; Epoch chip dataset", "2025-04-09", confidence::published, tpu_v7_fields});
inline constexpr field_source trainium2_fields[] = {{"dies", "general knowledge", confidence::recalled},
                                                    detail::idle_of_family,
                                                    detail::compute_of_others,
                                                    detail::memory_of_others};
inline constexpr accelerator trainium2 = detail::data_sheet(
    "Trainium2", family::trainium, {181, 667, 667, 667, 1299, na, na}, {96, 2900, 512, 16, na, 2, 4},
    {500, na, na, na, 2}, {na, na, na}, na, "2024-12-03",
    {"stas00/ml-engineering; Epoch chip dataset", "2024-12-03", confidence::published, trainium2_fields});
inline constexpr accelerator gaudi2 =
    detail::data_sheet("Gaudi2", family::gaudi, {na, na, 432, 432, 865, na, na}, {96, 2460, 262.5, 8},
                       {600, na, na, 826, 1}, {24, 1.65, 48}, 418.7, "2022-05-10",
                       {"stas00/ml-engineering; Epoch chip dataset", "2022-05-10", confidence::published,
                        detail::inside_recalled_matrix_measured});
inline constexpr field_source gaudi3_fields[] = {
    {"price", "Intel Computex-2024 kit price 125000 per 8", confidence::recalled},
    {"dies", "general knowledge", confidence::recalled},
    detail::idle_of_family,
    detail::compute_measured,
    detail::memory_of_others};
inline constexpr accelerator gaudi3 = detail::data_sheet(
    "Gaudi3", family::gaudi, {229, 459, 1677, 1677, 1677, na, na}, {128, 3700, 525, 8}, {900, na, 15625, na, 2},
    {na, na, na}, 1243, "2024-09-24",
    {"stas00/ml-engineering; Epoch chip dataset", "2024-09-24", confidence::published, gaudi3_fields});
inline constexpr field_source groq_lpu_fields[] = {{"price", "Mouser card list price", confidence::recalled},
                                                   {"die_area", "general knowledge", confidence::recalled},
                                                   {"scale_up_bandwidth", "general knowledge", confidence::recalled},
                                                   {"scale_up_domain", "general knowledge", confidence::recalled},
                                                   detail::idle_of_family,
                                                   detail::compute_of_others,
                                                   detail::memory_of_others};
inline constexpr accelerator groq_lpu =
    detail::data_sheet("Groq LPU v1", family::other, {na, na, 188, na, na, na, 750}, {0.23, 80000, 165, 576},
                       {215, na, 19948, 725, 1}, {na, na, na}, na, "2022-10-15",
                       {"Epoch chip dataset; techpowerup.com news (188 fp16, 750 int8, 230 MB, 80 TB/s); semiwiki.com "
                        "(570-odd chips for a 70B model)",
                        "2022-10-15", confidence::published, groq_lpu_fields});
inline constexpr field_source cerebras_wse3_fields[] = {
    {"price", "Epoch release price of CS-3 system", confidence::published},
    {"thermal_design_power", "general knowledge", confidence::recalled},
    detail::idle_of_family,
    detail::compute_of_others,
    detail::memory_of_others};
inline constexpr accelerator cerebras_wse3 =
    detail::data_sheet("Cerebras WSE-3", family::wafer_scale, {na, na, 15000, na, na, na, na}, {44, 21000000, na, 1},
                       {23000, na, 2000000, 46225, 1}, {na, na, na}, na, "2024-03-13",
                       {"Epoch chip dataset; stas00/ml-engineering; 46225 mm2; 4T transistors)", "2024-03-13",
                        confidence::published, cerebras_wse3_fields});
inline constexpr accelerator a100_pcie = detail::data_sheet(
    "NVIDIA A100 PCIe 80GB", family::ampere, {19.5, 156, 312, 312, na, na, 624}, {80, 1935, 300, 2, 81920},
    {300, na, na, 826, 1}, {108, 1.41, 40}, na, "2021-06",
    {"data sheet, from general knowledge", "2021-06", confidence::recalled, detail::inside_recalled});
inline constexpr accelerator a800_pcie = detail::data_sheet(
    "NVIDIA A800 PCIe 80GB", family::ampere, {19.5, 156, 312, 312, na, na, 624}, {80, 1935, 200, 2},
    {300, na, na, 826, 1}, {108, 1.41, 40}, na, "2022-11",
    {"data sheet, from general knowledge", "2022-11", confidence::recalled, detail::inside_recalled});
inline constexpr accelerator cerebras_wse1 = detail::data_sheet(
    "Cerebras WSE (CS-1)", family::wafer_scale, {na, na, 2500, na, na, na, na}, {18, 9000000, na, 1},
    {20000, na, na, 46225, 1}, {na, na, na}, na, "2019-08",
    {"data sheet, from general knowledge", "2019-08", confidence::recalled, detail::inside_unknown_others});
inline constexpr accelerator cerebras_wse2 = detail::data_sheet(
    "Cerebras WSE-2 (CS-2)", family::wafer_scale, {na, na, 7500, na, na, na, na}, {40, 20000000, na, 1},
    {23000, na, na, 46225, 1}, {na, na, na}, na, "2021-04",
    {"data sheet, from general knowledge", "2021-04", confidence::recalled, detail::inside_unknown_others});
inline constexpr accelerator gh200_144gb =
    detail::data_sheet("NVIDIA GH200 144GB HBM3e", family::hopper, {67, 494.5, 989.4, 989.4, 1979, na, 1979},
                       {141, 4900, 450, 1}, {1000, na, na, 814, 1}, {132, 1.83, 50}, na, "2024",
                       {"data sheet, from general knowledge", "2024", confidence::recalled, detail::inside_recalled});
inline constexpr accelerator gh200_96gb = detail::data_sheet(
    "NVIDIA GH200 96GB HBM3", family::hopper, {67, 494.5, 989.4, 989.4, 1979, na, 1979}, {96, 4000, 450, 1, 97871},
    {1000, na, na, 814, 1}, {132, 1.83, 50}, na, "2023-05",
    {"data sheet, from general knowledge", "2023-05", confidence::recalled, detail::inside_recalled});
inline constexpr accelerator h100_nvl = detail::data_sheet(
    "NVIDIA H100 NVL 94GB", family::hopper, {60, 417.5, 835.5, 835.5, 1671, na, 1671}, {94, 3938, 300, 2},
    {400, na, na, 814, 1}, {132, 1.785, 50}, na, "2023-03",
    {"data sheet, from general knowledge", "2023-03", confidence::recalled, detail::inside_recalled});
inline constexpr accelerator h20 = detail::data_sheet(
    "NVIDIA H20 96GB", family::hopper, {44, 74, 148, 148, 296, na, 296}, {96, 4000, 450, 8, 97871},
    {400, na, na, 814, 1}, {78, 1.83, 60}, na, "2023-11",
    {"data sheet, from general knowledge", "2023-11", confidence::recalled, detail::inside_recalled});
inline constexpr accelerator mi250x_gcd = detail::data_sheet(
    "AMD Instinct MI250X, one of two dies", family::amd_cdna, {23.9, na, 191.5, 191.5, na, na, 191.5},
    {64, 1638, 200, 8}, {280, na, na, 724, 1}, {110, 1.7, 8}, na, "2021-11",
    {"data sheet, from general knowledge", "2021-11", confidence::recalled, detail::inside_recalled_amd});
inline constexpr accelerator p100_pcie_16gb = detail::data_sheet(
    "NVIDIA P100 PCIe 16GB", family::volta, {9.3, na, 18.7, na, na, na, na}, {16, 732, 16, 1}, {250, na, na, 610, 1},
    {56, 1.33, 4}, na, "2016-06",
    {"data sheet, from general knowledge", "2016-06", confidence::recalled, detail::inside_recalled_others});
inline constexpr accelerator p100_sxm_16gb = detail::data_sheet(
    "NVIDIA P100 SXM2 16GB", family::volta, {10.6, na, 21.2, na, na, na, na}, {16, 732, 80, 8}, {300, na, na, 610, 1},
    {56, 1.48, 4}, na, "2016-04",
    {"data sheet, from general knowledge", "2016-04", confidence::recalled, detail::inside_recalled_others});
inline constexpr accelerator t4 = detail::data_sheet(
    "NVIDIA T4", family::volta, {8.1, na, 65, na, na, na, 130}, {16, 320, 16, 1, 15360}, {70, na, na, 545, 1},
    {40, 1.59, 4}, na, "2018-09",
    {"data sheet, from general knowledge", "2018-09", confidence::recalled, detail::inside_recalled_others});
inline constexpr accelerator tpu_v2 =
    detail::data_sheet("Google TPU v2", family::tpu, {na, na, na, 45, na, na, na}, {16, 700, 62, 256, na, 2, 16},
                       {280, na, na, na, na}, {na, na, na}, na, "2017-05",
                       {"data sheet, from general knowledge", "2017-05", confidence::recalled, detail::inside_unknown});
inline constexpr accelerator tpu_v3 =
    detail::data_sheet("Google TPU v3", family::tpu, {na, na, na, 123, na, na, na}, {32, 900, 164, 1024, na, 2, 32},
                       {450, na, na, na, na}, {na, na, na}, na, "2018-05",
                       {"data sheet, from general knowledge", "2018-05", confidence::recalled, detail::inside_unknown});
inline constexpr accelerator trainium1 = detail::data_sheet(
    "AWS Trainium1", family::trainium, {47.5, 190, 190, 190, 190, na, 380}, {32, 820, 192, 16, na, 2, 4},
    {na, na, na, na, na}, {na, na, na}, na, "2022-10",
    {"data sheet, from general knowledge", "2022-10", confidence::recalled, detail::inside_unknown_others});
inline constexpr accelerator v100_pcie_16gb = detail::data_sheet(
    "NVIDIA V100 PCIe 16GB", family::volta, {14, na, 112, na, na, na, na}, {16, 900, 16, 1}, {250, na, na, 815, 1},
    {80, 1.38, 6}, na, "2017",
    {"data sheet, from general knowledge", "2017", confidence::recalled, detail::inside_recalled_others});
inline constexpr accelerator v100_pcie_32gb = detail::data_sheet(
    "NVIDIA V100 PCIe 32GB", family::volta, {14, na, 112, na, na, na, na}, {32, 900, 16, 1}, {250, na, na, 815, 1},
    {80, 1.38, 6}, na, "2017",
    {"data sheet, from general knowledge", "2017", confidence::recalled, detail::inside_recalled_others});
inline constexpr accelerator v100_sxm2_16gb = detail::data_sheet(
    "NVIDIA V100 SXM2 16GB", family::volta, {15.7, na, 125, na, na, na, na}, {16, 900, 150, 8}, {300, na, na, 815, 1},
    {80, 1.53, 6}, na, "2017",
    {"data sheet, from general knowledge", "2017", confidence::recalled, detail::inside_recalled_others});
inline constexpr accelerator v100_sxm2_32gb = detail::data_sheet(
    "NVIDIA V100 SXM2 32GB", family::volta, {15.7, na, 125, na, na, na, na}, {32, 900, 150, 8}, {300, na, na, 815, 1},
    {80, 1.53, 6}, na, "2017",
    {"data sheet, from general knowledge", "2017", confidence::recalled, detail::inside_recalled_others});
inline constexpr accelerator v100_sxm3_32gb = detail::data_sheet(
    "NVIDIA V100 SXM3 32GB (DGX-2)", family::volta, {15.7, na, 125, na, na, na, na}, {32, 981, 150, 16},
    {350, na, na, 815, 1}, {80, 1.53, 6}, na, "2017",
    {"data sheet, from general knowledge", "2017", confidence::recalled, detail::inside_recalled_others});

// A chip and the key that it is found by, which is shorter than its own name.
struct entry {
  std::string_view name;
  const accelerator* chip;
};
inline constexpr entry all[] = {
    {"a100-sxm-40gb", &a100_sxm_40gb},
    {"a100-sxm-80gb", &a100_sxm_80gb},
    {"h100-sxm-80gb", &h100_sxm},
    {"h100-pcie-80gb", &h100_pcie},
    {"h800-sxm-80gb", &h800_sxm},
    {"h200-sxm-141gb", &h200_sxm},
    {"b200-sxm", &b200_sxm},
    {"gb200", &gb200},
    {"b300-sxm", &b300_sxm},
    {"gb300", &gb300},
    {"l40s", &l40s},
    {"mi250x", &mi250x},
    {"mi300x", &mi300x},
    {"mi325x", &mi325x},
    {"mi355x", &mi355x},
    {"tpu-v4", &tpu_v4},
    {"tpu-v5e", &tpu_v5e},
    {"tpu-v5p", &tpu_v5p},
    {"tpu-v6e", &tpu_v6e},
    {"tpu-v7", &tpu_v7},
    {"trainium2", &trainium2},
    {"gaudi2", &gaudi2},
    {"gaudi3", &gaudi3},
    {"groq-lpu-v1", &groq_lpu},
    {"cerebras-wse3", &cerebras_wse3},
    {"a100-pcie-80gb", &a100_pcie},
    {"a800-pcie-80gb", &a800_pcie},
    {"cerebras-wse1", &cerebras_wse1},
    {"cerebras-wse2", &cerebras_wse2},
    {"gh200-144gb", &gh200_144gb},
    {"gh200-96gb", &gh200_96gb},
    {"h100-nvl-94gb", &h100_nvl},
    {"h20", &h20},
    {"mi250x-gcd", &mi250x_gcd},
    {"p100-pcie-16gb", &p100_pcie_16gb},
    {"p100-sxm-16gb", &p100_sxm_16gb},
    {"t4", &t4},
    {"tpu-v2", &tpu_v2},
    {"tpu-v3", &tpu_v3},
    {"trainium1", &trainium1},
    {"v100-pcie-16gb", &v100_pcie_16gb},
    {"v100-pcie-32gb", &v100_pcie_32gb},
    {"v100-sxm2-16gb", &v100_sxm2_16gb},
    {"v100-sxm2-32gb", &v100_sxm2_32gb},
    {"v100-sxm3-32gb", &v100_sxm3_32gb},
};

// Shorter keys for the variant that people mean.
struct alias {
  std::string_view name, key;
};
inline constexpr alias aliases[] = {{"a100", "a100-sxm-80gb"},      {"a100-sxm", "a100-sxm-80gb"},
                                    {"a800", "a800-pcie-80gb"},     {"h100", "h100-sxm-80gb"},
                                    {"h100-sxm", "h100-sxm-80gb"},  {"h100-pcie", "h100-pcie-80gb"},
                                    {"h100-nvl", "h100-nvl-94gb"},  {"h200", "h200-sxm-141gb"},
                                    {"h200-sxm", "h200-sxm-141gb"}, {"h800", "h800-sxm-80gb"},
                                    {"gh200", "gh200-96gb"},        {"b200", "b200-sxm"},
                                    {"b300", "b300-sxm"},           {"v100", "v100-sxm2-32gb"},
                                    {"p100", "p100-sxm-16gb"},      {"tpu-v6e-trillium", "tpu-v6e"},
                                    {"trillium", "tpu-v6e"},        {"ironwood", "tpu-v7"},
                                    {"trn1", "trainium1"},          {"trn2", "trainium2"},
                                    {"groq", "groq-lpu-v1"},        {"wse-1", "cerebras-wse1"},
                                    {"wse-2", "cerebras-wse2"},     {"wse-3", "cerebras-wse3"}};

namespace detail {
constexpr char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '_' || c == ' ' ? '-' : c;
}
constexpr bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (folded(a[i]) != folded(b[i])) return false;
  return true;
}
inline constexpr auto keys = [] {
  std::array<const entry*, std::size(all)> p{};
  for (std::size_t i = 0; i < p.size(); ++i)
    p[i] = &all[i];
  return p;
}();
}  // namespace detail

// The chip with this key ("h100-sxm-80gb"), alias ("h100") or name ("H100-SXM5-80GB"); case, '_' and ' ' for '-' do not
// matter. nullptr if none.
constexpr const accelerator* find_if_any(std::string_view name) {
  for (const alias& a : aliases)
    if (detail::same(a.name, name)) return find_if_any(a.key);
  for (const entry& e : all)
    if (detail::same(e.name, name) || detail::same(e.chip->name, name)) return e.chip;
  return nullptr;
}

// The same; throws `missing_value` with the nearest keys if there is none.
constexpr const accelerator& find(std::string_view name) {
  const accelerator* const chip = find_if_any(name);
  return chip != nullptr ? *chip : *find_by_name(detail::keys, name).chip;
}

}  // namespace layercake::chips::catalog
