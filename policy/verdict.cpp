#include "policy/verdict.h"

namespace leangate::policy {

namespace {

Action strongest(const ActionSet& actions) {
  return actions.empty() ? Action::Audit : *actions.rbegin();
}

int strength(Decision decision) {
  switch (decision) {
    case Decision::Allow:
      return 0;
    case Decision::Warn:
      return 1;
    case Decision::Error:
      return 2;
    case Decision::Deny:
      return 3;
  }
  return 0;
}

}  // namespace

Decision stronger(Decision a, Decision b) {
  return strength(b) > strength(a) ? b : a;
}

std::string RegistryNotice::str() const {
  return "[registry " + registry + "] " + text;
}

Action Finding::action() const {
  return strongest(actions);
}

Action Finding::intended_action() const {
  return strongest(intended);
}

}  // namespace leangate::policy
