#include "worker/codec/column.h"

namespace tidegate::codec {

std::size_t element_size(FieldType type) {
  switch (type.type) {
    case Type::boolean:
      return 1;
    case Type::integer:
    case Type::date:
      return 4;
    case Type::bigint:
    case Type::float64:
    case Type::timestamp:
      return 8;
    case Type::varchar:
    case Type::json:
      return sizeof(Text);
    case Type::decimal:
      return type.width <= 4 ? 2 : type.width <= 9 ? 4 : type.width <= 18 ? 8 : 16;
  }
  return 0;
}

Int128 decimal_at(const Column& column, FieldType type, std::size_t row) {
  switch (element_size(type)) {
    case 2:
      return column.at<std::int16_t>(row);
    case 4:
      return column.at<std::int32_t>(row);
    case 8:
      return column.at<std::int64_t>(row);
    default:
      return column.at<Int128>(row);
  }
}

}  // namespace tidegate::codec
