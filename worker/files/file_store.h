// Objects as files below a directory (docs/connectors.md, "File sink").
#pragma once

#include <memory>
#include <string>

#include "worker/objects/store.h"

namespace tidegate::files {

// A file is written under a hidden name, flushed to the disk, then renamed; folders are made as they are needed. What
// a worker that died left under hidden names in a folder is removed when that is listed. `writer` is part of
// the hidden names, so that a worker that still writes, though its partition has gone to another, cannot show what the
// other has only begun.
std::unique_ptr<objects::Store> make_file_store(const std::string& directory, const std::string& writer);

}  // namespace tidegate::files
