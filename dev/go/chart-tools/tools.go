//go:build tools

// Package charttools pins what tests the Helm chart; nothing imports it.
package charttools

import (
	_ "github.com/helm-unittest/helm-unittest/cmd/helm-unittest"
	_ "github.com/yannh/kubeconform/cmd/kubeconform"
)
