// The operations listener: /healthz, /readyz and /metrics over plain HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "policy/result.h"
#include "webhook/observability/metrics.h"

namespace leangate::observability {

class OperationsServer {
 public:
  // `not_ready` returns why the process isn't ready, empty when it is. Both must outlive the
  // server.
  static Result<std::unique_ptr<OperationsServer>, std::string> start(
      const std::string& listen, const Metrics& metrics, std::function<std::string()> not_ready);
  ~OperationsServer();

  std::uint16_t port() const;

 private:
  class Impl;
  explicit OperationsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leangate::observability
