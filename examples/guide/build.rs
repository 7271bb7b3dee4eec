//! Translates `words.wasm` to `$OUT_DIR/words.rs`, and again whenever it changes.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    herkos::Config::new()
        .max_pages(160) // 10 MiB are all that the library may use
        .host_impls(true)
        .snapshots(true)
        .compile("words.wasm")
}
