//! Wasmtime with Cranelift, in this process. Memory is checked by guard pages, or in software.

use std::path::Path;
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};
use rustix::time::{ClockId, clock_gettime};
use wasmtime::{Config, Engine, Instance, Module, OptLevel, Store};

use super::{Kind, Sample};
use crate::command;
use crate::instances::{Cost, resident_bytes};
use crate::stats::median;

const VERSION: &str = "48.0.8";
const STACK: usize = 256 << 20;
const GUEST_STACK: usize = 64 << 20;

/// An engine with one of its ways to check.
pub struct Wasmtime {
    engine: Engine,
}

/// A compiled module and what to do with an instance of it.
pub struct Guest {
    engine: Engine,
    module: Module,
    work: fn(&mut Store<()>, &Instance, i32) -> Result<Sample>,
}

impl Wasmtime {
    pub fn find(checks: bool) -> Result<(String, Kind)> {
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::Speed).max_wasm_stack(GUEST_STACK);
        // Not used, but it has to be as large.
        config.async_stack_size(GUEST_STACK);
        if checks {
            config.memory_reservation(0).memory_guard_size(0);
        }
        let engine = Engine::new(&config)?;
        let how = if checks { "bounds checked in software" } else { "guard pages" };
        let about = format!("wasmtime {VERSION}, Cranelift for speed; {how}");
        Ok((about, Kind::Wasmtime(Self { engine })))
    }

    /// A program whose export is `run`.
    pub fn program(&self, module: &Path) -> Result<Guest> {
        self.guest(module, run)
    }

    /// A module whose export `add` is to be called often.
    pub fn calls(&self, module: &Path) -> Result<Guest> {
        self.guest(module, add)
    }

    fn guest(
        &self,
        module: &Path,
        work: fn(&mut Store<()>, &Instance, i32) -> Result<Sample>,
    ) -> Result<Guest> {
        let module = Module::new(&self.engine, command::read(module)?)?;
        Ok(Guest { engine: self.engine.clone(), module, work })
    }

    /// What instances of a module with the export `touch` cost.
    pub fn instances(&self, module: &Path, count: usize) -> Result<Cost> {
        let module = Module::new(&self.engine, command::read(module)?)?;
        let new = || -> Result<(Store<()>, Instance)> {
            let mut store = Store::new(&self.engine, ());
            let instance = Instance::new(&mut store, &module, &[])?;
            Ok((store, instance))
        };
        let touch = |store: &mut Store<()>, instance: Instance| -> Result<i32> {
            Ok(instance.get_typed_func::<i32, i32>(&mut *store, "touch")?.call(store, 7)?)
        };
        let (mut make, mut life) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let start = Instant::now();
            let (mut store, instance) = new()?;
            make.push(start.elapsed().as_secs_f64());
            touch(&mut store, instance)?;
            drop(store);
            life.push(start.elapsed().as_secs_f64());
        }
        let mut stores = Vec::with_capacity(count);
        let before = resident_bytes()?;
        for _ in 0..count {
            let (mut store, instance) = new()?;
            touch(&mut store, instance)?;
            stores.push(store);
        }
        let bytes = (resident_bytes()? - before) / count as f64;
        let micros = |times: &[f64]| median(times).unwrap_or_default() * 1e6;
        Ok(Cost { make: micros(&make), life: micros(&life), bytes })
    }
}

impl Guest {
    /// Works in a new instance, on a thread with a large stack.
    pub fn run(&self, n: i32) -> Result<Sample> {
        thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(STACK);
            let work = thread.spawn_scoped(scope, || {
                let mut store = Store::new(&self.engine, ());
                let instance = Instance::new(&mut store, &self.module, &[])?;
                (self.work)(&mut store, &instance, n)
            })?;
            work.join().map_err(|_| anyhow!("the thread panicked"))?
        })
    }
}

fn run(mut store: &mut Store<()>, instance: &Instance, n: i32) -> Result<Sample> {
    instance.get_typed_func::<(), ()>(&mut store, "_initialize")?.call(&mut store, ())?;
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
    let start = thread_cpu_seconds();
    let sum = run.call(store, n)?;
    Ok(Sample { sum, cpu_seconds: thread_cpu_seconds() - start })
}

fn add(mut store: &mut Store<()>, instance: &Instance, n: i32) -> Result<Sample> {
    let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add")?;
    let start = thread_cpu_seconds();
    let mut sum = 0;
    for i in 0..n {
        sum = add.call(&mut store, (sum, i))?;
    }
    Ok(Sample { sum, cpu_seconds: thread_cpu_seconds() - start })
}

fn thread_cpu_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}
