// What the figures of a bill mean: prices by token read and written, energy at part load, people, and never a number that is none.
#include <doctest/doctest.h>

#include <algorithm>
#include <layercake/serving/energy.hpp>
#include <vector>

#include "../../approx.hpp"
#include "../../worked.hpp"
#include "service.hpp"

using namespace layercake_test;

namespace {

// One TFLOP/s, 100 W at rest and 200 W while anything runs.
struct plain_chip {
  lc::quantity<lc::unit::byte> memory = 192 * gigabyte;
  lc::quantity<lc::unit::byte_per_second> scale_up_bandwidth = 900 * gigabyte / second;
  double scale_up_domain = 1;
  lc::quantity<lc::unit::watt> thermal_design_power = 200 * watt, idle_power = 100 * watt;
  lc::quantity<lc::unit::usd> price = 30000 * usd;
  lc::quantity<lc::unit::square_metre> die_area = 800 * square_millimetre;
  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.flop / (1 * teraflop_per_second);
  }
  template <class N>
  auto power(const lc::chips::basic_use<N>& u) const {
    return lc::quantity<lc::unit::watt, N>(idle_power) + u.busy * (thermal_design_power - idle_power);
  }
};

// A token takes a millisecond of that chip, or, where `Flat`, a step does, whatever is in it.
template <bool Flat = false, bool Writes = true>
struct plain_model {
  static constexpr bool generates_tokens = Writes;
  template <class N>
  auto weights(const lc::models::split<N>&) const {
    return N(1e9) * byte;
  }
  template <class N>
  auto cache(const lc::quantity<lc::unit::token, N>&, const lc::models::split<N>&) const {
    return N(1e9) * byte;
  }
  template <class N, class Visit>
  void operations(const lc::models::pass<N>& p, const lc::models::split<N>&, Visit&& visit) const {
    visit(lc::work<N>{(Flat ? N(1e9) : p.sequences * p.queries * N(1e9)) * flop, N(1) * byte}, N(1));
  }
};

const lc::serving_plan bare{.software = {.per_step = 0 * second,
                                         .per_sequence = 0 * second,
                                         .per_request = 0 * second,
                                         .launch = 0 * second,
                                         .context = 0 * byte,
                                         .communication = 0 * byte,
                                         .graph_operation = 0 * byte,
                                         .wave_loss = 0}};

// An application that says itself how many ask, and for what.
struct asks {
  lc::quantity<lc::unit::per_second> calls{};
  double users = 0;
  lc::quantity<lc::unit::usd> worth{};
  double output = 100;
  lc::call_demand<> pull() const {
    return {.calls = calls, .peak_to_mean = 2, .input = 1000 * token, .output = output * token};
  }
  template <class N>
  auto push(const lc::quantity<lc::unit::per_second, N>& answered) const {
    return lc::applications::basic_usage<N>{.tasks = answered, .users = N(users), .value = answered * worth};
  }
};

// visit(name, value) of every number of a bill and of a ceiling.
template <class Visit>
void each_number(const lc::bill& b, Visit&& visit) {
  std::apply([&](const auto&... f) { (visit(f.name, lc::without_kind(f.read(b))), ...); }, lc::bill_figures());
}
template <class Visit>
void each_number(const lc::ceiling& c, Visit&& visit) {
  visit("calls", c.calls), visit("tasks", c.tasks), visit("output tokens", lc::without_kind(c.output_tokens));
  visit("users", c.users), visit("value", c.value), visit("cost", c.cost), visit("in time", c.tokens_in_time);
  c.for_each_limit([&](const auto& l) {
    visit(l.name, l.calls), visit(l.name, l.tokens_per_unit), visit(l.name, l.margin_per_unit);
  });
}
template <class Answer>
void check_no_nan(const Answer& answer) {
  each_number(answer, [](const char* name, const auto& value) {
    CAPTURE(std::string(name));
    CHECK(lc::is_known(value));
  });
  const std::string text = lc::to_string(answer);
  CHECK(text.find(" nan") == std::string::npos);
  CHECK(text.find("$nan") == std::string::npos);
  CHECK(text.find("unknown") == std::string::npos);
}

}  // namespace

TEST_CASE("a price for tokens read, one for tokens written, one for both") {
  // worked: stack/bill.hpp#input_price
  lc::bill b;
  b.supplied.energy_cost = 3 * usd / second;
  b.serving.input_tokens = 2e6 * token / second;
  b.serving.output_tokens = 1e6 * token / second;
  b.serving.reading = 1.0 / 3;
  check_stated(in<usd_per_million_tokens>(b.input_price()), "0.5");
  check_stated(in<usd_per_million_tokens>(b.output_price()), "2");
  CHECK(in<usd_per_million_tokens>(b.blended_price()) == approx(1));
  CHECK(in<usd_per_million_tokens>(b.price_of_tokens()) == approx(3));
  // The royalty is paid for what is written.
  b.model_cost = 1 * usd / second;
  check_stated(in<usd_per_million_tokens>(b.input_price()), "0.5");
  CHECK(in<usd_per_million_tokens>(b.output_price()) == approx(3));
}

