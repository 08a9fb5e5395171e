#include "engine/container/relay.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/pipe.hpp"
#include "engine/support.hpp"

namespace larder::engine {
namespace {

using test::must;

void put(const UniqueFd& fd, const std::string& text) {
  must(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), "cannot write");
}

/// A channel from one pipe to another.
struct Carried {
  Pipe theirs = must(make_pipe());
  Pipe callers = must(make_pipe());
};

TEST(RelayChannel, CarriesWhatThereIsAndDoesNotWait) {
  Carried pipes;
  Channel channel = Channel::from_pipe(std::move(pipes.theirs.read), pipes.callers.write.get());
  channel.copy();
  EXPECT_FALSE(channel.has_carried());
  put(pipes.theirs.write, "said");
  channel.copy();
  channel.copy();
  EXPECT_EQ(read_until(pipes.callers.read.get(), "said"), "said");
  EXPECT_EQ(channel.last(), "said");
}

TEST(RelayChannel, DrainsAllThatWasWritten) {
  Carried pipes;
  Channel channel = Channel::from_pipe(std::move(pipes.theirs.read), pipes.callers.write.get());
  const std::string text(40000, 'x');
  put(pipes.theirs.write, text);
  channel.copy();  // a part of it waits in the channel
  pipes.theirs.write.reset();
  channel.drain();
  pipes.callers.write.reset();
  EXPECT_EQ(read_all(pipes.callers.read.get()), text);
  EXPECT_EQ(channel.event().fd, -1);
}

TEST(RelayChannel, EndsTheCommandsInputWhereTheCallersEnds) {
  Carried pipes;
  Channel channel = Channel::into_pipe(pipes.callers.read.get(), std::move(pipes.theirs.write));
  put(pipes.callers.write, "typed");
  pipes.callers.write.reset();
  for (int i = 0; i < 3; ++i) channel.copy();
  EXPECT_EQ(read_all(pipes.theirs.read.get()), "typed");
}

TEST(RelayChannel, TheWriterHearsThatNobodyReads) {
  Carried pipes;
  Channel channel = Channel::from_pipe(std::move(pipes.theirs.read), pipes.callers.write.get());
  pipes.callers.read.reset();
  put(pipes.theirs.write, "said");
  ::signal(SIGPIPE, SIG_IGN);  // as larder has it
  for (int i = 0; i < 3; ++i) channel.copy();
  EXPECT_LT(::write(pipes.theirs.write.get(), "x", 1), 0);
  EXPECT_EQ(errno, EPIPE);
  ::signal(SIGPIPE, SIG_DFL);
}

}  // namespace
}  // namespace larder::engine
