// n signatures, each verified.
#include "driver.h"
#include "secp256k1_preallocated.h"
#define S(name) rustsecp256k1_v0_14_##name
void S(default_illegal_callback_fn)(const char *message, void *data) { (void)message, (void)data, abort(); }
void S(default_error_callback_fn)(const char *message, void *data) { (void)message, (void)data, abort(); }
int run(int n) {
  void *room = malloc(S(context_preallocated_size)(SECP256K1_CONTEXT_NONE));
  S(context) *context = S(context_preallocated_create)(room, SECP256K1_CONTEXT_NONE);
  uint64_t h = HASH_START, random = 1;
  for (int i = 0; i < n; i++) {
    unsigned char secret[32], hash[32], packed[64];
    for (int k = 0; k < 32; k++) secret[k] = (unsigned char)next_random(&random), hash[k] = (unsigned char)next_random(&random);
    secret[0] &= 127;
    S(pubkey) public;
    S(ecdsa_signature) signature;
    if (!S(ec_pubkey_create)(context, &public, secret)) return -1;
    if (!S(ecdsa_sign)(context, &signature, hash, secret, NULL, NULL)) return -2;
    if (!S(ecdsa_verify)(context, &signature, hash, &public)) return -3;
    hash[5] ^= 1;
    if (S(ecdsa_verify)(context, &signature, hash, &public)) return -4;
    S(ecdsa_signature_serialize_compact)(context, packed, &signature);
    h = hash_bytes(h, packed, sizeof packed);
  }
  S(context_preallocated_destroy)(context);
  free(room);
  return fold(h);
}
