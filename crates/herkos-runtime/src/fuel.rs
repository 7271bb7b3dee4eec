//! Fuel: how much a guest may do before the host is asked.
//!
//! Generated code counts what it is about to do, block by block, and checks at the beginning of
//! functions and loops that it has so much left. That is one subtraction and one comparison; all
//! else is done once in [`SLICE`] units.

#[cfg(feature = "std")]
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "std")]
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::trap::{TrapKind, WasmResult, WasmTrap};

/// Units after which a guest looks whether it is interrupted: some 100 microseconds' work.
const SLICE: u64 = 1 << 17;

/// The fuel of an instance. A unit is about one instruction.
///
/// What an operation costs may change with the version of herkos and with the options of the
/// translation. For one translation it is the same on every machine.
#[derive(Clone, Debug)]
pub struct Fuel {
    /// What may be spent before the next look at the rest; negative if more was.
    slice: i64,
    /// What is left beyond the slice; `u64::MAX` does not get less.
    rest: u64,
    interrupt: Option<&'static AtomicBool>,
    #[cfg(feature = "std")]
    gauge: Option<Gauge>,
}

impl Fuel {
    /// So much fuel; `u64::MAX` is without end.
    #[must_use]
    pub const fn new(units: u64) -> Self {
        Self {
            slice: 0,
            rest: units,
            interrupt: None,
            #[cfg(feature = "std")]
            gauge: None,
        }
    }

    /// How much is left, without what a [`Gauge`] has.
    #[must_use]
    pub fn left(&self) -> u64 {
        match (self.rest, u64::try_from(self.slice)) {
            (u64::MAX, _) => u64::MAX,
            (rest, Ok(slice)) => rest.saturating_add(slice),
            (rest, Err(_)) => rest.saturating_sub(self.slice.unsigned_abs()),
        }
    }

    /// Makes it so much; `u64::MAX` is without end.
    pub fn set(&mut self, units: u64) {
        (self.slice, self.rest) = (0, units);
    }

    /// Adds so much.
    pub fn add(&mut self, units: u64) {
        self.rest = self.rest.saturating_add(units);
    }

    /// Makes calls trap with [`TrapKind::Interrupted`], soon, while the flag is set: by another thread,
    /// a signal handler, or an interrupt.
    pub fn interrupt_by(&mut self, flag: Option<&'static AtomicBool>) {
        self.interrupt = flag;
    }

    /// Takes fuel from the gauge when it has none itself, and is interrupted by it.
    #[cfg(feature = "std")]
    pub fn share(&mut self, gauge: Option<Gauge>) {
        self.gauge = gauge;
    }

    /// The slice, which a function keeps in a register while it calls nothing.
    #[doc(hidden)]
    #[inline(always)]
    pub fn slice(&self) -> i64 {
        self.slice
    }

    /// Takes the slice back.
    #[doc(hidden)]
    #[inline(always)]
    pub fn put(&mut self, slice: i64) {
        self.slice = slice;
    }

    /// Spends units of a slice, or traps at `site`: the slice then.
    #[doc(hidden)]
    #[inline(always)]
    pub fn spend(&mut self, slice: i64, units: u32, site: u32) -> WasmResult<i64> {
        let slice = burn(slice, units);
        if slice < 0 { self.refill(slice, site) } else { Ok(slice) }
    }

    /// Spends units, or traps at `site`: where nothing is worth a register.
    #[doc(hidden)]
    #[inline(always)]
    pub fn charge(&mut self, units: u32, site: u32) -> WasmResult<()> {
        self.slice = burn(self.slice, units);
        if self.slice < 0 { self.refill(self.slice, site).map(drop) } else { Ok(()) }
    }

    /// Spends units that are found missing later: where nothing is worth a register.
    #[doc(hidden)]
    #[inline(always)]
    pub fn charge_later(&mut self, units: u32) {
        self.slice = burn(self.slice, units);
    }

    /// Spends units of a slice for each of `count` repetitions, or traps at `site`.
    #[doc(hidden)]
    #[inline]
    pub fn spend_each(&mut self, slice: i64, count: u32, units: u32, site: u32) -> WasmResult<i64> {
        let units = i64::try_from(u64::from(count) * u64::from(units));
        let slice = slice.saturating_sub(units.unwrap_or(i64::MAX));
        if slice < 0 { self.refill(slice, site) } else { Ok(slice) }
    }

