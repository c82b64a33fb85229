// Workloads that have a public trace, price or plausible shape. All inline constexpr, all for one daily user: `chat.with_users(1e6)`.
//
// What no source gives is unknown; a stack refuses a workload whose tasks or tokens are unknown until they are set.
#pragma once

#include <array>
#include <layercake/applications/application.hpp>
#include <layercake/core/catalog.hpp>

namespace layercake::applications {

// What is published or assumed about a workload beside its demand: to compare with, never an input. Energies: chat 0.34
// Wh a query (OpenAI, by IEEE Spectrum), Gemini 0.24 Wh (Google, August 2025), generation and reasoning ML.ENERGY, the
// others assumed. Generation is of the GPU alone: one B200, FLUX.1-dev in 50 steps of 1024 x 1024, HunyuanVideo in 50 steps of 129 frames of
// 1280 x 720 (generation.csv of the accuracy data has both).
struct reference {
  const workload* of;
  quantity<unit::joule> energy_per_task;  // measured or claimed by its operator
  double active_parameters;               // of the model that is thought to serve it, assumed
};

namespace catalog {

namespace detail {
// 1/day | calls per task | tokens in, out per task | - | s to the first token (or to the answer, without tokens) | s per token | USD | minutes.
struct columns {
  double tasks_per_day, calls, input, output, cached, first, between, value, minutes;
};
constexpr workload row(const char* name, const columns& c, const provenance& origin) {
  using namespace units;
  using layercake::datum;
  const double calls = is_known(c.calls) ? c.calls : 1;
  return {.name = name,
          .daily_users = 1,
          .tasks_per_user = is_known(c.tasks_per_day) ? c.tasks_per_day / day : unknown<>,
          .calls_per_task = calls,
          .input = is_known(c.input) ? c.input / calls * token : datum<token>(na),
          .output = is_known(c.output) ? c.output / calls * token : datum<token>(na),
          .cached_share = c.cached,
          .time_to_first_token = datum<second>(c.first),
          .time_per_output_token = datum<second / token>(c.between),
          .value_per_task = datum<usd>(c.value),
          .human_time_replaced = datum<minute>(c.minutes),
          .origin = origin};
}

// Sources of single fields. Every other figure of a row is its record's source's.
constexpr field_source assumed_field(const char* field) { return {field, "assumption", confidence::assumed}; }
constexpr field_source published_field(const char* field, const char* source) {
  return {field, source, confidence::published};
}
inline constexpr field_source one_user{"daily_users", "one, by convention of this catalog", confidence::assumed};
inline constexpr field_source no_cost{"cost_per_task", "0: nothing is spent beside the stack", confidence::assumed};

inline constexpr field_source chat_fields[] = {
    one_user,
    no_cost,
    published_field(
        "tasks_per_user",
        "2.5e9 queries a day over 0.7e9 users (IEEE Spectrum); those are weekly users, a daily one asks more"),
    assumed_field("calls_per_task"),
    assumed_field("cached_share"),
    assumed_field("peak_to_mean"),
    assumed_field("value_per_task"),
    assumed_field("time_to_first_token"),
    assumed_field("time_per_output_token")};
inline constexpr field_source long_chat_fields[] = {one_user, no_cost, assumed_field("calls_per_task"),
                                                    assumed_field("peak_to_mean"),
                                                    assumed_field("time_to_first_token")};
// A trace of calls: what a task is, what is cached and when are not in it.
inline constexpr field_source trace_fields[] = {one_user, no_cost, assumed_field("calls_per_task"),
                                                assumed_field("cached_share"), assumed_field("peak_to_mean")};
inline constexpr field_source completion_fields[] = {one_user,
                                                     no_cost,
                                                     assumed_field("calls_per_task"),
                                                     assumed_field("cached_share"),
                                                     assumed_field("peak_to_mean"),
                                                     assumed_field("tasks_per_user"),
                                                     assumed_field("value_per_task"),
                                                     assumed_field("time_to_first_token")};
inline constexpr field_source agent_fields[] = {one_user,
                                                no_cost,
                                                assumed_field("cached_share"),
                                                assumed_field("peak_to_mean"),
                                                assumed_field("tasks_per_user"),
                                                assumed_field("human_time_replaced"),
                                                assumed_field("value_per_task"),
                                                assumed_field("time_per_output_token")};
inline constexpr field_source reasoning_fields[] = {one_user,
                                                    no_cost,
                                                    assumed_field("calls_per_task"),
                                                    assumed_field("cached_share"),
                                                    assumed_field("peak_to_mean"),
                                                    assumed_field("input"),
                                                    assumed_field("time_per_output_token")};
inline constexpr field_source service_fields[] = {
    one_user,
    no_cost,
    published_field("value_per_task", "Intercom, price per resolution"),
    published_field("human_time_replaced", "Klarna, 11 minutes to 2, by wagecore.ai"),
    assumed_field("cached_share"),
    assumed_field("peak_to_mean"),
    assumed_field("input"),
    assumed_field("output"),
    assumed_field("calls_per_task"),
    assumed_field("tasks_per_user"),
    assumed_field("time_to_first_token")};
inline constexpr field_source radiology_fields[] = {one_user,
                                                    no_cost,
                                                    assumed_field("cached_share"),
                                                    assumed_field("peak_to_mean"),
                                                    assumed_field("calls_per_task"),
                                                    assumed_field("human_time_replaced"),
                                                    assumed_field("value_per_task"),
                                                    assumed_field("time_to_first_token")};
inline constexpr field_source driving_fields[] = {one_user, no_cost, assumed_field("cached_share"),
                                                  assumed_field("peak_to_mean"), assumed_field("value_per_task")};
inline constexpr field_source robot_fields[] = {one_user,
                                                no_cost,
                                                assumed_field("cached_share"),
                                                assumed_field("peak_to_mean"),
                                                assumed_field("calls_per_task"),
                                                assumed_field("human_time_replaced"),
                                                assumed_field("value_per_task")};
// Rows of which only the energy of a task is published (`references`).
inline constexpr field_source generation_fields[] = {one_user,
                                                     no_cost,
                                                     assumed_field("calls_per_task"),
                                                     assumed_field("cached_share"),
                                                     assumed_field("peak_to_mean"),
                                                     assumed_field("tasks_per_user"),
                                                     assumed_field("value_per_task"),
                                                     assumed_field("time_to_first_token")};
inline constexpr field_source all_assumed[] = {one_user, no_cost};
}  // namespace detail

// clang-format off
inline constexpr workload chat = detail::row("chat", {3.6, 1, 1155, 211, 0, 1, 0.05, 0.01, na},
    {"Azure LLM inference trace 2023, conversations (mean of 19,366)", "read 2026", confidence::published, detail::chat_fields});
inline constexpr workload chat_long_context = detail::row("chat_long_context", {na, 1, 12035, 343, 0.37, 2, na, na, na},
    {"Mooncake conversation trace, FAST 2025 (12,031 requests; 37 % of prefix blocks reused)", "read 2026", confidence::published, detail::long_chat_fields});
inline constexpr workload chat_gemini = detail::row("chat_gemini", {na, na, na, na, 0, na, na, na, na},
    {"Google August 2025, by epium.com: median text prompt 0.24 Wh", "read 2026", confidence::published, detail::trace_fields});
inline constexpr workload code_completion = detail::row("code_completion", {200, 1, 2048, 28, 0, 0.4, na, 0.005, na},
    {"Azure LLM inference trace 2023, code (mean of 8,819)", "read 2026", confidence::published, detail::completion_fields});
inline constexpr workload coding_agent = detail::row("coding_agent", {2, 50, 1000000, 40000, 0, na, 0.02, 75, 60},
    {"tokenade.net (Vantage 2026: 1 M in, 40 k out over 50 turns)", "read 2026", confidence::published, detail::agent_fields});
inline constexpr workload tool_agent = detail::row("tool_agent", {na, 1, 8596, 182, 0, na, na, na, na},
    {"Mooncake tool and agent trace, FAST 2025 (23,608 requests)", "read 2026", confidence::published, detail::trace_fields});
inline constexpr workload reasoning = detail::row("reasoning", {na, 1, 300, 8000, 0, na, 0.05, na, na},
    {"ML.ENERGY leaderboard, GPQA: 7,000 to 11,300 tokens out; energy on the GPUs only", "read 2026", confidence::published, detail::reasoning_fields});
inline constexpr workload customer_service = detail::row("customer_service", {0.05, 6, 6000, 800, 0, 1, na, 0.99, 11},
    {"Intercom; Klarna by wagecore.ai", "read 2026", confidence::published, detail::service_fields});
inline constexpr workload radiology_assist = detail::row("radiology_assist", {60, 100, 0, 0, 0, 60, na, 5, 1.5},
    {"advancestudy.org; roiscale.ai; xaid.ai", "read 2026", confidence::published, detail::radiology_fields});
inline constexpr workload legal_copilot = detail::row("legal_copilot", {4, 10, 60000, 4000, 0, 120, na, 100, 60},
    {"assumption", "read 2026", confidence::assumed, detail::all_assumed});
inline constexpr workload drug_discovery = detail::row("drug_discovery", {1000, 1, 0, 0, 0, na, na, 0.1, na},
    {"assumption (AlphaFold-class model)", "read 2026", confidence::assumed, detail::all_assumed});
inline constexpr workload deep_research = detail::row("deep_research", {0.3, 100, 500000, 30000, 0, 1800, na, 50, 240},
    {"assumption", "read 2026", confidence::assumed, detail::all_assumed});
inline constexpr workload social_companion = detail::row("social_companion", {30, 1, 3000, 120, 0, 0.8, na, 0.001, na},
    {"assumption", "read 2026", confidence::assumed, detail::all_assumed});
inline constexpr workload self_driving = detail::row("self_driving", {1, 129600, 0, 0, 0, 0.1, na, 20, 60},
    {"gardencapitalmanagement.com (36 frames/s, 8 cameras); about 100 W on board", "read 2026", confidence::published, detail::driving_fields});
inline constexpr workload humanoid_robot = detail::row("humanoid_robot", {8, 36000, 0, 0, 0, 0.05, na, 15, 30},
    {"pkb-site.pages.dev (pi0); Jetson Thor 40 to 130 W; 10 Hz", "read 2026", confidence::published, detail::robot_fields});
inline constexpr workload image_generation = detail::row("image_generation", {1, 1, 0, 0, 0, 10, na, 0.04, na},
    {"ML.ENERGY leaderboard, FLUX.1-dev: 6,679 J", "read 2026", confidence::published, detail::generation_fields});
inline constexpr workload video_generation = detail::row("video_generation", {0.1, 1, 0, 0, 0, na, na, 0.5, na},
    {"ML.ENERGY leaderboard, HunyuanVideo: 1.16 MJ", "read 2026", confidence::published, detail::generation_fields});

inline constexpr std::array<reference, 17> references{{
    {&chat, layercake::datum<units::watt_hour>(0.34), 100e9},
    {&chat_long_context, layercake::datum<units::watt_hour>(na), 32e9},
    {&chat_gemini, layercake::datum<units::watt_hour>(0.24), na},
    {&code_completion, layercake::datum<units::watt_hour>(na), 10e9},
    {&coding_agent, layercake::datum<units::watt_hour>(na), 100e9},
    {&tool_agent, layercake::datum<units::watt_hour>(na), 32e9},
    {&reasoning, layercake::datum<units::watt_hour>(3.3), 37e9},
    {&customer_service, layercake::datum<units::watt_hour>(na), 20e9},
    {&radiology_assist, layercake::datum<units::watt_hour>(na), 0.1e9},
    {&legal_copilot, layercake::datum<units::watt_hour>(na), 100e9},
    {&drug_discovery, layercake::datum<units::watt_hour>(10), 0.5e9},
    {&deep_research, layercake::datum<units::watt_hour>(na), 200e9},
    {&social_companion, layercake::datum<units::watt_hour>(na), 20e9},
    {&self_driving, layercake::datum<units::watt_hour>(100), 1e9},
    {&humanoid_robot, layercake::datum<units::watt_hour>(130), 3e9},
    {&image_generation, layercake::datum<units::watt_hour>(1.855), 12e9},
    {&video_generation, layercake::datum<units::watt_hour>(322), 13e9},
}};
// clang-format on

inline constexpr std::array<const workload*, 17> all{&chat,
                                                     &chat_long_context,
                                                     &chat_gemini,
                                                     &code_completion,
                                                     &coding_agent,
                                                     &tool_agent,
                                                     &reasoning,
                                                     &customer_service,
                                                     &radiology_assist,
                                                     &legal_copilot,
                                                     &drug_discovery,
                                                     &deep_research,
                                                     &social_companion,
                                                     &self_driving,
                                                     &humanoid_robot,
                                                     &image_generation,
                                                     &video_generation};

// The workload of that name; throws missing_value with the nearest names.
constexpr const workload& find(std::string_view name) { return find_by_name(all, name); }

}  // namespace catalog
}  // namespace layercake::applications
