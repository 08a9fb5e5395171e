#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/Configuration.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <utility>

namespace larder::test {

/// Checks a property as RC_GTEST_PROP does, but in at most `cases` cases, for those that mount or sync; with
/// LARDER_TEST_LONG set in fifty times as many. RC_PARAMS ("seed=…") applies as usual; a failure tells what to set to
/// see it again.
template <typename Property>
void check_property(int cases, Property&& property) {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  const bool all = std::getenv("LARDER_TEST_LONG") != nullptr;
  params.maxSuccess = all ? 50 * cases : std::min(params.maxSuccess, cases);
  rc::detail::TestMetadata metadata;
  metadata.id = std::string(info->test_suite_name()) + "/" + info->name();
  metadata.description = info->name();
  std::cout << "seed=" << params.seed << std::endl;
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), metadata, params);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  FAIL() << text.str() << "\nRC_PARAMS=\"seed=" << params.seed << "\" repeats it";
}

}  // namespace larder::test