TEST_CASE("the share of reading, by hand") {
  // One call at a time: 1,000 tokens read in 1,000 ms beside the first of 500 steps of 1 ms that write: 1,499 ms, of which 500 are writing.
  auto plan = bare;
  plan.concurrency = 1;
  const lc::call_demand<> demand{.calls = 1 / second, .input = 1000 * token, .output = 500 * token};
  const auto f = lc::serve<double>(plain_chip{}, lc::infrastructure::site{}, plain_model<>{}, plan, demand);
  CHECK(f.reading == approx(999.0 / 1499).epsilon(1e-5));
  // Next to nothing is read where all but a token is cached, everything where nothing is written.
  auto cached = demand;
  cached.cached_share = 1;
  CHECK(lc::serve<double>(plain_chip{}, lc::infrastructure::site{}, plain_model<>{}, plan, cached).reading < 1e-2);
  CHECK(
      lc::serve<double>(plain_chip{}, lc::infrastructure::site{}, plain_model<false, false>{}, plan, demand).reading ==
      1);
}

TEST_CASE("input price * input tokens + output price * output tokens is the cost") {
  auto s = service();
  s.model.royalty = 0.05 * usd / million_tokens;
  for (const double input : {10.0, 1200.0, 20000.0}) {
    s.application.input = input * token;
    for (const auto how : {lc::counting::whole, lc::counting::smooth}) {
      const auto b = s.with(s.application).pull(how);
      CHECK(b.serving.reading > 0);
      CHECK(b.serving.reading < 1);
      const auto sum =
          b.input_price() * plain(b.serving.input_tokens) + b.output_price() * plain(b.serving.output_tokens);
      CHECK(sum / b.cost() == approx(1).epsilon(1e-12));
      CHECK(b.blended_price() * (plain(b.serving.input_tokens) + plain(b.serving.output_tokens)) / b.cost() ==
            approx(1).epsilon(1e-12));
    }
  }
}

TEST_CASE("power at part load, by hand") {
  // worked: serving/power.hpp#power_at_load
  struct {
    lc::quantity<lc::unit::watt> idle_power = 80 * watt;
    auto power(const lc::chips::use& u) const { return idle_power + u.busy * (520 * watt); }
  } const chip;
  lc::step_cost<> work;
  work.time = 1 * second;
  work.compute = work.memory = 0.5 * second;
  check_stated(in<watt>(lc::power_at_load<double>(chip, work, 0.25)), "210");
  CHECK(lc::power_at_load<double>(chip, work, 0) == 80 * watt);
  CHECK(lc::power_at_load<double>(chip, work, 1) == 600 * watt);
  CHECK(lc::power_at_load<double>(chip, work, 2) == 600 * watt);  // no more than it can
}

TEST_CASE("energy at part load is what the regimes say") {
  const auto composed = service();
  auto s = composed.with(composed.plan);
  double before = 0;
  for (const double peak_to_mean : {1.0, 3.0, 17.3, 100.0}) {
    CAPTURE(peak_to_mean);
    s.application.peak_to_mean = peak_to_mean;
    const auto b = s.pull(lc::counting::smooth);
    const auto r = lc::replica_of<double>(s.chip, s.infrastructure, s.model, s.plan, s.application.pull());
    const auto open = lc::inflight_open_loop(
        r, lc::quantity<lc::unit::per_second>(b.serving.calls / plain(b.serving.replicas)), 0.99);
    const double measured =
        in<joule_per_token>(lc::energy_per_token(lc::power_boundary::facility, s.infrastructure, s.chip, r, open));
    const double billed = in<watt>(plain(b.built.power.mean)) / in<token_per_second>(plain(b.serving.output_tokens));
    CHECK(billed == approx(measured).epsilon(1e-6));
    CHECK(billed > before);  // chips that wait draw power for nobody
    before = billed;
    CHECK(plain(b.built.it_power.mean) <= plain(b.built.it_power.peak));
    CHECK(plain(b.built.mean.chips) / plain(b.built.chips) > s.chip.idle_power);
  }
}

TEST_CASE("a load is the same at every size where fleets are counted smoothly, and approaches it where whole") {
  const auto s = service();
  const lc::layers on{s.energy, s.chip, s.infrastructure, s.model, s.application};
  const lc::billing<double, decltype(on)> law(on, s.plan);
  const auto& site = s.infrastructure;
  const double load = site.utilisation * site.availability / s.application.peak_to_mean;
  for (const double scale : {1e-6, 1.0, 1e6}) {
    const auto b = law(lc::counting::smooth, scale);
    CHECK(b.serving.load == approx(load));
    CHECK(b.serving.load ==
          approx(in<hertz>(b.serving.calls) / (in<hertz>(law.served().calls) * plain(b.serving.replicas))));
  }
  CHECK(law(lc::counting::whole, 1e6).serving.load == approx(load).epsilon(1e-4));
}

