// The memory test measures what the process holds; AddressSanitizer would keep 256 MiB of freed blocks on top.
#if defined(__SANITIZE_ADDRESS__)
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}
#endif
