/* Decodes the Quite OK Image format, https://qoiformat.org. */
#ifndef QOI_H
#define QOI_H

#include <stdint.h>

struct qoi_desc {
    uint32_t width;
    uint32_t height;
    uint8_t channels;
    uint8_t colorspace;
};

/* The pixels, four bytes each (red, green, blue, alpha), to be freed by the caller; NULL if it is no QOI image. */
uint8_t *qoi_decode(const uint8_t *data, uint32_t size, struct qoi_desc *desc);

#endif
