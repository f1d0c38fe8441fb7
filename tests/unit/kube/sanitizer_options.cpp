// What sanitizers report about third-party code that is not built with them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Threads of the HTTP library end after OpenSSL's clean-up and leave their error states behind: a constant.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libcrypto.so\n";
}
// Reference counts that the HTTP library releases without the sanitizer seeing it.
extern "C" const char* __tsan_default_suppressions() {
  return "race:web::http::client::details::\n";
}
#endif
