//go:build tools

// Package s3 pins an S3 server; nothing imports it.
package s3

import _ "github.com/versity/versitygw/cmd/versitygw"