TEST_CASE("people are printed as they can be hired") {
  auto b = service().pull();
  const auto line = [&](const std::string& name) {
    const std::string text = lc::to_string(b);
    const std::size_t at = text.find("\n  " + name) + 1;
    return text.substr(at, text.find('\n', at) - at);
  };
  b.built.operators = 0.02;  // of 40 hours
  CHECK(line("operators").find("fewer than 1, 0.8 hours a week") != std::string::npos);
  b.built.operators = 1e-9;
  CHECK(line("operators").substr(26) == "fewer than 1");
  b.built.construction_workers = 1.145;
  CHECK(line("construction workers").substr(26) == "2");
  b.built.construction_workers = 300;
  CHECK(line("construction workers").substr(26) == "300");
  b.built.operators = lc::unknown<>;
  CHECK(line("operators").substr(26) == "unknown");
  CHECK(line("time per output token").find("at full load") != std::string::npos);
}

TEST_CASE("what nothing has a share of is infinite and says of what there is none") {
  const auto base = service();
  const auto of = [&](const auto& model, const asks& who) {
    return lc::stack{base.energy, plain_chip{}, base.infrastructure, model, who, bare};
  };
  for (const auto how : {lc::counting::whole, lc::counting::smooth}) {
    const auto idle = of(plain_model<>{}, {}).pull(how);
    check_no_nan(idle);
    CHECK(idle.cost() == 0 * usd / second);
    CHECK(lc::to_string(idle).find("no output tokens") != std::string::npos);
    CHECK(lc::to_string(idle).find("infeasible") == std::string::npos);
    const auto anonymous = of(plain_model<>{}, {.calls = 1 / second}).pull(how);
    check_no_nan(anonymous);
    CHECK(lc::is_finite(anonymous.price_of_tokens()));
    CHECK(!lc::is_finite(anonymous.cost_per_user()));
    CHECK(lc::to_string(anonymous).find("cost per user           no users") != std::string::npos);
    const auto reads = of(plain_model<true, false>{}, {.calls = 1 / second, .users = 5, .output = 0}).pull(how);
    check_no_nan(reads);
    CHECK(reads.input_price() * plain(reads.serving.input_tokens) / reads.cost() == approx(1));
    CHECK(lc::to_string(reads).find("output price            no output tokens") != std::string::npos);
  }
}

TEST_CASE("a bill that is infinite says so first, and its law says why") {
  const auto base = service();
  const auto of = [&](const auto& model, const lc::applications::assistant& who, const auto& check) {
    const lc::layers on{base.energy, base.chip, base.infrastructure, model, who};
    const lc::billing<double, std::remove_const_t<decltype(on)>> law(on, base.plan);
    for (const auto how : {lc::counting::whole, lc::counting::smooth})
      check(law(how), law.why_not());
  };
  const auto infeasible = [&](const char* reason) {
    return [reason](const lc::bill& b, const std::string& why) {
      check_no_nan(b);
      CHECK(lc::to_string(b).find("infeasible: the plan answers no calls") == 0);
      CHECK(why.find(reason) != std::string::npos);
      for (const auto& price : {b.price_of_tokens(), b.input_price(), b.output_price(), b.blended_price()})
        CHECK(!lc::is_finite(price));
      CHECK(!lc::is_finite(b.cost()));
      CHECK(b.serving.concurrency >= 0);
    };
  };
  auto hasty = base.application;
  hasty.time_per_output_token = 1 * microsecond / token;
  of(base.model, hasty, infeasible("a token takes"));
  auto large = base.model;
  large.architecture.layers *= 4;
  of(large, base.application, infeasible("do not fit"));
  of(base.model, base.application, [](const lc::bill& b, const std::string& why) {
    check_no_nan(b);
    CHECK(lc::to_string(b).find("total") == 0);
    CHECK(why.empty());
  });
}

TEST_CASE("a ceiling of anything is a number") {
  const auto base = service();
  const auto of = [&](const asks& who) {
    return lc::stack{base.energy, plain_chip{}, base.infrastructure, plain_model<>{}, who, bare};
  };
  const auto unpaid = of({.calls = 1 / second});
  for (const lc::grant& g : std::vector<lc::grant>{{},
                                                   {.chips = 0},
                                                   {.chips = 100, .time = 1 * second},
                                                   {.time = 1 * second},
                                                   {.site_power = 1 * gigawatt, .time = 100 * year}}) {
    check_no_nan(unpaid.push(g));
    check_no_nan(base.push(g));
  }
  // A grant without end is none; one stack refuses it, a lane of many takes it for what it is.
  const double endless = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(unpaid.push({.chips = endless}), doctest::Contains("grant.chips"), lc::invalid_value);
  const lc::layers on{unpaid.energy, unpaid.chip, unpaid.infrastructure, unpaid.model, unpaid.application};
  const lc::billing<double, decltype(on)> law(on, unpaid.plan);
  const auto bill_at = [&](double scale) { return law(lc::counting::smooth, scale); };
  const auto c = lc::ceiling_of(lc::grant{.chips = endless}, bill_at);
  check_no_nan(c);
  CHECK(!lc::is_finite(c.calls));
  CHECK(c.users == 0);
  // What nobody asks for cannot be counted in calls.
  CHECK_THROWS_WITH_AS(of({}).push({.chips = 100}), doctest::Contains("give the service some"), lc::invalid_value);
}
