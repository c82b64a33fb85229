#include <doctest/doctest.h>

#include <layercake/core/enumerators.hpp>
#include <layercake/core/record_text.hpp>
#include <layercake/core/same.hpp>
#include <layercake/core/text_pool.hpp>
#include <layercake/energy/conversion.hpp>
#include <layercake/energy/generation.hpp>
#include <layercake/models/transformer.hpp>
#include <layercake/training/plan.hpp>
#include <string>
#include <thread>
#include <vector>

namespace lc = layercake;

TEST_CASE("the values of an enumeration are counted by their names") {
  CHECK(lc::names_of<lc::precision>().size() == 11);
  CHECK(lc::names_of<lc::confidence>().size() == 6);
  CHECK(lc::names_of<lc::energy::firmness>() == std::vector<std::string_view>{"variable", "seasonal", "firm"});
  CHECK(lc::names_of<lc::models::attention>() == std::vector<std::string_view>{"grouped", "latent"});
  CHECK(lc::names_of<lc::models::phase>() == std::vector<std::string_view>{"prefill", "decode", "training"});
  CHECK(lc::names_of<lc::sharding>() == std::vector<std::string_view>{"none", "optimizer", "gradients", "full"});
  CHECK(lc::names_of<lc::recomputation>().size() == 6);
  CHECK(lc::names_of<lc::pipeline_schedule>().size() == 4);
  CHECK(lc::names_of<lc::attention_kernel>() == std::vector<std::string_view>{"flash_1", "flash_2", "newest"});
  CHECK(lc::value_named<lc::precision>("nvfp4") == lc::precision::nvfp4);
  CHECK(lc::value_named<lc::attention_kernel>("flash_2") == lc::attention_kernel::flash_2);
  CHECK_FALSE(lc::value_named<lc::precision>("").has_value());
  CHECK_FALSE(lc::value_named<lc::precision>("fp9").has_value());
}

TEST_CASE("a pool keeps a text once, however many threads keep it") {
  lc::text_pool pool;
  const char* const first = pool.keep("north");
  CHECK(std::string(first) == "north");
  CHECK(pool.keep(std::string("nor") + "th") == first);
  CHECK(pool.keep("south") != first);
  std::vector<const char*> kept(4);
  std::vector<std::thread> threads;
  for (const char*& k : kept)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i)
        k = pool.keep(std::to_string(i));
    });
  for (std::thread& t : threads)
    t.join();
  for (const char* k : kept)
    CHECK(k == kept[0]);
  const lc::field_source source{pool.keep("price"), pool.keep("contract"), lc::confidence::measured};
  CHECK(pool.keep(std::vector{source}).data() == pool.keep(std::vector{source}).data());
  CHECK(pool.keep(std::vector<lc::field_source>{}).empty());
}

TEST_CASE("records are the same by what their texts say") {
  lc::energy::stage a, b;
  const std::string one = "rectifier", other = "rectifier";
  a.name = one.c_str();
  b.name = other.c_str();
  CHECK(lc::same(a, b));
  b.name = "inverter";
  CHECK_FALSE(lc::same(a, b));
}

TEST_CASE("UTF-8 by RFC 3629") {
  for (const char* good :
       {"", "plain", "\xC2\xB5", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    CHECK(lc::is_utf8(good));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
                          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    CHECK_FALSE(lc::is_utf8(bad));
}

TEST_CASE("a label that describes itself is checked with its record") {
  lc::models::transformer m;
  m.stored.dense.bits = 0;
  bool found = false;
  for (const lc::finding& f : lc::check(m, "model"))
    found = found || f.text() == "model.stored.dense.bits is 0; allowed: above 0 to 64. Set model.stored.dense.bits: "
                                 "the stored bits of a value, scales included.";
  CHECK(found);
}