    /// Spends units of a slice for an operation on `len` bytes or elements, or traps at `site`.
    #[doc(hidden)]
    #[inline]
    pub fn spend_bulk(&mut self, slice: i64, len: i32, site: u32) -> WasmResult<i64> {
        self.spend(slice, (len as u32) >> 4, site)
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self, slice: i64, site: u32) -> WasmResult<i64> {
        self.slice = slice;
        if self.interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(WasmTrap::at(TrapKind::Interrupted, site));
        }
        let owed = self.slice.min(0).unsigned_abs();
        #[cfg(feature = "std")]
        if let Some(gauge) = &self.gauge {
            match gauge.take(owed.saturating_sub(self.rest)) {
                Ok(units) => self.rest = self.rest.saturating_add(units),
                Err(Stopped) => return Err(WasmTrap::at(TrapKind::Interrupted, site)),
            }
        }
        if self.rest == u64::MAX {
            self.slice = SLICE as i64;
            return Ok(self.slice);
        }
        let Some(rest) = self.rest.checked_sub(owed) else {
            (self.slice, self.rest) = (0, 0);
            return Err(WasmTrap::at(TrapKind::OutOfFuel, site));
        };
        let slice = rest.min(SLICE);
        (self.slice, self.rest) = (slice as i64, rest - slice);
        Ok(self.slice)
    }
}

/// Spends units of a slice that are found missing later.
#[doc(hidden)]
#[inline(always)]
#[must_use]
pub fn burn(slice: i64, units: u32) -> i64 {
    slice.wrapping_sub(i64::from(units))
}

/// A handle on running guests, for other threads: it interrupts them, and it has fuel for them.
///
/// Clones are handles on the same gauge, and several instances may [`share`](Fuel::share) it.
///
/// ```
/// use herkos_runtime::{Fuel, Gauge};
///
/// let gauge = Gauge::new();
/// let mut fuel = Fuel::new(0); // an instance's own: `instance.fuel_mut()`
/// fuel.share(Some(gauge.clone()));
/// gauge.add(1_000_000); // from any thread, now or while the guest runs
/// # assert_eq!(gauge.left(), 1_000_000);
/// std::thread::spawn(move || gauge.interrupt());
/// ```
#[cfg(feature = "std")]
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<(Mutex<Level>, Condvar)>);

#[cfg(feature = "std")]
#[derive(Debug, Default)]
struct Level {
    units: u64,
    interrupted: bool,
    suspends: bool,
}

/// The guest is to stop.
#[cfg(feature = "std")]
struct Stopped;

#[cfg(feature = "std")]
impl Gauge {
    /// A gauge without fuel.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How much fuel it has.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.level().units
    }

    /// Adds fuel. Guests that wait for it go on.
    pub fn add(&self, units: u64) {
        self.change(|level| level.units = level.units.saturating_add(units));
    }

    /// Whether guests that run out of fuel wait for more, in their threads, instead of trapping with
    /// [`TrapKind::OutOfFuel`].
    pub fn suspend_when_empty(&self, suspends: bool) {
        self.change(|level| level.suspends = suspends);
    }

    /// Makes calls trap with [`TrapKind::Interrupted`], soon: those that run, those that wait, and later
    /// ones, until [`clear`](Self::clear).
    pub fn interrupt(&self) {
        self.change(|level| level.interrupted = true);
    }

    /// Lets guests run again.
    pub fn clear(&self) {
        self.change(|level| level.interrupted = false);
    }

    fn level(&self) -> MutexGuard<'_, Level> {
        // What a panic elsewhere left is whole: every change is one assignment.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Level)) {
        change(&mut self.level());
        self.0.1.notify_all();
    }

    /// Takes what is missing, and a slice if there is one; nothing if there is not even enough.
    fn take(&self, missing: u64) -> Result<u64, Stopped> {
        let mut level = self.level();
        loop {
            if level.interrupted {
                return Err(Stopped);
            }
            if missing == 0 {
                return Ok(0);
            }
            if level.units >= missing {
                let units = level.units.min(missing.saturating_add(SLICE));
                level.units -= units;
                return Ok(units);
            }
            if !level.suspends {
                return Ok(0);
            }
            level = self.0.1.wait(level).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
