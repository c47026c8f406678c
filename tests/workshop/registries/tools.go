//go:build tools

// Package tools names the programs that tests/workshop/registries.sh builds as they are, so that
// `go mod tidy` keeps their modules in go.mod.
package tools

import (
	_ "github.com/docker/distribution/contrib/token-server"
	_ "github.com/olareg/olareg/cmd/olareg"
)
