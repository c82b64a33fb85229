// Public models that are not language: diffusion transformers and recommendation from their architecture, others by the work of an inference.
//
// Facts only, each with its source; what was not looked up is marked recalled, what nobody publishes is estimated or assumed, and says so.
#pragma once

#include <layercake/core/catalog.hpp>
#include <layercake/models/diffusion.hpp>
#include <layercake/models/inference_model.hpp>
#include <layercake/models/recommendation.hpp>
#include <layercake/models/structure_prediction.hpp>
#include <string_view>

namespace layercake::models::catalog {

// ---- diffusion transformers -----------------------------------------------------------------------------------------

namespace detail {
// The decoder of an image, that of Stable Diffusion and FLUX (128, 256, 512 and 512 channels, three residual blocks each), counted for 1024 x
// 1024: 5.23e12 multiply-adds, of which 0.27e12 in its one attention.
inline constexpr double image_decoder = 1.0e7;  // FLOP per pixel
// That of a video has kernels of 3 x 3 x 3 in place of 3 x 3.
inline constexpr double video_decoder = 3 * image_decoder;

inline constexpr field_source image_fields[] = {
    {"encoder_parameters", "T5-XXL's encoder and the CLIP text encoders", confidence::recalled},
    {"decoder_parameters", "the autoencoder of Stable Diffusion", confidence::recalled},
    {"decoder_work", "counted from the published decoder at 1024 x 1024", confidence::estimated},
    {"outer_parameters", "counted from the configuration: embedders, time, output", confidence::estimated},
    {"steps", "the makers' example", confidence::recalled},
    {"text_tokens", "the pipeline's default", confidence::published}};
inline constexpr field_source video_fields[] = {
    {"encoder_parameters", "of the text encoders that the pipeline loads", confidence::recalled},
    {"decoder_parameters", "half of the autoencoder", confidence::estimated},
    {"decoder_work", "three times that of an image: kernels of 3 x 3 x 3", confidence::assumed},
    {"outer_parameters", "counted from the configuration: embedders, time, refiners of text, output",
     confidence::estimated},
    {"steps", "the makers' example", confidence::recalled},
    {"text_tokens", "the pipeline's default", confidence::published}};

// One image of 1024 x 1024 in 50 steps. Outer parameters, d the width: 4096 d text, 64 d in and 64 d out, 256 d + d^2 each for time and
// guidance, 768 d + d^2 pooled text, 2 d^2 last modulation.
constexpr diffusion flux(const char* name, double steps, double text, double outer) {
  using namespace units;
  return {.name = name,
          .image_width = 1024,
          .image_height = 1024,
          .steps = steps,
          .text_tokens = text,
          .spatial_factor = 8,
          .patch = 2,
          .width = 3072,
          .heads = 24,
          .head_width = 128,
          .feed_forward = 12288,
          .joint_blocks = 19,
          .single_blocks = 38,
          .outer_parameters = outer,
          .encoder_parameters = 4.885e9,
          .decoder_parameters = 49.5e6,
          .decoder_work = image_decoder * flop,
          .published_parameters = 12e9,
          .origin = {"FLUX.1 configuration file and model card; diffusers transformer_flux.py", "2024-08",
                     confidence::published, image_fields}};
}
}  // namespace detail

inline constexpr diffusion flux_1_dev = detail::flux("flux.1-dev", 50, 512, 64094208);
// Distilled to 4 steps, without an embedder of guidance.
inline constexpr diffusion flux_1_schnell = detail::flux("flux.1-schnell", 4, 256, 53870592);

// One image of 1024 x 1024: 77 tokens of CLIP and 256 of T5. The text of the last block is taken as whole (0.9 % of the parameters more).
// Outer: 4096 d text, 64 d in and out, 256 d + d^2 time, 2048 d + d^2 pooled text, 2 d^2.
inline constexpr diffusion stable_diffusion_3_5_large = [] {
  diffusion m = flux_1_dev;
  m.name = "stable-diffusion-3.5-large";
  m.steps = 28, m.guidance_passes = 2, m.text_tokens = 333;
  m.width = 2432, m.heads = 38, m.head_width = 64, m.feed_forward = 9728;
  m.joint_blocks = 38, m.single_blocks = 0;
  m.rotary = false;
  m.outer_parameters = 39534592;
  m.encoder_parameters = 5.580e9;
  m.published_parameters = 8.1e9;
  m.origin = {"Stable Diffusion 3.5 Large model card; diffusers transformer_sd3.py", "2024-10", confidence::published,
              detail::image_fields};
  return m;
}();

// One clip of 129 frames of 1280 x 720 in 50 steps; guidance is distilled. Outer: as FLUX's, and a refiner of the text of 30 d^2 + 4352 d.
inline constexpr diffusion hunyuan_video = [] {
  diffusion m = flux_1_dev;
  m.name = "hunyuanvideo";
  m.image_width = 1280, m.image_height = 720, m.frames = 129, m.temporal_factor = 4;
  m.text_tokens = 256;
  m.joint_blocks = 20, m.single_blocks = 40;
  m.outer_parameters = 360579072;
  m.encoder_parameters = 8.153e9, m.decoder_parameters = 0.12e9, m.decoder_work = detail::video_decoder * units::flop;
  m.published_parameters = 13e9;
  m.origin = {"Kong et al. 2024, HunyuanVideo; diffusers transformer_hunyuan_video.py", "2024-12",
              confidence::published, detail::video_fields};
  return m;
}();

// One clip of 81 frames of 832 x 480 in 50 steps with classifier-free guidance. Outer: 4096 d + d^2 text, 256 d + d^2 time, 6 d^2 modulation of all
// blocks, 64 d in and out.
inline constexpr diffusion wan_2_1_14b = [] {
  diffusion m = hunyuan_video;
  m.name = "wan-2.1-14b";
  m.image_width = 832, m.image_height = 480, m.frames = 81;
  m.guidance_passes = 2, m.text_tokens = 512;
  m.width = 5120, m.heads = 40, m.head_width = 128, m.feed_forward = 13824;
  m.joint_blocks = 0, m.single_blocks = 0, m.cross_blocks = 40;
  m.shared_modulation = true;
  m.outer_parameters = 232652800;
  m.encoder_parameters = 5.681e9, m.decoder_parameters = 0.07e9;
  m.published_parameters = 14e9;
  m.origin = {"Wan 2.1 T2V 14B model card; diffusers transformer_wan.py", "2025-02", confidence::published,
              detail::video_fields};
  return m;
}();

inline constexpr const diffusion* diffusion_models[] = {&flux_1_dev, &flux_1_schnell, &stable_diffusion_3_5_large,
                                                        &hunyuan_video, &wan_2_1_14b};

// The diffusion transformer of that name, "flux.1-dev"; throws `missing_value` with the nearest names.
constexpr const diffusion& find_diffusion(std::string_view name) { return find_by_name(diffusion_models, name); }

// ---- recommendation -------------------------------------------------------------------------------------------------

namespace detail {
inline constexpr field_source dlrm_fields[] = {
    {"samples", "a query of MLPerf's server has 100 to 700 candidates", confidence::recalled},
    {"dense_parameters", "counted: 13-512-256-128, three crossings of 3456 x 512 x 2, 3456-1024-1024-512-256-1",
     confidence::estimated},
    {"dense_width", "of the upper layers", confidence::assumed},
    {"random_share", "share of the memory's rate at random places", confidence::assumed}};
}  // namespace detail

// 26 tables of Criteo's features, several hot: 204 184 588 rows, 214 look-ups a sample.
inline constexpr recommendation dlrm_dcnv2 = {
    .name = "dlrm-dcnv2",
    .samples = 270,
    .tables = 26,
    .rows = 204184588,
    .vector_width = 128,
    .lookups = 214,
    .dense_parameters = 16030464,
    .dense_width = 1024,
    .origin = {"MLPerf DLRM-v2 reference: rows and multi-hot sizes of the synthetic Criteo data", "2023",
               confidence::published, detail::dlrm_fields}};

// ---- structure prediction -------------------------------------------------------------------------------------------

namespace detail {
inline constexpr field_source folding_fields[] = {
    {"tokens", "the smallest complex of the published table of times", confidence::published},
    {"atoms_per_token", "heavy atoms of an amino acid, on average", confidence::recalled},
    {"outer_parameters", "counted: embedders, conditioning, confidence", confidence::estimated},
    {"sustained", "as a convolutional denoiser in a framework reaches (execution.hpp)", confidence::assumed},
    {"published_parameters", "Protenix, the same architecture: 368e6", confidence::published}};
}  // namespace detail

// A complex of 1024 tokens, 1024 related sequences, four templates, ten recycles, five samples of 200 steps.
inline constexpr structure_prediction alphafold_3 = {
    .name = "alphafold-3",
    .tokens = 1024,
    .alignment_rows = 1024,
    .templates = 4,
    .passes = 11,
    .samples = 5,
    .steps = 200,
    .pair_width = 128,
    .pair_heads = 4,
    .pair_factor = 4,
    .single_width = 384,
    .single_heads = 16,
    .blocks = 48,
    .alignment_width = 64,
    .alignment_heads = 8,
    .alignment_blocks = 4,
    .outer_width = 32,
    .template_width = 64,
    .template_factor = 2,
    .template_blocks = 2,
    .confidence_blocks = 4,
    .denoiser_width = 768,
    .denoiser_heads = 16,
    .denoiser_factor = 2,
    .denoiser_blocks = 24,
    .atoms_per_token = 8,
    .atom_width = 128,
    .atom_keys = 128,
    .atom_blocks = 3,
    .outer_parameters = 3.5e6,
    .published_parameters = 368e6,
    .origin = {"Abramson et al. 2024, supplementary methods 3; AlphaFold 3 code, model/network", "2024-11",
               confidence::published, detail::folding_fields}};

// ---- models by the work of an inference -----------------------------------------------------------------------------

namespace detail {
// TFLOP and GB of a step; weights in the format of `math`.
// wide: one for each column of a row.
constexpr inference_model job(const char* name, double teraflop, double resident, double read, double moved,
                              double steps, precision math, const provenance& origin) {
  using namespace units;
  return {.name = name,
          .computation = teraflop * units::teraflop,
          .weights_resident = resident * gigabyte,
          .weights_read = read * gigabyte,
          .activations = moved * gigabyte,
          .steps = steps,
          .math = math,
          .origin = origin};
}
// One whose figures are those of a running time at 30 % of a chip's peaks, of which large kernels sustain `sustained` (chips/family.hpp).
constexpr inference_model timed(const inference_model& job, double sustained) {
  inference_model m = job;
  m.sustained = 0.3 / sustained;
  return m;
}
inline constexpr confidence assumed = confidence::assumed, estimated = confidence::estimated;
inline constexpr field_source usual_share{
    "sustained", "as a convolutional denoiser in a framework reaches (execution.hpp)", assumed};
inline constexpr field_source moved_assumed[] = {{"activations", "several passes over every layer's output", assumed},
                                                 usual_share};
inline constexpr field_source unet_fields[] = {
    {"computation", "twice the 5979 GFLOP of a pass (diffusers benchmarks): classifier-free guidance", estimated},
    {"activations", "several passes over every layer's output", assumed},
    {"steps", "of the diffusers tutorial", confidence::published},
    usual_share};
inline constexpr field_source derived_from_time[] = {
    {"computation", "published running time at 30 % of the chip's peak", assumed},
    {"activations", "published running time at 30 % of the chip's bandwidth", assumed},
    {"steps", "the published protocol", confidence::recalled},
    {"sustained", "the 30 % of the peak by which its work is derived", assumed}};
inline constexpr field_source robot[] = {
    {"computation", "a third party's count", estimated}, {"activations", "order of magnitude", assumed}, usual_share};
}  // namespace detail

// clang-format off
// A chest X-ray: CheXNet's network, 8.0e6 parameters, 5.69 GFLOP for 224 x 224.
inline constexpr inference_model densenet_121 = detail::job("densenet-121", 5.69e-3, 0.01596, 0.01596, 0.06, 1, precision::fp16,
    {"published tables of torchvision models (7.98e6 parameters, 5.69 GFLOP)", "2017", confidence::published, detail::moved_assumed});
// A vision backbone: 25.6e6 parameters, 4.09e9 multiply-adds for 224 x 224.
inline constexpr inference_model resnet_50 = detail::job("resnet-50", 8.18e-3, 0.05111, 0.05111, 0.05, 1, precision::fp16,
    {"torchvision (25 557 032 parameters, 4.09e9 multiply-adds)", "2016", confidence::published, detail::moved_assumed});
// One look of six cameras at 900 x 1600 in a car, bird's-eye view out: 68.7e6 parameters, 1303.5e9 multiply-adds.
inline constexpr inference_model bevformer_base = detail::job("bevformer-base", 2.607, 0.1374, 0.1374, 8, 1, precision::fp16,
    {"Li et al. 2022, BEVFormer", "2022", confidence::recalled, detail::moved_assumed});
// One protein of 384 residues without ensembling: 66 s on a V100 (15.7 TFLOP/s, 900 GB/s), 93e6 parameters, three recycles.
inline constexpr inference_model alphafold_2 = detail::timed(detail::job("alphafold-2", 78, 0.372, 0.372, 4500, 4, precision::fp32,
    {"Jumper et al. 2021 (running time); Wang et al. 2022 (93e6 parameters)", "2021", confidence::published, detail::derived_from_time}), 0.80);
// One image of 1024 x 1024 by a U-Net: 2.567e9 parameters, 5979 GFLOP a pass, two passes a step.
inline constexpr inference_model stable_diffusion_xl = detail::job("stable-diffusion-xl", 11.96, 5.13, 5.13, 30, 30, precision::bf16,
    {"huggingface.co/datasets/diffusers/benchmarks (2567e6 parameters)", "2025", confidence::published, detail::unet_fields});
// One chunk of 50 actions: a vision-language model of 3.0e9 parameters once, an action expert of 0.3e9 ten times.
inline constexpr inference_model pi0 = detail::job("pi0", 7, 6.6, 12, 10, 1, precision::bf16,
    {"Black et al. 2024, pi0 (3.3e9 parameters, 10 steps)", "2024-10", confidence::published, detail::robot});
// Ten days of the world's weather at 0.25 degrees in steps of six hours: under 60 s on one TPU v4 (275 TFLOP/s, 1.2 TB/s), 36.7e6 parameters.
inline constexpr inference_model graphcast = detail::timed(detail::job("graphcast", 124, 0.0734, 0.0734, 540, 40, precision::bf16,
    {"Lam et al. 2023, GraphCast", "2023", confidence::published, detail::derived_from_time}), 0.85);
// clang-format on

inline constexpr const inference_model* inference_models[] = {
    &densenet_121, &resnet_50, &bevformer_base, &alphafold_2, &stable_diffusion_xl, &pi0, &graphcast};

// The model of that name among those given by work, "resnet-50"; throws `missing_value` with the nearest names.
constexpr const inference_model& find_inference_model(std::string_view name) {
  return find_by_name(inference_models, name);
}

}  // namespace layercake::models::catalog
