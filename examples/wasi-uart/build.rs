//! Translates `sensor.wat` for memory that the host lends.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    herkos::Config::new().memory(herkos::MemoryStorage::Lent).compile("sensor.wat")
}
