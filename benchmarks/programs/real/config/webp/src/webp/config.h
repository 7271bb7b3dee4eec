// No SIMD and no threads: the same portable C in wasm and natively.
