#include "base/zstd.hpp"

#include <gtest/gtest.h>

#include "support/must.hpp"

namespace larder {
namespace {

using test::must;

std::string text_of(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += std::to_string(i * i) + " ";
  text.resize(size);
  return text;
}

std::string in_pieces(const std::string& text, size_t piece) {
  std::string frame;
  ZstdWriter writer([&](std::string_view bytes) -> Status {
    frame += bytes;
    return {};
  });
  for (size_t i = 0; i < text.size(); i += piece) must(writer.write(std::string_view(text).substr(i, piece)));
  must(writer.finish());
  return frame;
}

TEST(Zstd, WhatWasCompressedComesBack) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1000}, size_t{3'000'000}}) {
    const std::string text = text_of(size);
    const std::string frame = zstd_compress(text);
    EXPECT_EQ(must(zstd_decompress(frame, size)), text) << size;
  }
}

TEST(Zstd, TheFrameDoesNotDependOnThePieces) {
  const std::string text = text_of(1'000'000);
  EXPECT_EQ(in_pieces(text, 777), in_pieces(text, 300'000));
  EXPECT_EQ(must(zstd_decompress(in_pieces(text, 777), text.size())), text);
}

TEST(Zstd, ATornFrameIsRefusedWhereverItEnds) {
  const std::string frame = zstd_compress(text_of(5000));
  for (size_t size = 0; size < frame.size(); ++size) {
    const auto read = zstd_decompress(std::string_view(frame).substr(0, size), 10'000);
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::damage);
  }
}

TEST(Zstd, MoreThanIsAllowedIsRefused) {
  const std::string frame = zstd_compress(std::string(50'000'000, 'x'));
  EXPECT_LT(frame.size(), 10'000U);
  EXPECT_FALSE(zstd_decompress(frame, 1'000'000));
  EXPECT_FALSE(zstd_decompress(frame + "x", 100'000'000)) << "something follows the end";
}

}  // namespace
}  // namespace larder
