#include "base/closing_line.hpp"
#include "fuzz/fuzz.hpp"
#include "source/codec.hpp"
#include "source/record.hpp"
#include "store/branch/generation.hpp"
#include "store/branch/ref.hpp"

using namespace larder;

/// A generation, with the closing line that its text should have.
FUZZ_TARGET(generation) {
  const auto generation = store::parse_generation(input + closing_line(input), "0123");
  if (generation) fuzz::must(generation->id == "0123");
}

/// The record of a source, with the digest that should follow it; and a ref.
FUZZ_TARGET(source_record) {
  const auto key = store::VolumeKey::make("volume");
  fuzz::must(key.has_value());
  if (const auto id = store::parse_ref(*key, input)) fuzz::must(id->find('/') == std::string::npos);
  const auto record = source::Record::decode(source::Writer(input).finish());
  if (!record) return;
  const std::string text = record->encode();
  const auto again = source::Record::decode(text);
  fuzz::must(again && again->encode() == text);
}
