// A hash table of strings with open addressing: insertions, look-ups that hit and miss, deletions.
#include "kernel.h"
#include <string.h>

enum { SLOTS = 1 << 15, WORDS = 24000, NAME = 24 };
typedef struct {
  const char *key;
  uint32_t hash;
  uint32_t count;
} Slot;
static Slot slots[SLOTS];
static char words[WORDS][NAME];
static const char removed[] = "";

static uint32_t hash_of(const char *s) {
  uint32_t h = 2166136261u;
  for (; *s; s++) h = (h ^ (uint8_t)*s) * 16777619u;
  return h;
}

static Slot *find(const char *key, int insert) {
  uint32_t hash = hash_of(key);
  Slot *vacant = NULL;
  for (uint32_t i = hash % SLOTS;; i = (i + 1) % SLOTS) {
    Slot *slot = &slots[i];
    if (!slot->key) {
      if (!insert) return NULL;
      if (!vacant) vacant = slot;
      *vacant = (Slot){key, hash, 0};
      return vacant;
    }
    if (slot->key == removed) {
      if (!vacant) vacant = slot;
    } else if (slot->hash == hash && strcmp(slot->key, key) == 0) {
      return slot;
    }
  }
}

static void name_word(char *out, uint32_t number) {
  static const char *const syllables[] = {"ka", "lo", "mi", "ne", "ru", "sto", "tha", "vel"};
  int at = 0;
  for (int i = 0; i < 5; i++, number >>= 3)
    for (const char *s = syllables[number & 7]; *s; s++) out[at++] = *s;
  for (; number; number /= 10) out[at++] = (char)('0' + number % 10);
  out[at] = 0;
}

int run(int n) {
  uint32_t seed = 13, sum = 0;
  for (uint32_t i = 0; i < WORDS; i++) name_word(words[i], i * 7);
  for (int round = 0; round < n; round++) {
    memset(slots, 0, sizeof slots);
    for (int i = 0; i < 3 * WORDS; i++) {
      const char *word = words[next_random(&seed) % WORDS];
      uint32_t what = next_random(&seed) % 8;
      Slot *slot = find(word, what < 4);
      if (!slot) {
        sum += 1;
      } else if (what < 4) {
        slot->count++;
      } else if (what < 7) {
        sum = mix(sum, slot->count);
      } else {
        slot->key = removed;
      }
    }
  }
  return (int)sum;
}
