// n parses of a document with names, attributes, entities and text.
#include "driver.h"
#include "expat.h"
#define LEN (1 << 16)
static uint64_t sum;
static int depth;
static void start(void *data, const XML_Char *name, const XML_Char **attributes) {
  (void)data;
  depth++;
  sum = hash_bytes(sum, name, strlen(name));
  for (; *attributes; attributes++) sum = hash_bytes(sum, *attributes, strlen(*attributes));
}
static void end(void *data, const XML_Char *name) {
  (void)data;
  sum = hash_bytes(sum, name, 1) + (uint64_t)depth--;
}
static void text(void *data, const XML_Char *s, int len) {
  (void)data;
  sum += (uint64_t)len * (uint8_t)*s;
}
static size_t append(char *out, size_t at, const char *s) {
  size_t len = strlen(s);
  memcpy(out + at, s, len);
  return at + len;
}
int run(int n) {
  static const char *const pieces[] = {
    "<item id=\"17\" class='a b'>", "some text &amp; more &#x41; of it", "<empty/>", "<!-- a comment -->",
    "<name xml:lang=\"en\">h\xc3\xa9rkos</name>", "<![CDATA[ <raw> ]]>", "  \n  ", "</item>\n",
  };
  char *document = malloc(LEN + 256);
  size_t len = append(document, 0, "<?xml version=\"1.0\"?>\n<!DOCTYPE all [<!ENTITY e \"value\">]>\n<all>");
  while (len < LEN) {
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces && len < LEN + 100; i++) len = append(document, len, pieces[i]);
    if (len >= LEN) break;
  }
  len = append(document, len, "</all>");
  sum = HASH_START;
  for (int i = 0; i < n; i++) {
    XML_Parser parser = XML_ParserCreate(NULL);
    depth = 0;
    XML_SetElementHandler(parser, start, end);
    XML_SetCharacterDataHandler(parser, text);
    // In pieces, as from a file.
    for (size_t at = 0; at < len; at += 4096) {
      size_t some = len - at < 4096 ? len - at : 4096;
      if (XML_Parse(parser, document + at, (int)some, at + some == len) != XML_STATUS_OK) {
        return -(int)XML_GetErrorCode(parser);
      }
    }
    if (depth) return -100;
    XML_ParserFree(parser);
  }
  free(document);
  return fold(sum);
}
#ifdef __wasm__
#include "wasi-stubs.h"
#endif
