//! Clocks and randomness.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_getres, clock_gettime};

use crate::errno::Errno;

/// The clocks that a guest sees.
#[derive(Clone, Debug, Default)]
pub struct Clocks(Kind);

#[derive(Clone, Debug, Default)]
enum Kind {
    #[default]
    None,
    Real {
        start: Option<Instant>,
        process: u64,
    },
    Fixed {
        /// Nanoseconds since 1970 at the beginning.
        start: u64,
        /// Nanoseconds since then.
        elapsed: u64,
        step: u64,
    },
}

/// The clocks of preview 1, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Realtime,
    Monotonic,
    Process,
    Thread,
}

impl Clock {
    pub(crate) fn new(number: i32) -> Result<Self, Errno> {
        match number {
            0 => Ok(Self::Realtime),
            1 => Ok(Self::Monotonic),
            2 => Ok(Self::Process),
            3 => Ok(Self::Thread),
            _ => Err(Errno::Inval),
        }
    }
}

impl Clocks {
    /// None: a guest that asks for the time gets the error `ENOTSUP`. So it is unless others are granted.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The machine's. The monotonic clock and that of the process start at 0 when the host is built.
    #[must_use]
    pub fn real() -> Self {
        Self(Kind::Real { start: Some(Instant::now()), process: cpu_time(ClockId::ProcessCPUTime) })
    }

    /// Clocks that a run can be repeated with: the real time is `start` nanoseconds since 1970 at first, all
    /// others 0. Each time that the guest asks, `step` nanoseconds pass; when it sleeps, as much as it sleeps,
    /// and it does not wait for it.
    #[must_use]
    pub fn fixed(start: u64, step: u64) -> Self {
        Self(Kind::Fixed { start, elapsed: 0, step })
    }

    /// The time in nanoseconds, for the guest.
    pub(crate) fn time(&mut self, clock: Clock) -> Result<u64, Errno> {
        let now = self.peek(clock);
        if let Kind::Fixed { elapsed, step, .. } = &mut self.0 {
            *elapsed = elapsed.saturating_add(*step);
        }
        now
    }

    /// The time, without any passing.
    pub(crate) fn peek(&self, clock: Clock) -> Result<u64, Errno> {
        match (&self.0, clock) {
            (Kind::None, _) => Err(Errno::NotSup),
            (Kind::Real { .. }, Clock::Realtime) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Ok(nanoseconds(now))
            }
            (Kind::Real { start, .. }, Clock::Monotonic) => {
                Ok(start.map_or(0, |start| nanoseconds(start.elapsed())))
            }
            (Kind::Real { process, .. }, Clock::Process) => {
                Ok(cpu_time(ClockId::ProcessCPUTime).saturating_sub(*process))
            }
            (Kind::Real { .. }, Clock::Thread) => Ok(cpu_time(ClockId::ThreadCPUTime)),
            (Kind::Fixed { start, elapsed, .. }, Clock::Realtime) => {
                Ok(start.saturating_add(*elapsed))
            }
            (Kind::Fixed { elapsed, .. }, _) => Ok(*elapsed),
        }
    }

    /// The step of a clock in nanoseconds.
    pub(crate) fn resolution(&self, clock: Clock) -> Result<u64, Errno> {
        match &self.0 {
            Kind::None => Err(Errno::NotSup),
            Kind::Fixed { step, .. } => Ok((*step).max(1)),
            Kind::Real { .. } => {
                let resolution = clock_getres(match clock {
                    Clock::Realtime => ClockId::Realtime,
                    Clock::Monotonic => ClockId::Monotonic,
                    Clock::Process => ClockId::ProcessCPUTime,
                    Clock::Thread => ClockId::ThreadCPUTime,
                });
                Ok(of_timespec(resolution).max(1))
            }
        }
    }

    /// Whether time passes by itself.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self.0, Kind::Real { .. })
    }

    /// Lets time pass that does not by itself.
    pub(crate) fn advance(&mut self, by: u64) {
        if let Kind::Fixed { elapsed, .. } = &mut self.0 {
            *elapsed = elapsed.saturating_add(by);
        }
    }

    /// The time that files in memory get, 0 if the guest has no clock.
    pub(crate) fn stamp(&self) -> u64 {
        self.peek(Clock::Realtime).unwrap_or_default()
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn cpu_time(clock: ClockId) -> u64 {
    of_timespec(clock_gettime(clock))
}

#[allow(clippy::unnecessary_cast, reason = "other systems have other types")]
fn of_timespec(time: rustix::time::Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec as i64).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}

/// The random bytes that a guest gets.
#[derive(Clone, Debug, Default)]
pub struct Random(Origin);

#[derive(Clone, Debug, Default)]
enum Origin {
    #[default]
    None,
    System,
    Seeded(u64),
}

impl Random {
    /// None: a guest that asks gets the error `ENOTSUP`. So it is unless others are granted.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The operating system's, fit for keys.
    #[must_use]
    pub fn system() -> Self {
        Self(Origin::System)
    }

    /// The same bytes each time for the same seed (SplitMix64), for runs that are to be repeated. Whoever sees
    /// some of them knows the others.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Origin::Seeded(seed))
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno> {
        match &mut self.0 {
            Origin::None => Err(Errno::NotSup),
            Origin::System => getrandom::fill(bytes).map_err(|_| Errno::Io),
            Origin::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut word = *state;
                    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    word ^= word >> 31;
                    for (place, byte) in chunk.iter_mut().zip(word.to_le_bytes()) {
                        *place = byte;
                    }
                }
                Ok(())
            }
        }
    }
}
