//go:build tools

// Package localpath pins the volume provisioner; nothing imports it.
package localpath

import _ "github.com/rancher/local-path-provisioner"
