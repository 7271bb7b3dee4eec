/* The same program, linked natively: decodes a file to a PPM image on standard output. */
#include "qoi.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: native FILE.qoi\n");
        return 2;
    }
    static uint8_t data[1 << 20];
    size_t size = fread(data, 1, sizeof data, file);
    struct qoi_desc desc;
    uint8_t *pixels = qoi_decode(data, (uint32_t)size, &desc);
    if (pixels == NULL) {
        fprintf(stderr, "not a QOI image\n");
        return 1;
    }
    printf("P6\n%u %u\n255\n", desc.width, desc.height);
    for (size_t i = 0; i < (size_t)desc.width * desc.height; i++) {
        fwrite(pixels + i * 4, 1, 3, stdout);
    }
    free(pixels);
    return 0;
}
