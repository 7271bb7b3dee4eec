// A module to make many instances of: it writes to its memory once, so that the memory is there.
#ifdef DATA
static unsigned char bytes[65536] = {[0 ... 65535] = 1};
#else
static unsigned char bytes[65536];
#endif

int touch(int at) { return bytes[at & 65535]++; }
