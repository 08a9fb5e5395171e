#include "cli/cache/cache_commands.hpp"
#include "cli/output.hpp"
#include "store/store.hpp"

namespace larder::cli {
namespace {

Result<int> print_store_path() {
  TRY_ASSIGN(const std::string path, store::default_store_path());
  print(path + "\n");
  return 0;
}

}  // namespace

void add_cache_dir_command(const Command& cache) {
  cache.add_command("dir", "Print the store's path").set_action(print_store_path);
}

}  // namespace larder::cli
