// Who asks, how often, how fast, and what it is worth.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/core/measures.hpp>
#include <layercake/core/provenance.hpp>

namespace layercake::applications {

// What a mean rate of model calls makes: the answer of an application's `push`.
template <number T = double>
struct basic_usage {
  quantity<unit::per_second, T> tasks{};
  T users = T(0);                             // people active a day
  quantity<unit::usd_per_second, T> value{};  // unknown if nobody says what a task is worth
};
using usage = basic_usage<>;

// Whether a type is such an answer, over any number type.
template <class Answer>
inline constexpr bool is_usage = false;
template <number T>
inline constexpr bool is_usage<basic_usage<T>> = true;

// What the stack asks of the application layer. Ten lines satisfy it:
//
// ```cpp global
// struct nightly_batch {
//   call_demand<> pull() const {  // what is asked of the models
//     return {.calls = 2e6 / day, .input = 900 * token, .output = 60 * token, .time_to_first_token = 60 * second,
//             .time_per_output_token = 1 * second / token};
//   }
//   template <class N>
//   auto push(const quantity<unit::per_second, N>& calls) const {  // what so many calls make
//     return basic_usage<N>{.tasks = calls, .users = number_cast<N>(1), .value = calls * (0.002 * usd)};
//   }
// };
// static_assert(application<nightly_batch>);
// ```
//
// push(pull().calls) gives back the tasks and users that pull() started from.
template <class Application, class N = double>
concept application = requires(const Application& a, const quantity<unit::per_second, N>& calls) {
  requires is_call_demand<std::remove_cvref_t<decltype(a.pull())>>;
  requires is_usage<std::remove_cvref_t<decltype(a.push(calls))>>;
};

namespace detail {
inline constexpr field_source workload_defaults[] = {
    {"calls_per_task", "1, unless set: a task is a call", confidence::assumed},
    {"cached_share", "0, unless set: no input is reused", confidence::assumed},
    {"cost_per_task", "0, unless set: nothing is spent beside the stack", confidence::assumed},
    {"shared_prefix", "0, unless set: no two inputs begin alike", confidence::assumed},
    {"peak_to_mean", "3, unless set: assumption for a service with a day and a night", confidence::assumed},
    {"time_to_first_token", "1 s, unless set: chat, assumption", confidence::assumed},
    {"time_per_output_token", "50 ms, unless set: chat, assumption", confidence::assumed}};
}

// A workload of tasks, each of which calls models. An assistant with defaults of chat:
// ```cpp
// applications::assistant{.daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token};
// ```
// A workload without tokens (frames, images, structures) has 0 tokens per call. The objectives are unknown where only throughput counts.
// Left out: the shape of the day beyond its peak, the spread of lengths around their mean.
template <number T = double>
struct basic_workload {
  const char* name = "assistant";
  T daily_users = unknown<>;                                 // no default: set it
  quantity<unit::per_second, T> tasks_per_user = unknown<>;  // 12 / day; no default
  T calls_per_task = number_cast<T>(1);
  input_tokens<T> input = unknown<>;    // read per call; no default
  output_tokens<T> output = unknown<>;  // written per call; no default
  T cached_share{};                     // of the input behind the shared prefix, read by an earlier call
  T peak_to_mean = number_cast<T>(3);   // busiest hour over mean
  quantity<unit::second, T> time_to_first_token = number_cast<T>(1) * units::second;
  quantity<unit::second_per_token, T> time_per_output_token = number_cast<T>(0.05) * (units::second / units::token);
  input_tokens<T> shared_prefix{};  // a system prompt: the same at the head of every input
  // Of a session between two of its calls: a tool runs, a person reads. Unknown: no cache waits.
  quantity<unit::second, T> waiting_time = unknown<>;
  quantity<unit::usd, T> value_per_task = unknown<>;
  quantity<unit::usd, T> cost_per_task{};  // spent beside the stack: review by people, licences, searches; 0: nothing
  quantity<unit::second, T> human_time_replaced = unknown<>;  // per task
  provenance origin{.by_field = detail::workload_defaults};

  template <number Other>
  using with_number = basic_workload<Other>;
  static constexpr auto fields() {
    using W = basic_workload;
    return std::tuple{
        label("name", &W::name),
        field("daily_users", &W::daily_users, positive, "people active on a mean day"),
        field("tasks_per_user", &W::tasks_per_user, positive, "tasks of an active user per time, such as 12 / day"),
        field("calls_per_task", &W::calls_per_task, positive, "model calls that a task takes"),
        field("input", &W::input, nonnegative, "tokens read per call, 0 for a model without tokens"),
        field("output", &W::output, nonnegative, "tokens written per call, 0 for a model without tokens"),
        field("cached_share", &W::cached_share, share,
              "share of the input behind the shared prefix that an earlier call of the session has read"),
        field("peak_to_mean", &W::peak_to_mean, at_least_one, "calls in the busiest hour over the mean"),
        field("time_to_first_token", &W::time_to_first_token, positive.or_unknown(),
              "longest wait for an answer to begin"),
        field("time_per_output_token", &W::time_per_output_token, positive.or_unknown(),
              "longest time between tokens of an answer"),
        field("shared_prefix", &W::shared_prefix, nonnegative,
              "tokens at the head of every input that are the same in all"),
        field("waiting_time", &W::waiting_time, positive.or_unknown(),
              "time of a session between two of its calls, unknown where no cache waits"),
        field("value_per_task", &W::value_per_task, nonnegative.or_unknown(),
              "what a task is worth to who pays for it"),
        field("cost_per_task", &W::cost_per_task, nonnegative, "what a task costs beside the stack"),
        field("human_time_replaced", &W::human_time_replaced, nonnegative.or_unknown(),
              "time of a person that a task saves"),
        label("origin", &W::origin)};
  }

  void rules(findings& f) const requires real<T> {
    f.check_at_most("shared_prefix", shared_prefix, "input", input, "The prefix is a part of the input.");
  }

  // Mean rate of tasks: daily users * tasks per user and time   [1/s]
  // Worked number: 1e6 users with 12 tasks a day: 138.9 tasks/s.
  constexpr quantity<unit::per_second, T> tasks() const { return daily_users * tasks_per_user; }

  // What is asked of the models: calls = tasks * calls per task [1/s], with the tokens and objectives of each. Throws nothing.
  // Worked number: 50,000 users with 2 tasks a day of 50 calls: 57.87 calls/s.
  constexpr call_demand<T> pull() const {
    return {tasks() * calls_per_task, peak_to_mean,          input,         output,      cached_share,
            time_to_first_token,      time_per_output_token, shared_prefix, waiting_time};
  }

  // What a granted mean rate of calls makes: tasks = calls / calls per task [1/s], users = tasks / tasks per user, value = tasks * value per
  // task [USD/s], unknown where nobody says what a task is worth. Throws nothing.
  // Worked number: 100 calls/s in tasks of 50, 2 tasks a user and day, 75 $ a task: 2 tasks/s, 86,400 users, 150 $/s.
  template <number N>
  constexpr auto push(const quantity<unit::per_second, N>& calls) const {
    basic_usage<promote_t<T, N>> made;
    made.tasks = calls / calls_per_task;
    made.users = made.tasks / tasks_per_user;
    made.value = for_all(made.tasks, value_per_task);
    return made;
  }

  // The same workload for another number of people: rows of the catalog are for one.
  constexpr basic_workload with_users(const T& users) const {
    basic_workload w = *this;
    w.daily_users = users;
    return w;
  }
};
using workload = basic_workload<>;
using assistant = workload;  // the defaults are those of chat

}  // namespace layercake::applications
