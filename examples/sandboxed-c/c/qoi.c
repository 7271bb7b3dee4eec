/* A decoder as C libraries have them: small, fast, and with a fault that every file but a malformed one hides. */
#include "qoi.h"

#include <stdlib.h>
#include <string.h>

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(name)))
#else
#define EXPORT(name)
#endif

enum { HEADER = 14, TAIL = 8 };

struct pixel {
    uint8_t r, g, b, a;
};

static uint32_t big_endian(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

EXPORT("qoi_decode")
uint8_t *qoi_decode(const uint8_t *data, uint32_t size, struct qoi_desc *desc) {
    if (size < HEADER + TAIL || memcmp(data, "qoif", 4) != 0) {
        return NULL;
    }
    desc->width = big_endian(data + 4);
    desc->height = big_endian(data + 8);
    desc->channels = data[12];
    desc->colorspace = data[13];
    if (desc->width == 0 || desc->height == 0 || desc->channels < 3 || desc->channels > 4) {
        return NULL;
    }

    /* The fault: for an image of 2^30 pixels or more this product wraps, and the buffer is too small. */
    uint32_t bytes = desc->width * desc->height * 4;
    uint8_t *pixels = malloc(bytes);
    if (pixels == NULL) {
        return NULL;
    }

    struct pixel seen[64] = {{0, 0, 0, 0}};
    struct pixel now = {0, 0, 0, 255};
    uint64_t count = (uint64_t)desc->width * desc->height;
    uint32_t at = HEADER, run = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (run > 0) {
            run--;
        } else if (at < size - TAIL) {
            uint8_t op = data[at++];
            if (op == 0xfe || op == 0xff) {
                now.r = data[at++];
                now.g = data[at++];
                now.b = data[at++];
                if (op == 0xff) {
                    now.a = data[at++];
                }
            } else if (op >> 6 == 0) {
                now = seen[op];
            } else if (op >> 6 == 1) {
                now.r += (op >> 4 & 3) - 2;
                now.g += (op >> 2 & 3) - 2;
                now.b += (op & 3) - 2;
            } else if (op >> 6 == 2) {
                int more = data[at++], green = (op & 63) - 32;
                now.r += green - 8 + (more >> 4);
                now.g += green;
                now.b += green - 8 + (more & 15);
            } else {
                run = op & 63;
            }
            seen[(now.r * 3 + now.g * 5 + now.b * 7 + now.a * 11) % 64] = now;
        }
        memcpy(pixels + i * 4, &now, 4);
    }
    return pixels;
}
