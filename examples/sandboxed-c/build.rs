//! Translates the C library, as WebAssembly, to `$OUT_DIR/qoi.rs`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 64 MiB are enough for the images that this program accepts.
    herkos::Config::new().max_pages(1024).compile("c/qoi.wasm")
}
