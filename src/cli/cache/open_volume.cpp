#include "cli/cache/open_volume.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/cache/volume_offers.hpp"
#include "cli/existing_store.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

void say_choice(const ChosenVolume& chosen) {
  if (chosen.others.empty()) return;
  say(fmt::format("This is {}, used last; {} also has {}.", chosen.name, chosen.key.name(), join_words(chosen.others)));
}

}  // namespace

Result<OpenVolume> open_volume(Os& os, const std::string& name) {
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(auto store, open_existing_store(os, path));
  if (!store) return fail(check_known("volume", {name}, {}).error());
  TRY_ASSIGN(FileLock lock, store->lock(LockMode::shared));
  TRY_ASSIGN(ChosenVolume chosen, choose_volume(*store, name));
  say_choice(chosen);
  TRY_ASSIGN(store::History history, store::history(*store, chosen.key));
  return OpenVolume{std::move(*store), std::move(lock), std::move(chosen), std::move(history)};
}

Result<std::vector<store::VolumeKey>> choose_volumes(const store::Store& store, const std::vector<std::string>& names) {
  std::vector<store::VolumeKey> keys;
  for (const std::string& name : names) {
    TRY_ASSIGN(const ChosenVolume chosen, choose_volume(store, name, store::Trust::trusted));
    say_choice(chosen);
    keys.push_back(chosen.key);
  }
  return keys;
}

Result<store::Generation> choose_generation(const OpenVolume& volume, const std::string& text) {
  if (volume.history.empty())
    return fail(ErrorCode::usage, "the volume " + volume.chosen.name + " has no history", {},
                "the next build that uses it begins one");
  if (text.empty()) return volume.history.front();
  return store::find_generation(volume.history, text);
}

Command add_volume_command(const Command& cache, const std::string& name, const std::string& description,
                           std::string& volume) {
  const Command command = cache.add_command(name, description);
  command.add_option("volume", volume, "By the name that `larder cache list` shows, or NAME@VARIANT")
      .required()
      .offers(offer_volumes());
  return command;
}

Option add_generation(const Command& command, const char* name, std::string& generation, const char* what) {
  const std::string help = std::string("As `larder cache log` shows it; its first letters are enough") + what;
  return command.add_option(name, generation, help)
      .offers(offer_generations());  // a script's empty variable is a mistake
}

}  // namespace larder::cli
