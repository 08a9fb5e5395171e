#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace larder {

/// The two ends of a pipe: what is written to the one can be read from the other.
struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

/// Makes a pipe, both of whose ends close at exec.
Result<Pipe> make_pipe();

}  // namespace larder
