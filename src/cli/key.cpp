#include <fcntl.h>
#include <fmt/format.h>

#include <memory>

#include "base/ed25519.hpp"
#include "base/os.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "config/tables.hpp"
#include "share/signing.hpp"

namespace larder::cli {
namespace {

/// The user's own key, where the command names no file.
Result<std::string> chosen_file(const std::string& named) {
  if (!named.empty()) return named;
  const std::string folder = config::user_config_dir();
  if (folder.empty())
    return fail(ErrorCode::environment, "there is no place for a key of yours",
                "neither XDG_CONFIG_HOME nor HOME is set", "name a file");
  return folder + "/signing.key";
}

std::string explain(const SigningKey& key, const std::string& file) {
  return fmt::format(
      "{}\n\nThe private key is in {}: it is for whoever pushes, and for nobody else. The line above is the public "
      "key;\nwho pulls has it in config.toml, or the project in its larder.toml:\n\n[remote]\npublic_keys = [\"{}\"]\n",
      key.public_key(), printable(file), key.public_key());
}

/// A key that is there is never replaced: what it has signed would be worth nothing.
Result<int> make_key(const std::string& named) {
  Os os;
  TRY_ASSIGN(const std::string file, chosen_file(named));
  const size_t slash = file.rfind('/');
  if (named.empty()) TRY(make_dirs(os, AT_FDCWD, file.substr(0, slash)));
  auto open = os.open(AT_FDCWD, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!open && open.error().sys_errno == EEXIST)
    return fail(ErrorCode::usage, "there is a file " + printable(file) + " already", {},
                fmt::format("name another one; `larder key show{}` prints its public key",
                            named.empty() ? "" : " " + shell_quote(named)));
  if (!open && open.error().sys_errno == ENOENT)
    return fail(std::move(open.error()).with_hint("the folder that it lies in must be there"));
  if (!open) return fail(open.error());
  const SigningKey key = SigningKey::make();
  std::string text = key.secret() + "\n";
  Status written = os.fchmod(open->get(), 0600);
  if (written) written = os.write_all(open->get(), text);
  if (written) written = os.fsync(open->get());
  wipe(text);
  if (!written) {
    (void)os.unlink(AT_FDCWD, file);  // the first error is the one to report
    return fail(written.error());
  }
  print(explain(key, file));
  return 0;
}

Result<int> show_key(const std::string& named) {
  Os os;
  TRY_ASSIGN(const std::string file, chosen_file(named));
  auto key = share::read_key_file(os, file);
  if (!key && key.error().sys_errno == ENOENT && named.empty())
    return fail(std::move(key.error()).with_hint("`larder key new` makes one"));
  if (!key) return fail(key.error());
  print(key->public_key() + "\n");
  return 0;
}

}  // namespace

void add_key_command(const Command& larder) {
  const Command key = larder.add_command("key", "Make keys that sign what is pushed to registries");
  if (!key.is_asked_for()) return;
  const auto file = std::make_shared<std::string>();
  const Command make = key.add_command("new", "Make a private key, and print its public one for configuration files");
  make.add_option("file", *file, "The new file (default: signing.key beside config.toml); only you can read it");
  make.set_action([file] { return make_key(*file); });
  const Command show = key.add_command("show", "Print the public key of a private one");
  show.add_option("file", *file, "The file (default: signing.key beside config.toml)");
  show.set_action([file] { return show_key(*file); });
}

}  // namespace larder::cli
