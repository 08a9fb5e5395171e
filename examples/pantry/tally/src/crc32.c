/* CRC-32 as in gzip and PNG (polynomial 0xEDB88320), bit by bit. */

#include <stddef.h>
#include <stdint.h>

uint32_t tally_crc32(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < size; ++i) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ (0xEDB88320 & -(crc & 1));
    }
    return ~crc;
}
