#include "common/http/server.h"
