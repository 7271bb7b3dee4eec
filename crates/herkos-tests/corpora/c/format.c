// Variable arguments, structs by value, big switches, gotos and computed calls: a formatter, a calendar, and Duff's device.
// flags: -O2
// sizes: 0 1 7 365 3000
#include "corpus.h"
#include <stdarg.h>

typedef struct {
  int32_t year;
  int8_t month, day;
} date;

typedef struct {
  char text[96];
  size_t len;
} line;

static line format(const char *f, ...) {
  line l = {.len = 0};
  va_list args;
  va_start(args, f);
  for (; *f; f++) {
    if (*f != '%') {
      l.text[l.len++] = *f;
      continue;
    }
    int width = 0;
    char pad = ' ';
  again:
    switch (*++f) {
      case '0':
        if (!width) {
          pad = '0';
          goto again;
        }
        // fall through
      case '1' ... '9':
        width = width * 10 + *f - '0';
        goto again;
      case 'c': l.text[l.len++] = (char)va_arg(args, int); break;
      case 's':
        for (const char *s = va_arg(args, const char *); *s; s++, width--) l.text[l.len++] = *s;
        for (; width > 0; width--) l.text[l.len++] = pad;
        break;
      case 'd':
      case 'x':
      case 'l': {
        int64_t v = *f == 'l' ? va_arg(args, int64_t) : va_arg(args, int32_t);
        unsigned base = *f == 'x' ? 16 : 10;
        uint64_t u = *f == 'x' ? (uint32_t)v : v < 0 ? -(uint64_t)v : (uint64_t)v;
        char digits[24];
        int n = 0;
        do digits[n++] = "0123456789abcdef"[u % base];
        while (u /= base);
        if (v < 0 && base == 10) digits[n++] = '-';
        for (; width > n; width--) l.text[l.len++] = pad;
        while (n) l.text[l.len++] = digits[--n];
        break;
      }
      case 'f': {
        double v = va_arg(args, double);
        line whole = format("%l.%03d", (int64_t)v, (int)((v < 0 ? -v : v) * 1000) % 1000);
        memcpy(l.text + l.len, whole.text, whole.len);
        l.len += whole.len;
        break;
      }
      default: l.text[l.len++] = *f;
    }
  }
  va_end(args);
  l.text[l.len] = 0;
  return l;
}

static int days_in(int32_t year, int month) {
  switch (month) {
    case 2: return 28 + ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
    case 4: case 6: case 9: case 11: return 30;
    case 1: case 3: case 5: case 7: case 8: case 10: case 12: return 31;
  }
  return 0;
}

static date next_day(date d) {
  if (++d.day > days_in(d.year, d.month)) {
    d.day = 1;
    if (++d.month > 12) d.month = 1, d.year++;
  }
  return d;
}

static int weekday(date d) {
  static const int8_t offset[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  int32_t y = d.month < 3 ? d.year - 1 : d.year;
  return (y + y / 4 - y / 100 + y / 400 + offset[d.month - 1] + d.day) % 7;
}

static void duff(uint8_t *to, const uint8_t *from, int count) {
  if (count <= 0) return;
  int turns = (count + 7) / 8;
  switch (count % 8) {
    case 0: do { *to++ = *from++;
    case 7: *to++ = *from++;
    case 6: *to++ = *from++;
    case 5: *to++ = *from++;
    case 4: *to++ = *from++;
    case 3: *to++ = *from++;
    case 2: *to++ = *from++;
    case 1: *to++ = *from++;
            } while (--turns > 0);
  }
}

CORPUS(int64_t, formatting) {
  static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  uint64_t h = MIX_START;
  date d = {1999, 11, 28};
  for (int i = 0; i < n; i++, d = next_day(d)) {
    line l = format("%s %04d-%02d-%02d #%05x %c%c %12l|%f%%|%8s.", names[weekday(d)], (int)d.year, d.month, d.day,
                    i * 7919 - 100, 'a' + i % 26, '!', (int64_t)i * i * i * -1000003, (i - 50) * 1.0625, names[i % 7]);
    char copy[96];
    memset(copy, 0, sizeof copy);
    duff((uint8_t *)copy, (const uint8_t *)l.text, (int)l.len - i % 9);
    for (size_t k = 0; k < sizeof copy; k++) h = (h ^ (uint8_t)copy[k]) * 0x100000001b3u;
  }
  return (int64_t)h;
}
