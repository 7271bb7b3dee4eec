//! The machine and the day of a measurement.

use std::time::{SystemTime, UNIX_EPOCH};

/// Processor, cores, memory, system: a line for each that can be told.
pub fn describe() -> Vec<(&'static str, String)> {
    let cpu = field("/proc/cpuinfo", "model name", ':');
    let cores = std::thread::available_parallelism().map(|count| count.to_string());
    let memory = field("/proc/meminfo", "MemTotal", ':').and_then(|text| {
        let kilobytes: f64 = text.split_whitespace().next()?.parse().ok()?;
        Some(format!("{:.0} GiB", kilobytes / f64::from(1 << 20)))
    });
    let system = field("/etc/os-release", "PRETTY_NAME", '=').map(|name| {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        format!("{}, Linux {}", name.trim_matches('"'), kernel.trim())
    });
    let lines = [
        ("processor", cpu),
        ("cores", cores.ok()),
        ("memory", memory),
        ("system", system),
        ("date", today()),
    ];
    lines.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The value after the first line's `key` and `separator`.
fn field(file: &str, key: &str, separator: char) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    let (_, value) = line.split_once(separator)?;
    Some(value.trim().to_owned())
}

fn today() -> Option<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    Some(format!("{year}-{month:02}-{day:02}"))
}

/// The date so many days after the first of January 1970.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(58), (1970, 2, 28));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_453), (2025, 12, 31));
        assert_eq!(civil(20_454), (2026, 1, 1));
    }
}
