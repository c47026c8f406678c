// The words that documents, reports and messages use for the enumerations. One file, so that a new
// enumerator is named in one place (-Wswitch-enum finds it).
#include "policy/explain.h"

namespace leangate::policy {

std::string_view name_of(Action action) {
  switch (action) {
    case Action::Audit:
      return "Audit";
    case Action::Warn:
      return "Warn";
    case Action::Deny:
      return "Deny";
  }
  return "";
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::Info:
      return "info";
    case Severity::Low:
      return "low";
    case Severity::Medium:
      return "medium";
    case Severity::High:
      return "high";
    case Severity::Critical:
      return "critical";
  }
  return "";
}

std::string_view name_of(Certainty certainty) {
  switch (certainty) {
    case Certainty::Suspected:
      return "suspected";
    case Certainty::Stated:
      return "stated";
    case Certainty::Proven:
      return "proven";
  }
  return "";
}

std::string_view name_of(Evidence evidence) {
  switch (evidence) {
    case Evidence::Manifest:
      return "manifest";
    case Evidence::Config:
      return "config";
    case Evidence::History:
      return "history";
    case Evidence::Pod:
      return "pod";
  }
  return "";
}

std::string_view name_of(BaseMethod method) {
  switch (method) {
    case BaseMethod::Layers:
      return "layers";
    case BaseMethod::Annotation:
      return "annotation";
    case BaseMethod::Environment:
      return "environment";
    case BaseMethod::History:
      return "history";
    case BaseMethod::Unknown:
      return "unknown";
  }
  return "";
}

std::string_view name_of(Decision decision) {
  switch (decision) {
    case Decision::Allow:
      return "allow";
    case Decision::Warn:
      return "warn";
    case Decision::Deny:
      return "deny";
    case Decision::Error:
      return "error";
  }
  return "";
}

std::string_view name_of(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::Pod:
      return "Pod";
    case WorkloadKind::Deployment:
      return "Deployment";
    case WorkloadKind::ReplicaSet:
      return "ReplicaSet";
    case WorkloadKind::StatefulSet:
      return "StatefulSet";
    case WorkloadKind::DaemonSet:
      return "DaemonSet";
    case WorkloadKind::ReplicationController:
      return "ReplicationController";
    case WorkloadKind::Job:
      return "Job";
    case WorkloadKind::CronJob:
      return "CronJob";
    case WorkloadKind::PodTemplate:
      return "PodTemplate";
  }
  return "";
}

std::string_view name_of(LookupFailureKind kind) {
  switch (kind) {
    case LookupFailureKind::InvalidReference:
      return "InvalidReference";
    case LookupFailureKind::NotFoundOrDenied:
      return "NotFoundOrDenied";
    case LookupFailureKind::RateLimited:
      return "RateLimited";
    case LookupFailureKind::Timeout:
      return "Timeout";
    case LookupFailureKind::Unreachable:
      return "Unreachable";
    case LookupFailureKind::Refused:
      return "Refused";
    case LookupFailureKind::Unreadable:
      return "Unreadable";
    case LookupFailureKind::Unsupported:
      return "Unsupported";
    case LookupFailureKind::NoSuchPlatform:
      return "NoSuchPlatform";
    case LookupFailureKind::Overloaded:
      return "Overloaded";
  }
  return "";
}

}  // namespace leangate::policy
