#include "share/signing.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/durable_file.hpp"
#include "base/field.hpp"
#include "base/file_lock.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace larder::share {
namespace {

constexpr const char* seen_folder = "remotes/seen";
constexpr size_t key_bytes_max = 4096;
constexpr size_t statement_bytes_max = 65536;

std::string seen_path(const Statement& statement) {
  Sha256 hash;
  for (const std::string& field :
       {statement.repository, statement.project, statement.branch, statement.volume, statement.variant})
    hash.field(field);
  return std::string(seen_folder) + "/" + hash.finish();
}

/// The variable's value, once it is taken.
std::string& taken_value() {
  static std::string value;
  return value;
}

/// Reads a key from an open file, to its end.
Result<SigningKey> read_key(Os& os, int file, const std::string& name) {
  std::string text;
  text.resize(key_bytes_max);
  size_t size = 0;
  for (size_t count = 1; count > 0 && size < text.size(); size += count) {
    TRY_ASSIGN(count, os.read(file, text.data() + size, text.size() - size));
  }
  auto key = SigningKey::parse(std::string_view(text.data(), size));
  wipe(text);
  if (key) return key;
  return fail(ErrorCode::usage, printable(name) + " holds no private key", {}, key.error().hint);
}

Result<SigningKey> read_descriptor(Os& os, const std::string& descriptor) {
  int file = -1;
  if (!parse_number(descriptor, file) || file < 0)
    return fail(ErrorCode::usage, "'" + printable(descriptor) + "' is no number of an open file", {},
                "such as `--key-fd 3 3<FILE`");
  const std::string name = "the open file " + descriptor;
  auto key = read_key(os, file, name);
  if (key || key.error().sys_errno == 0) return key;
  key.error().message = "cannot read " + name;
  return fail(std::move(key.error()).with_hint("such as `--key-fd 3 3<FILE`"));
}

}  // namespace

int64_t system_seconds() { return std::time(nullptr); }

Status Signing::check_pushing() const {
  if (public_keys.empty()) return {};
  if (!key)
    return fail(ErrorCode::usage, "there is no key to sign with",
                "public keys are configured, so what is pushed unsigned would be refused",
                fmt::format("--key FILE, --key-fd N, `key` of [remote] in config.toml, or {}", key_variable));
  const std::string own = key->public_key();
  const std::string probe = "larder";
  for (const std::string& known : public_keys)
    if (is_signed_by(known, probe, key->sign(probe))) return {};
  return fail(ErrorCode::usage, "your key is not among `public_keys` of [remote]",
              "what it signs would be refused: " + own, "add it there, or sign with another one");
}

std::vector<std::string> Signing::known_keys() const {
  std::vector<std::string> keys = public_keys;
  if (key) keys.push_back(key->public_key());
  return keys;
}

Result<std::optional<Statement>> last_seen(const store::Store& store, const Statement& statement) {
  const std::string path = seen_path(statement);
  TRY_ASSIGN(const auto found, store.os().stat(store.dir(), path));
  if (!found) return std::optional<Statement>();
  TRY_ASSIGN(const std::string text, read_file(store.os(), store.dir(), path, statement_bytes_max));
  auto seen = parse_statement(text);
  if (seen) return std::optional(std::move(*seen));
  return fail(ErrorCode::damage, "the store's note of what was pulled last is damaged", path,
              fmt::format("remove {}/{}; then `max_age` of [remote] counts", store.path(), path));
}

Status accept(const store::Store& store, const Statement& statement, const Signing& signing, store::Trust trust) {
  TRY(make_dirs(store.os(), store.dir(), seen_folder));
  TRY_ASSIGN(const FileLock lock, FileLock::acquire(store.os(), store.dir(), "remotes/lock", LockMode::exclusive));
  TRY_ASSIGN(const auto seen, last_seen(store, statement));
  const std::string what = fmt::format("{} in {}", statement.volume, statement.repository);
  if (seen && statement.sequence < seen->sequence)
    return fail(ErrorCode::environment, what + " is older than what was seen there",
                fmt::format("number {} of {}, after number {} of {}", statement.sequence, format_utc(statement.seconds),
                            seen->sequence, format_utc(seen->seconds)),
                fmt::format("somebody has put an old state back. If that is meant: remove {}/{}", store.path(),
                            seen_path(statement)));
  if (!seen && statement.seconds + signing.max_age_seconds < signing.now())
    return fail(ErrorCode::environment, what + " is too old for a machine that has seen none",
                fmt::format("it is of {}, and `max_age` is {}", format_utc(statement.seconds),
                            format_seconds(static_cast<double>(signing.max_age_seconds))),
                "push it anew, or set a larger `max_age` in [remote] of config.toml");
  constexpr int64_t clocks_differ_seconds = 24 * 3600;
  if (statement.seconds > signing.now() + clocks_differ_seconds)
    return fail(ErrorCode::environment, what + " is of the future", "it is of " + format_utc(statement.seconds),
                "look at this machine's clock, and at that of who has pushed it");
  if (trust == store::Trust::untrusted) return {};
  if (seen && seen->sequence == statement.sequence && seen->content == statement.content) return {};
  return replace_file(store.os(), store.dir(), seen_path(statement), format_statement(statement), Durability::disk);
}

void take_key_variable() {
  char* value = std::getenv(key_variable);
  if (value == nullptr) return;
  taken_value() = value;
  std::memset(value, 0, std::strlen(value));  // /proc/PID/environ shows the process's first environment
  ::unsetenv(key_variable);
}

Result<SigningKey> read_key_file(Os& os, const std::string& file) {
  auto open = os.open(AT_FDCWD, file, O_RDONLY | O_NONBLOCK);
  if (!open && open.error().hint.empty()) open.error().hint = "name a file that `larder key new FILE` has written";
  if (!open) return fail(open.error());
  TRY_ASSIGN(const auto status, os.fstat(open->get()));
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::usage, printable(file) + " is no regular file", {}, "--key-fd N reads from an open one");
  if ((status.st_mode & 077U) != 0)
    return fail(ErrorCode::usage, "others can read the private key " + printable(file), {},
                "chmod 600 " + shell_quote(file));
  return read_key(os, open->get(), file);
}

Result<std::shared_ptr<const SigningKey>> find_signing_key(Os& os, const KeySource& source,
                                                           const std::string& default_file) {
  const auto shared = [](Result<SigningKey> key) -> Result<std::shared_ptr<const SigningKey>> {
    if (!key) return fail(key.error());
    return std::make_shared<const SigningKey>(std::move(*key));
  };
  if (!source.file.empty() && !source.descriptor.empty())
    return fail(ErrorCode::usage, "two private keys are named", {}, "--key FILE or --key-fd N");
  if (!source.file.empty()) return shared(read_key_file(os, source.file));
  if (!source.descriptor.empty()) return shared(read_descriptor(os, source.descriptor));
  if (!taken_value().empty()) {
    auto key = SigningKey::parse(taken_value());
    if (!key) return fail(ErrorCode::usage, std::string(key_variable) + " holds no private key", {}, key.error().hint);
    return shared(std::move(key));
  }
  if (!default_file.empty()) return shared(read_key_file(os, default_file));
  return std::shared_ptr<const SigningKey>();
}

}  // namespace larder::share
