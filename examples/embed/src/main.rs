//! Embeds `guest.wat`: grants it a capability, calls its exports, and handles its traps.
//!
//! Run it with `cargo run -p herkos-example-embed`.

use herkos_runtime::{TrapKind, WasmResult, WasmTrap};

/// The module, as Rust. The build script wrote it.
mod guest {
    include!(concat!(env!("OUT_DIR"), "/guest.rs"));
}

/// The host. What it implements is all that the module can do to the world.
#[derive(Default)]
struct Console {
    lines: Vec<String>,
}

impl guest::Env for Console {
    /// The module passes a text by address and length in its memory, which comes along.
    fn log(&mut self, memory: &mut guest::Memory, text: i32, length: i32) -> WasmResult<()> {
        let bytes = memory.slice(text, length)?;
        self.lines.push(String::from_utf8_lossy(bytes).into_owned());
        Ok(())
    }
}

/// Where the host puts its numbers in the module's memory.
const NUMBERS: i32 = 1024;

/// Copies the numbers into the module's memory and calls its export.
fn average(instance: &mut guest::Instance<Console>, numbers: &[i32]) -> WasmResult<i32> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    instance.memory_mut().write(NUMBERS, &bytes)?;
    instance.average(NUMBERS, numbers.len() as i32)
}

fn main() -> Result<(), WasmTrap> {
    let mut instance = guest::Instance::new(Console::default())?;
    println!("average: {}", average(&mut instance, &[3, 5, 10])?);

    // A trap is a value. The instance stays as the specification says, and usable.
    for result in [average(&mut instance, &[]), instance.average(-4, 2), instance.forever()] {
        match result {
            Ok(value) => println!("value: {value}"),
            Err(trap) if trap.kind() == TrapKind::Host => println!("our own fault: {trap}"),
            Err(trap) => match instance.locate(trap) {
                Some(place) => println!("trap: {trap}, in {place}"),
                None => println!("trap: {trap}"),
            },
        }
    }
    println!("average: {}", average(&mut instance, &[7])?);
    println!("the module said: {:?}", instance.host().lines);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_are_values_and_the_instance_survives_them() -> Result<(), WasmTrap> {
        let mut instance = guest::Instance::new(Console::default())?;
        assert_eq!(average(&mut instance, &[3, 5, 10])?, 6);
        let kind = |result: WasmResult<i32>| result.err().map(WasmTrap::kind);
        assert_eq!(kind(average(&mut instance, &[])), Some(TrapKind::IntegerDivideByZero));
        assert_eq!(kind(instance.average(-4, 2)), Some(TrapKind::MemoryOutOfBounds));
        assert_eq!(kind(instance.forever()), Some(TrapKind::StackExhausted));
        assert_eq!(average(&mut instance, &[7])?, 7);
        assert_eq!(instance.host().lines, ["averaging"; 4]);
        Ok(())
    }
}
