#include "webhook/inspection/cache_store.h"

#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_inspector.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/support/catch.h"
#include "tests/unit/webhook/inspection/cache_rig.h"
#include "webhook/inspection/base_catalogue.h"

extern char** environ;

namespace leangate::inspection {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::seconds;

struct Disk {
  fakes::TemporaryFolder folder;
  fakes::FakeClock clock;
  TableLimits limits;

  std::unique_ptr<CacheStore> open() const {
    return CacheStore::open(folder.path().string(), limits, clock);
  }
  fs::path file(int generation = 1) const {
    return folder.path() / ("lookups-" + std::to_string(generation) + ".db");
  }
};

std::string key(int number) {
  return "key " + std::to_string(number);
}
// Of ordinary size, and told apart.
std::string value(int number) {
  return std::string(3'000, static_cast<char>('a' + number % 26)) + std::to_string(number);
}

void fill(CacheStore& store, int count) {
  for (int i = 0; i < count; ++i) {
    store.write(PutFacts{key(i), value(i)});
    store.write(PutTag{CacheStore::tag_key(key(i)),
                       {fakes::fake_digest(key(i)), policy::Instant{seconds{i}}}});
  }
  store.write(PutBase{{"r.example/base:1", {fakes::fake_digest("diff")}, {}}});
  store.flush();
}

// What is there is right; how much is there is returned.
int count_right(CacheStore& store, int count) {
  int found = 0;
  for (int i = 0; i < count; ++i) {
    const auto facts = store.facts(key(i));
    if (facts) {
      CHECK(*facts == value(i));
      ++found;
    }
    const auto tag = store.tag(key(i));
    if (tag) {
      CHECK(tag->digest == fakes::fake_digest(key(i)));
      CHECK(tag->confirmed == policy::Instant{seconds{i}});
      ++found;
    }
  }
  for (const policy::KnownBase& base : store.bases()) {
    CHECK(base.name == "r.example/base:1");
    CHECK(base.diff_ids == std::vector<std::string>{fakes::fake_digest("diff")});
    ++found;
  }
  return found;
}

std::string read_file(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

void write_file(const fs::path& file, const std::string& content) {
  std::ofstream{file, std::ios::binary | std::ios::trunc} << content;
}

}  // namespace

TEST_CASE("what was written is there after a restart", "[inspection][store]") {
  Disk disk;
  fill(*disk.open(), 10);
  const auto store = disk.open();
  REQUIRE(store);
  CHECK(count_right(*store, 10) == 21);
  CHECK_FALSE(store->facts("never written"));
  CHECK_FALSE(store->tag("never written"));

  store->write(ForgetTag{CacheStore::tag_key(key(3))});
  store->write(PutFacts{key(4), value(4)});
  store->flush();
  CHECK_FALSE(store->tag(key(3)));
  CHECK(count_right(*store, 10) == 20);
}

TEST_CASE("nobody but its owner may read the cache", "[inspection][store]") {
  Disk disk;
  const auto store = disk.open();
  fill(*store, 1);
  for (const auto& entry : fs::directory_iterator{disk.folder.path()}) {
    CAPTURE(entry.path());
    CHECK((entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all)) ==
          fs::perms::none);
  }
}

TEST_CASE("a damaged file costs what it held, no more", "[inspection][store]") {
  struct Case {
    std::string name;
    std::function<void(const fs::path&)> damage;
  };
  const auto row = GENERATE(values<Case>({
      {"empty", [](const fs::path& file) { write_file(file, ""); }},
      {"garbage", [](const fs::path& file) { write_file(file, std::string(100'000, 'x')); }},
      {"cut in its head", [](const fs::path& file) { fs::resize_file(file, 50); }},
      {"cut in a page", [](const fs::path& file) { fs::resize_file(file, 10'000); }},
      {"cut behind a page", [](const fs::path& file) { fs::resize_file(file, 40'960); }},
      {"of another kind", [](const fs::path& file) { write_file(file, "#!/bin/sh\nexit 0\n"); }},
      {"of another schema version",
       [](const fs::path& file) {
         std::string content = read_file(file);
         content[63] = 9;  // the low byte of user_version
         write_file(file, content);
       }},
  }));
  CAPTURE(row.name);
  Disk disk;
  fill(*disk.open(), 50);
  row.damage(disk.file());

  for (int restart = 0; restart < 2; ++restart) {
    const auto store = disk.open();
    REQUIRE(store);
    count_right(*store, 50);
    store->flush();
    fill(*store, 50);
    CHECK(count_right(*store, 50) == 101);
  }
}

TEST_CASE("a flipped bit in any page is never believed", "[inspection][store]") {
  Disk original;
  fill(*original.open(), 20);
  const std::string content = read_file(original.file());
  REQUIRE(content.size() > 20 * 4'096);
  for (std::size_t page = 0; page < content.size(); page += 4'096) {
    // In the page's head, among its cells' offsets and in the middle of its content.
    for (const std::size_t place : {std::size_t{1}, std::size_t{9}, std::size_t{2'500}}) {
      CAPTURE(page, place);
      Disk disk;
      std::string changed = content;
      changed[page + place] = static_cast<char>(changed[page + place] ^ 0x41);
      write_file(disk.file(), changed);

      const auto store = disk.open();
      REQUIRE(store);
      count_right(*store, 20);
      store->flush();
      fill(*store, 20);  // may find the damage, and lose what it wrote before
      count_right(*store, 20);
      fill(*store, 20);
      REQUIRE(count_right(*store, 20) == 41);
    }
  }
}

TEST_CASE("damage while it is in use is mended while it is in use", "[inspection][store]") {
  Disk disk;
  const auto store = disk.open();
  fill(*store, 50);
  store->write(UseFacts{key(0)});
  {
    std::fstream stream{disk.file(), std::ios::binary | std::ios::in | std::ios::out};
    for (int page = 0; page < 200; ++page) {
      stream.seekp(page * 4'096);
      stream << std::string(4'096, '\x55');
    }
  }
  fs::resize_file(disk.file().string() + "-wal", 0);
  count_right(*store, 50);
  store->flush();
  fill(*store, 50);
  CHECK(count_right(*store, 50) == 101);
  CHECK(fs::exists(disk.file()));  // left for the operator to look at
  CHECK(fs::exists(disk.file(2)));
}

TEST_CASE("of damaged files the last is kept", "[inspection][store]") {
  Disk disk;
  for (int generation = 1; generation <= 4; ++generation) {
    fill(*disk.open(), 1);
    write_file(disk.file(generation), std::string(10'000, 'x'));
  }
  REQUIRE(disk.open());
  CHECK_FALSE(fs::exists(disk.file(1)));
  CHECK_FALSE(fs::exists(disk.file(3)));
  CHECK(fs::exists(disk.file(4)));
  CHECK(fs::exists(disk.file(5)));
}

TEST_CASE("a directory that can't be used is done without", "[inspection][store]") {
  const fakes::TemporaryFolder folder;
  const fakes::FakeClock clock;
  CHECK(CacheStore::open((folder.path() / "made").string(), {}, clock));
  CHECK_FALSE(CacheStore::open((folder.path() / "no" / "such").string(), {}, clock));
  CHECK_FALSE(CacheStore::open(folder.write("file", "text"), {}, clock));
  CHECK_FALSE(CacheStore::open("/proc", {}, clock));
}

TEST_CASE("a disk that is full costs what is new, while it is full", "[inspection][store]") {
  Disk disk;
  const auto store = disk.open();
  fill(*store, 20);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 300'000, .rlim_max = before.rlim_max};
  const auto ignored = signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  for (int round = 0; round < 3; ++round) {
    fill(*store, 500);
  }
  const int found = count_right(*store, 500);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, ignored);
  CHECK(found >= 41);
  CHECK(found < 1'001);

  fill(*store, 500);
  CHECK(count_right(*store, 500) == 1'001);
  CHECK_FALSE(fs::exists(disk.file(2)));  // a full disk is no damage
}

TEST_CASE("the store is bounded, what was used longest ago goes", "[inspection][store]") {
  Disk disk;
  disk.limits = {.facts_bytes = 500'000, .tags = 30, .bases = 1};
  {
    const auto store = disk.open();
    for (int i = 0; i < 600; ++i) {
      disk.clock.advance(seconds{1});
      store->write(PutFacts{key(i), value(i)});
      store->write(PutTag{CacheStore::tag_key(key(i)),
                          {fakes::fake_digest(key(i)), policy::Instant{seconds{i}}}});
      store->write(PutBase{{"r.example/base:" + std::to_string(i), {}, {}}});
      store->flush();
      if (i == 500) {
        disk.clock.advance(hours{2});
        store->write(UseFacts{key(400)});
        disk.clock.advance(seconds{1});
      }
    }
  }
  const auto store = disk.open();
  store->write(UseFacts{key(0)});  // the first write after a start keeps to the limits
  store->flush();
  CHECK(store->facts(key(599)));
  CHECK_FALSE(store->facts(key(0)));
  CHECK_FALSE(store->facts(key(399)));
  CHECK(store->facts(key(400)));
  CHECK(store->tag(key(599)));
  CHECK_FALSE(store->tag(key(0)));
  CHECK(store->bases().size() == 1);
}

TEST_CASE("two processes' worth of stores share a directory", "[inspection][store]") {
  Disk disk;
  const auto one = disk.open();
  const auto other = disk.open();
  REQUIRE(one);
  REQUIRE(other);
  for (int i = 0; i < 200; ++i) {
    (i % 2 == 0 ? one : other)->write(PutFacts{key(i), value(i)});
  }
  one->flush();
  other->flush();
  CHECK(count_right(*one, 200) == 200);
  CHECK(count_right(*other, 200) == 200);
}

// Runs in a process of its own: see the next test.
TEST_CASE("writes until it is killed", "[.cache-writer]") {
  const char* folder = std::getenv("LEANGATE_TEST_FOLDER");  // NOLINT(concurrency-mt-unsafe)
  REQUIRE(folder != nullptr);
  const fakes::FakeClock clock;
  const auto store = CacheStore::open(folder, {}, clock);
  REQUIRE(store);
  for (int i = 0;; ++i) {
    store->write(PutFacts{key(i % 1'000), value(i % 1'000)});
    if (i % 100 == 0) {
      store->flush();
      std::ofstream{std::string{folder} + "/progress"} << i;
    }
  }
}

TEST_CASE("kill -9 in the midst of writing loses nothing that was there", "[inspection][store]") {
  Disk disk;
  fill(*disk.open(), 20);
  const std::string variable = "LEANGATE_TEST_FOLDER=" + disk.folder.path().string();
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    environment.push_back(*entry);
  }
  environment.push_back(const_cast<char*>(variable.c_str()));
  environment.push_back(nullptr);
  for (int round = 0; round < 3; ++round) {
    fs::remove(disk.folder.path() / "progress");
    std::string program = "/proc/self/exe";
    std::string tag = "[.cache-writer]";
    char* arguments[] = {program.data(), tag.data(), nullptr};
    pid_t child = 0;
    REQUIRE(posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environment.data()) ==
            0);
    while (read_file(disk.folder.path() / "progress").size() < 3) {  // 100 writes at least
      REQUIRE(waitpid(child, nullptr, WNOHANG) == 0);
      usleep(1'000);
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto store = disk.open();
    REQUIRE(store);
    CHECK(count_right(*store, 20) == 41);
    CHECK_FALSE(fs::exists(disk.file(2)));
  }
}

TEST_CASE("after a restart a known tag costs one short request", "[inspection][store]") {
  Disk disk;
  CacheRig rig;
  const auto run = [&](const std::function<void(CachingInspector&)>& use) {
    const auto store = disk.open();
    CachingParts parts = rig.parts();
    parts.store = store.get();
    CachingInspector inspector{parts, rig.options};
    use(inspector);
  };
  const auto confirmed = rig.clock.utc_now();
  run([&](CachingInspector& inspector) { ask(inspector, request_for("1")); });
  REQUIRE(rig.registry.gets() == 1);

  SECTION("and the registry is asked before it is believed") {
    run([&](CachingInspector& inspector) {
      const Inspection answer = ask(inspector, request_for("1"));
      CHECK_FALSE(answer->failure);
      CHECK_FALSE(answer->stale_since);
      CHECK(rig.registry.heads() == 1);
      CHECK(rig.registry.gets() == 1);
      // Facts are shared, permissions don't survive.
      CHECK_FALSE(ask(inspector, asked_with(request_by_digest(answer->digest), "f"))->failure);
      CHECK(rig.registry.heads() == 2);
      CHECK(rig.registry.gets() == 1);
    });
  }
  SECTION("and is told as it was while the registry is dead") {
    rig.registry.fail(policy::LookupFailureKind::Unreachable);
    rig.clock.advance(hours{1});
    run([&](CachingInspector& inspector) {
      const Inspection answer = ask(inspector, request_for("1"));
      REQUIRE_FALSE(answer->failure);
      CHECK(answer->stale_since == confirmed);
      CHECK(ask(inspector, asked_with(request_for("1"), "of another"))->failure);
      CHECK(ask(inspector, request_by_digest(answer->digest))->failure);
    });
  }
  SECTION("unless it is gone") {
    rig.registry.fail(policy::LookupFailureKind::NotFoundOrDenied);
    run([&](CachingInspector& inspector) { CHECK(ask(inspector, request_for("1"))->failure); });
    rig.registry.fail(policy::LookupFailureKind::Unreachable);
    run([&](CachingInspector& inspector) { CHECK(ask(inspector, request_for("1"))->failure); });
  }
}

TEST_CASE("bases of last month are known after a restart", "[inspection][store]") {
  Disk disk;
  fakes::FakeInspector inspector;
  policy::ImageEvidence evidence;
  evidence.platforms.emplace_back().layers = {{fakes::fake_digest("layer"), "", 1}};
  inspector.images["docker.io/library/python:slim"] = evidence;
  const auto reference = policy::parse_image_reference("python:slim").value();
  {
    const auto store = disk.open();
    BaseCatalogue catalogue{inspector, store.get()};
    CHECK(catalogue.refresh({reference}, deadline_in(seconds{1})));
  }
  const auto store = disk.open();
  const BaseCatalogue catalogue{inspector, store.get()};
  REQUIRE(catalogue.snapshot()->bases.size() == 1);
  CHECK(catalogue.snapshot()->bases[0].name == "docker.io/library/python:slim");
  CHECK(catalogue.snapshot()->bases[0].layer_digests ==
        std::vector<std::string>{fakes::fake_digest("layer")});
}

}  // namespace leangate::inspection
