// Folders that nobody has seen: chips and models of their own, files that are missing, other ids and sources.
#include <doctest/doctest.h>

#include <exception>
#include <filesystem>
#include <string>

#include "../../benchmarks/accuracy/files.hpp"
#include "../../benchmarks/accuracy/predictions.hpp"

using namespace accuracy;

namespace {
struct scratch_folder {
  std::filesystem::path path;
  explicit scratch_folder(const char* name)
      : path(std::filesystem::temp_directory_path() / (std::string("layercake_accuracy_") + name)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~scratch_folder() { std::filesystem::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }
  void write(const char* name, const std::string& text) const {
    output_file to(file(name));
    to.text() << text;
    to.close();
  }
  std::vector<prediction> predicted() const { return predict(directory(path.string())); }
};

// From another working directory, and back.
struct elsewhere {
  std::filesystem::path back = std::filesystem::current_path();
  explicit elsewhere(const std::filesystem::path& path) { std::filesystem::current_path(path); }
  ~elsewhere() { std::filesystem::current_path(back); }
};

template <class F>
std::string said(const F& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

const char* const chip_header =
    "chip,name,vendor,peak_fp32_flops,peak_tf32_flops,peak_fp16_flops,peak_bf16_flops,peak_fp8_flops,peak_fp4_flops,"
    "peak_int8_ops,memory_bytes,"
    "memory_bytes_per_s,scale_up_bytes_per_s,scale_up_domain,tdp_w,reference_scale_out_bytes_per_s,verified,note\r\n";
const char* const model_header = "model,layers,d_model,heads,kv_heads,head_dim,ffn,gated,vocab,tied,experts,active_"
                                 "experts,shared_experts,expert_ffn,shared_expert_ffn,"
                                 "dense_layers,attention,q_lora_rank,kv_lora_rank,qk_nope_head_dim,qk_rope_head_dim,v_"
                                 "head_dim,sliding_window,sliding_window_layers,"
                                 "full_attention_layers,total_params,active_params,verified,note\r\n";
const char* const inference_header = "id,source,model,chip,chips,tp,pp,ep,weight_bits,activation_bits,kv_bits,compute_"
                                     "precision,software,software_year,regime,concurrency,"
                                     "request_rate_per_s,isl,osl,metric,value,unit,power_cap_w,predictable,note,"
                                     "attention_dp,speculative,length_kind,verified\r\n";
}  // namespace

TEST_CASE("a chip and a model that no catalog has") {
  const scratch_folder f("unseen");
  f.write("chips.csv",
          std::string(chip_header) +
              "flux-9,Flux 9,NVIDIA,67e12,,989e12,989e12,1979e12,,,141e9,4.8e12,450e9,8,700,50e9,memory,\r\n");
  f.write("models.csv", std::string(model_header) +
                            "toy-8b,32,4096,32,8,128,14336,1,128256,0,,,,,,,gqa,,,,,,,,32,8e9,8e9,memory,\r\n"
                            "riddle,32,4096,32,8,128,14336,1,128256,0,,,,,,,other,,,,,,,,32,8e9,8e9,memory,\r\n");
  f.write("inference.csv", std::string(inference_header) +
                               "r1,s,toy-8b,flux-9,1,1,1,1,16,16,16,bf16,vllm,2025,single_stream,1,,1024,256,tpot,0."
                               "004,s,,1,,0,0,fixed,yes\r\n"
                               "r2,s,toy-8b,flux-9,1,1,1,1,16,16,16,bf16,vllm,2025,static_batch,64,,1024,256,output_"
                               "tokens_per_s_per_chip,5000,tok/s/chip,,1,,0,0,fixed,yes\r\n"
                               "r3,s,riddle,flux-9,1,1,1,1,16,16,16,bf16,vllm,2025,single_stream,1,,1024,256,tpot,0."
                               "004,s,,0,,0,0,fixed,yes\r\n"
                               "r4,s,toy-8b,h300,1,1,1,1,16,16,16,bf16,vllm,2025,single_stream,1,,1024,256,tpot,0.004,"
                               "s,,1,,0,0,fixed,yes\r\n"
                               "r5,s,toy-9b,flux-9,1,1,1,1,16,16,16,bf16,vllm,2025,single_stream,1,,1024,256,tpot,0."
                               "004,s,,1,,0,0,fixed,yes\r\n");
  const std::vector<prediction> p = f.predicted();
  REQUIRE(p.size() == 5);
  // 8.03e9 parameters of 2 bytes, less the embedding that is looked up, at 4.8 TB/s: 3.1 ms, and no faster.
  REQUIRE(p[0].answered());
  CHECK(p[0].predicted > 0.0031);
  CHECK(p[0].predicted < 0.0070);
  CHECK(std::string(p[0].confidence) == "chip by its data sheet");
  REQUIRE(p[1].answered());
  CHECK(p[1].predicted > 1000);
  CHECK(p[1].predicted < 64 / 0.0031);
  CHECK(p[2].reason == "the model's attention is a hybrid, or not described");
  CHECK(!p[2].scored);
  CHECK(p[3].reason == "neither the catalog nor chips.csv has the chip h300");
  CHECK(p[4].reason == "neither the catalog nor models.csv has the model toy-9b");
  const group_score latency = score_group(p, "serving_latency");
  CHECK(latency.macro.rows == 3);
  CHECK(latency.macro.predicted == 1);
}

TEST_CASE("files may be missing, and a folder without any is empty") {
  const scratch_folder f("missing");
  CHECK(directory(f.path.string()).empty());
  f.write("micro.csv", "id,source,chip,chips,op,precision,m,n,k,batch,metric,value,predictable,software_year\r\n"
                       "g,s,h100-sxm-80gb,1,gemm,bf16,64,8192,8192,1,time,53.6e-6,1,2026\r\n");
  const std::vector<prediction> p = f.predicted();
  REQUIRE(p.size() == 1);
  REQUIRE(p[0].answered());
  CHECK(p[0].group == "gemm");
  CHECK(std::fabs(p[0].error()) < 0.05);  // the worked number of the kernel law
}

TEST_CASE("a malformed file of a folder is named") {
  const scratch_folder f("malformed");
  f.write("training.csv", "id,source,chip,metric,value,predictable,tp\r\na,s,h100,iteration_time,1,1,8\r\nb,s,h100,"
                          "iteration_time,1,1,eight\r\n");
  try {
    directory data(f.path.string());
    FAIL("not refused");
  } catch (const malformed& e) {
    CHECK(std::string(e.what()).find("training.csv:3:29: \"eight\" under tp") != std::string::npos);
  }
}

TEST_CASE("neither ids nor sources nor notes nor the order of rows change a prediction") {
  const std::string own = own_folder() + "data";
  const scratch_folder f("shuffled");
  for (const char* name : {"chips.csv", "models.csv"})
    f.write(name, file_text(own + "/" + name));
  for (const char* name : {"training.csv", "inference.csv", "energy.csv", "micro.csv", "generation.csv", "memory.csv",
                           "training_memory.csv"}) {
    const std::vector<std::vector<csv_field>> records = parse_csv(file_text(own + "/" + name), name);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < records.size(); ++i) {
      std::string line;
      for (std::size_t c = 0; c < records[i].size(); ++c) {
        const std::string& column = records[0][c].text;
        std::string text = records[i][c].text;
        if (i > 0 && column == "id") text = "row " + std::to_string(records.size() - i);
        if (i > 0 && (column == "source" || column == "note" || column == "verified")) text = "someone else";
        line += (c > 0 ? "," : "") + csv_text(text);
      }
      lines.push_back(line + "\n");
    }
    std::string text = lines[0];
    for (std::size_t i = lines.size(); i > 1; --i)
      text += lines[i - 1];
    f.write(name, text);
  }
  const std::vector<prediction> before = predict(directory(own)), after = f.predicted();
  REQUIRE(before.size() == after.size());
  std::size_t differ = 0, begin = 0;
  for (std::size_t end = 0; begin < before.size();
       begin = end) {  // file by file, in which rows are the other way round
    while (end < before.size() && before[end].file == before[begin].file)
      ++end;
    for (std::size_t i = begin; i < end; ++i) {
      const prediction &a = before[i], &b = after[end - 1 - (i - begin)];
      if (a.metric != b.metric || a.reason != b.reason || a.predicted != b.predicted) ++differ;
    }
  }
  CHECK(differ == 0);
}

TEST_CASE("two figures of one run are both predicted") {
  const std::vector<prediction> all = predict(directory(own_folder() + "data"));
  std::size_t pairs = 0;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const std::string &a = all[i].id, &b = all[i + 1].id;
    if (!all[i].scored || !all[i + 1].scored || a.size() != b.size() ||
        a.substr(0, a.size() - 2) != b.substr(0, b.size() - 2))
      continue;
    if (a.substr(a.size() - 2) != ".1" || b.substr(b.size() - 2) != ".2") continue;
    ++pairs;
    CHECK(all[i].answered());
    CHECK(all[i + 1].answered());
  }
  CHECK(pairs > 500);
}

