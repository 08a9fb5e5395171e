#include "share/statement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/ed25519.hpp"
#include "base/field.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"

namespace larder::share {
namespace {

constexpr const char* statement_head = "larder-statement-1";
constexpr int64_t seconds_max = 253402300799;  // the last second of the year 9999
constexpr size_t field_bytes_max = 1024;

tl::unexpected<Error> malformed() {
  return fail(ErrorCode::damage, "a shared volume's statement is malformed", {},
              "push it anew; nothing has changed here");
}

/// Reads lines "NAME VALUE" one after another.
class Fields {
 public:
  explicit Fields(const std::string& text) : lines_(split(text, '\n')) {}

  bool first() { return !lines_.empty() && lines_[next_++] == statement_head; }

  bool read(const std::string& name, std::string& value) {
    const auto raw = value_of(name);
    const auto plain = raw ? unescape_field(*raw) : std::nullopt;
    if (!plain || plain->size() > field_bytes_max) return false;
    value = *plain;
    return true;
  }

  template <typename Number>
  bool read_number(const std::string& name, Number& value) {
    const auto raw = value_of(name);
    return raw && parse_number(*raw, value);
  }

  bool at_end() const { return next_ + 1 == lines_.size() && lines_.back().empty(); }

 private:
  std::optional<std::string> value_of(const std::string& name) {
    if (next_ >= lines_.size() || !lines_[next_].starts_with(name + " ")) return std::nullopt;
    return lines_[next_++].substr(name.size() + 1);
  }

  std::vector<std::string> lines_;
  size_t next_ = 0;
};

constexpr const char* push_anew = "nothing has changed here; whoever may push there can push it anew";

/// A volume is called as its manifest's annotation says, which may be a lie as all else.
tl::unexpected<Error> refuse_statement(const std::string& volume, const std::string& repository,
                                       const std::string& what, const std::string& cause, const std::string& hint) {
  return fail(ErrorCode::environment, fmt::format("{} in {} {}", printable(volume), printable(repository), what), cause,
              hint);
}

Status check_signer(const Manifest& manifest, const Place& place, const std::vector<std::string>& public_keys) {
  if (manifest.statement.empty() || manifest.signature.empty())
    return refuse_statement(
        manifest.volume, place.repository, "is not signed", "public keys are configured, so nothing unsigned is used",
        "whoever pushes it signs it with a key of `larder key new`; or take `public_keys` of [remote] away");
  const auto fits = [&](const std::string& key) { return is_signed_by(key, manifest.statement, manifest.signature); };
  if (std::any_of(public_keys.begin(), public_keys.end(), fits)) return {};
  if (is_public_key(manifest.signer) && fits(manifest.signer))
    return refuse_statement(manifest.volume, place.repository, "is signed by a key that is not among yours",
                            manifest.signer, "if it is the right one, it belongs to `public_keys` of [remote]");
  return refuse_statement(manifest.volume, place.repository, "was altered after it was signed",
                          "the signature is of another statement", push_anew);
}

Status check_field(const Statement& statement, const char* name, const std::string& said, const std::string& wanted) {
  if (said == wanted) return {};
  return refuse_statement(statement.volume, statement.repository, "is signed for something else",
                          fmt::format("its {} is {} instead of {}", name, printable(said), printable(wanted)),
                          name == std::string("repository") ? "name the registry as they do who push"
                                                            : "somebody has put it there under another name");
}

}  // namespace

std::string content_of(const Manifest& manifest) {
  Sha256 hash;
  const auto add = [&](const char* kind, const Blob& blob) {
    for (const std::string& field : {std::string(kind), blob.digest, std::to_string(blob.bytes)}) hash.field(field);
  };
  add("config", manifest.config);
  add("index", manifest.index);
  if (manifest.source) add("source", *manifest.source);
  for (const Blob& pack : manifest.packs) add("pack", pack);
  return hash.finish();
}

std::string format_statement(const Statement& statement) {
  return fmt::format(
      "{}\nrepository {}\nproject {}\nbranch {}\nvolume {}\nvariant {}\ntrust trusted\ncommit {}\nsequence {}\ntime "
      "{}\n"
      "content {}\n",
      statement_head, escape_field(statement.repository), escape_field(statement.project),
      escape_field(statement.branch), escape_field(statement.volume), escape_field(statement.variant),
      escape_field(statement.commit), statement.sequence, statement.seconds, escape_field(statement.content));
}

Result<Statement> parse_statement(const std::string& text) {
  Statement made;
  std::string trust;
  Fields fields(text);
  const bool sound = fields.first() && fields.read("repository", made.repository) &&
                     fields.read("project", made.project) && fields.read("branch", made.branch) &&
                     fields.read("volume", made.volume) && fields.read("variant", made.variant) &&
                     fields.read("trust", trust) && trust == "trusted" && fields.read("commit", made.commit) &&
                     fields.read_number("sequence", made.sequence) && made.sequence <= sequence_max &&
                     fields.read_number("time", made.seconds) && made.seconds >= 0 && made.seconds <= seconds_max &&
                     fields.read("content", made.content) && is_digest(made.content) && fields.at_end();
  if (!sound) return malformed();
  return made;
}

std::string normal_repository(const std::string& repository) {
  const size_t slash = repository.find('/');
  return lower_case(repository.substr(0, slash)) + (slash == std::string::npos ? "" : repository.substr(slash));
}

Result<Statement> check_signed(const Manifest& manifest, const Place& place,
                               const std::vector<std::string>& public_keys) {
  TRY(check_signer(manifest, place, public_keys));
  TRY_ASSIGN(Statement statement, parse_statement(manifest.statement));
  TRY(check_field(statement, "repository", statement.repository, place.repository));
  TRY(check_field(statement, "project", statement.project, place.project));
  TRY(check_field(statement, "branch", statement.branch, place.branch));
  if (statement.content != content_of(manifest))
    return refuse_statement(statement.volume, statement.repository, "was altered after it was signed",
                            "the manifest names other contents than were signed", push_anew);
  return statement;
}

Status check_volume(const Statement& statement, const std::string& volume, const std::string& variant) {
  TRY(check_field(statement, "volume", statement.volume, volume));
  return check_field(statement, "variant", statement.variant, variant);
}

}  // namespace larder::share
