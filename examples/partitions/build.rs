//! Translates both partitions. Their one memory is what the host lends them for a call.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = herkos::Config::new().memory(herkos::MemoryStorage::Lent);
    config.compile("sensor.wat")?;
    config.compile("control.wat")
}