TEST_CASE("the program's own data are found from any folder of the repository, and missed with a text elsewhere") {
  const std::filesystem::path root = std::filesystem::absolute(own_folder()).parent_path().parent_path().parent_path();
  for (const char* const inside : {"", "tests", "benchmarks/accuracy/data"}) {
    const elsewhere there(root / inside);
    CHECK(!directory(own_folder() + "data").empty());
  }
  const scratch_folder outside("outside");
  const elsewhere there(outside.path);
  const std::string text = said([] { own_folder(); });
  CHECK(has(text, "neither " + std::filesystem::current_path().string()));
  CHECK(has(text, "run this inside the repository"));
  // A table that is not there is read as one without rows and columns.
  CHECK(csv_table().rows() == 0);
  CHECK(csv_table().column("id") == 0);
}

TEST_CASE("what is written is whole, or refused with its path and the reason") {
  const scratch_folder f("written");
  f.write("kept.csv", "as it was");
  {
    output_file unfinished(f.file("kept.csv"));
    unfinished.text() << "half";
  }
  CHECK(file_text(f.file("kept.csv")) == "as it was");
  f.write("kept.csv", "anew");
  CHECK(file_text(f.file("kept.csv")) == "anew");

  const std::string nowhere = f.file("missing_folder/document.md");
  const std::string refused = said([&] { output_file file(nowhere); });
  CHECK(has(refused, "cannot write " + nowhere + ": No such file or directory"));
  CHECK(has(said([&] { file_text(nowhere); }), "cannot read " + nowhere + ": No such file or directory"));
  if (std::filesystem::exists("/dev/full")) {  // a disk without room
    const std::string full = said([] {
      output_file file("/dev/full");
      file.text() << "some text";
      file.close();
    });
    CHECK(has(full, "cannot write /dev/full: No space left on device"));
  }
}

TEST_CASE("what is read is not written over") {
  const scratch_folder f("inputs");
  f.write("training.csv", "id\n1\n");
  const std::string folder = f.path.string();
  for (const std::string& name : {f.file("training.csv"), f.file("../layercake_accuracy_inputs/training.csv")})
    CHECK(has(said([&] { keep_out_of(folder, name); }), name + " is a file of " + folder));
  CHECK(said([&] { keep_out_of(folder, f.file("predictions.csv")); }).empty());
  CHECK(said([&] { keep_out_of(folder, (f.path.parent_path() / "predictions.csv").string()); }).empty());
}
