/* Structures as clang lays them out, to be compared with those of guest_record!. Built by
 *   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--strip-debug layout.c -o layout.wasm */
#include <stdint.h>

struct inner {
    uint8_t tag;
    uint64_t wide;
    uint16_t tail;
};

struct outer {
    int8_t first;
    struct inner inner[2];
    struct outer *next;
    float ratio;
    uint8_t odd[3];
    double last;
    int16_t end;
};

static struct outer one;

__attribute__((export_name("size"))) int size(void) { return sizeof(struct outer); }

__attribute__((export_name("fill"))) struct outer *fill(void) {
    one.first = -1;
    for (int i = 0; i < 2; i++) {
        one.inner[i].tag = 10 + i;
        one.inner[i].wide = 0x0102030405060708 + i;
        one.inner[i].tail = 0xfff0 + i;
    }
    one.next = &one;
    one.ratio = 1.5f;
    for (int i = 0; i < 3; i++) {
        one.odd[i] = 7 + i;
    }
    one.last = -0.25;
    one.end = -2;
    return &one;
}
