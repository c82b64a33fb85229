// What three models cost per answer: parameters, cache, FLOP of reading a prompt and of writing a token.
#include <cstdio>
#include <layercake/models/models.hpp>
#include <layercake/units/print.hpp>

namespace lc = layercake;
using namespace lc::units;

int main() {
  using namespace lc::models;
  for (const transformer* model : {&catalog::llama_3_1_70b, &catalog::deepseek_v3, &catalog::gpt_oss_120b}) {
    const deployed served = model->as_published();
    const parameter_count<> p = parameters(*model);
    const auto prompt = pass_totals(served, pass<>{phase::prefill, 1, 1200, 1200});
    const auto answer = pass_totals(served, pass<>{phase::decode, 1, 1, 1500});
    std::printf("%-14s %6.1f e9 parameters, %5.1f e9 per token, weights %s, cache of 128 k tokens %s\n", model->name,
                p.total() / 1e9, p.active() / 1e9, to_string(served.weights(split<>{})).c_str(),
                to_string(served.cache(131072.0 * token, split<>{})).c_str());
    std::printf("%-14s a prompt of 1200 tokens: %s; the next token: %s, %s read\n", "", to_string(prompt.flop).c_str(),
                to_string(answer.flop).c_str(), to_string(answer.bytes).c_str());
  }
  const auto image = pass_totals(catalog::flux_1_dev, pass<>{});
  std::printf("%-14s an image: %s, %s moved\n", catalog::flux_1_dev.name, to_string(image.flop).c_str(),
              to_string(image.bytes).c_str());
}
