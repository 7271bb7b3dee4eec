// The smallest function worth a call.
unsigned add(unsigned a, unsigned b) { return a + b; }
