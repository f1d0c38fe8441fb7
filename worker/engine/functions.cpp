#include "worker/engine/functions.h"

#include <algorithm>

namespace tidegate::engine {
namespace {

constexpr std::string_view kMacros[] = {
    "date_add", "days_in_month", "fdiv", "fmod", "nullif", "round_even", "roundbankers", "split_part",
};

constexpr std::string_view kFunctions[] = {
    "!~~", "!~~*", "%", "&", "*", "**", "+", "-", "->>", "/", "//", "<<", ">>", "@", "^", "^@", "abs", "acos", "acosh",
    "add", "array_contains", "array_extract", "array_length", "ascii", "asin", "asinh", "atan", "atan2", "atanh",
    "base64", "bin", "bit_count", "bit_length", "cbrt", "ceil", "ceiling", "century", "char_length", "character_length",
    "chr", "concat", "concat_ws", "contains", "cos", "cosh", "cot", "damerau_levenshtein", "date_add", "date_diff",
    "date_part", "date_sub", "date_trunc", "datediff", "datepart", "datesub", "datetrunc", "day", "dayname",
    "dayofmonth", "dayofweek", "dayofyear", "days_in_month", "decade", "degrees", "divide", "editdist3", "ends_with",
    "epoch", "epoch_ms", "epoch_ns", "epoch_us", "era", "even", "exp", "factorial", "fdiv", "floor", "fmod", "format",
    "from_base64", "gamma", "gcd", "greatest", "hamming", "hex", "hour", "ilike_escape", "instr", "isfinite", "isinf",
    "isnan", "isodow", "isoyear", "jaccard", "jaro_similarity", "jaro_winkler_similarity", "json_array_length",
    "json_exists", "json_extract", "json_extract_string", "json_type", "json_valid", "json_value", "julian", "last_day",
    "lcase", "lcm", "least", "left", "left_grapheme", "len", "length", "length_grapheme", "levenshtein", "lgamma",
    "like_escape", "list_contains", "list_element", "list_extract", "ln", "log", "log10", "log2", "lower", "lpad",
    "ltrim", "make_date", "make_timestamp", "md5", "microsecond", "millennium", "millisecond", "minute", "mod", "month",
    "monthname", "multiply", "nextafter", "nfc_normalize", "not_ilike_escape", "not_like_escape", "nullif",
    "octet_length", "ord", "parse_filename", "pi", "position", "pow", "power", "prefix", "printf", "quarter", "radians",
    "regexp_escape", "regexp_extract", "regexp_full_match", "regexp_matches", "regexp_replace", "regexp_split_to_array",
    "replace", "reverse", "right", "right_grapheme", "round", "round_even", "roundbankers", "rpad", "rtrim", "second",
    "sha1", "sha256", "sign", "signbit", "sin", "sinh", "split", "split_part", "sqrt", "starts_with", "str_split",
    "str_split_regex", "strftime", "string_split", "string_split_regex", "string_to_array", "strip_accents", "strlen",
    "strpos", "strptime", "substr", "substring", "substring_grapheme", "subtract", "suffix", "tan", "tanh",
    "time_bucket", "timezone", "to_base", "to_base64", "to_binary", "to_centuries", "to_days", "to_decades", "to_hex",
    "to_hours", "to_microseconds", "to_millennia", "to_milliseconds", "to_minutes", "to_months", "to_quarters",
    "to_seconds", "to_timestamp", "to_weeks", "to_years", "translate", "trim", "trunc", "try_strptime", "ucase",
    "unicode", "upper", "url_decode", "url_encode", "week", "weekday", "weekofyear", "xor", "year", "yearweek", "|",
    "||", "~", "~~", "~~*", "~~~",
};
static_assert(std::is_sorted(std::begin(kFunctions), std::end(kFunctions)));

}  // namespace

std::span<const std::string_view> allowed_functions() { return kFunctions; }
std::span<const std::string_view> allowed_macros() { return kMacros; }

bool is_allowed_function(std::string_view name) {
  return std::binary_search(std::begin(kFunctions), std::end(kFunctions), name);
}

}  // namespace tidegate::engine
