//! What an exchange between the partitions costs, and what it costs between two processes.
//!
//! Run it with `cargo run --release -p herkos-example-partitions`.

use std::error::Error;
use std::hint::black_box;
use std::io::{Read, Write, stdin, stdout};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use herkos_example_partitions::{MAILBOX, System};

/// A message has as many bytes as the partitions' messages.
type Message = [u8; 12];

/// Exchanges in one measurement, of which the fastest of five counts.
const PARTITIONS: u32 = 1_000_000;
const PROCESSES: u32 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("--answer") {
        return answer();
    }
    let partitions = fastest(PARTITIONS, between_partitions)?;
    let processes = fastest(PROCESSES, between_processes)?;
    let nanoseconds = |time: Duration| time.as_nanos() as f64 / 1e6;
    println!("between two partitions  {:10.1} ns", nanoseconds(partitions));
    println!("between two processes   {:10.1} ns", nanoseconds(processes));
    println!("ratio                   {:10.0}", nanoseconds(processes) / nanoseconds(partitions));
    Ok(())
}

/// The time of a million exchanges, from the fastest of five measurements of `count` each.
fn fastest(
    count: u32,
    measure: fn(u32) -> Result<Duration, Box<dyn Error>>,
) -> Result<Duration, Box<dyn Error>> {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        best = best.min(measure(count)?);
    }
    Ok(best * 1_000_000 / count)
}

fn between_partitions(count: u32) -> Result<Duration, Box<dyn Error>> {
    let mut buffer = vec![0; MAILBOX];
    let mut system = System::new(&mut buffer)?;
    let start = Instant::now();
    for i in 0..count {
        black_box(system.exchange(black_box(i as i32 % 1000))?);
    }
    let time = start.elapsed();
    assert_eq!(system.status().1, 0);
    Ok(time)
}

/// A message through a pipe to another process, and its answer through another pipe.
fn between_processes(count: u32) -> Result<Duration, Box<dyn Error>> {
    let mut other = Command::new(std::env::current_exe()?)
        .arg("--answer")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(mut to), Some(mut from)) = (other.stdin.take(), other.stdout.take()) else {
        return Err("no pipes".into());
    };
    let mut exchange = |i: u32| -> std::io::Result<()> {
        let mut message = Message::default();
        message[..4].copy_from_slice(&i.to_le_bytes());
        to.write_all(&message)?;
        from.read_exact(&mut message)
    };
    exchange(0)?; // It has started.
    let start = Instant::now();
    for i in 0..count {
        exchange(i)?;
    }
    let time = start.elapsed();
    drop(to);
    other.wait()?;
    Ok(time)
}

/// The other process: sends back what it gets.
fn answer() -> Result<(), Box<dyn Error>> {
    let (mut input, mut output) = (stdin().lock(), stdout().lock());
    let mut message = Message::default();
    while input.read_exact(&mut message).is_ok() {
        output.write_all(&message)?;
        output.flush()?;
    }
    Ok(())
}
