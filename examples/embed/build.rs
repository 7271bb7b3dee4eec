//! Translates `guest.wat` to `$OUT_DIR/guest.rs`, and again whenever it changes.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    herkos::Config::new().compile("guest.wat")
}
