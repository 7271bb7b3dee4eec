//! [wasmtime](https://docs.rs/wasmtime), a compiler.

use anyhow::{Context as _, Result, bail};
use herkos::{ExportKind, Interface};
use herkos_runtime as rt;
use herkos_runtime::TrapKind;
use wasmtime::{
    AsContextMut, Caller, Config, Error, Extern, ExternRef, ExternType, Func, FuncType, Global,
    Instance, Memory, Module, Mutability, Ref, Store, StoreLimits, StoreLimitsBuilder, Table, Trap,
    Val, ValType,
};

use super::engine::{Engine, FUEL, MAX_PAGES, Observed, Run, functions, key};
use super::guest::{Call, Host, Log, State, ended};

/// Bytes of stack that calls may nest on: frames are smaller here than in unoptimised code.
const STACK: usize = 128 << 10;

/// The compiler.
pub struct Wasmtime {
    engine: wasmtime::Engine,
}

impl Wasmtime {
    /// A compiler for this machine.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn new() -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true).max_wasm_stack(STACK);
        Ok(Self { engine: wasmtime::Engine::new(&config)? })
    }
}

/// A failure of the host.
#[derive(Debug)]
struct HostFailed;

impl std::fmt::Display for HostFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(TrapKind::Host.message())
    }
}

impl std::error::Error for HostFailed {}

struct Data {
    host: Host,
    limits: StoreLimits,
    memory: Option<Memory>,
    /// The name that a memory is exported by, for calls before there is an instance.
    memory_name: Option<String>,
}

impl Engine for Wasmtime {
    fn run(&self, wasm: &[u8], interface: &Interface, calls: &[Call]) -> Result<Run> {
        let module = Module::new(&self.engine, wasm)?;
        let log = Log::default();
        let memory_name = interface.exports.iter().find_map(|item| {
            matches!(item.kind, ExportKind::Memory { .. }).then(|| item.name.clone())
        });
        let limits = StoreLimitsBuilder::new()
            .memory_size(MAX_PAGES as usize * rt::PAGE_SIZE)
            .table_elements(rt::MAX_TABLE_SIZE as usize)
            .build();
        let data = Data { host: Host::new(&log), limits, memory: None, memory_name };
        let mut store = Store::new(&self.engine, data);
        store.limiter(|data| &mut data.limits);
        let imports = imports(&mut store, &module)?;
        let mut run = Run::default();

        store.set_fuel(FUEL)?;
        let externs: Vec<Extern> = imports.iter().map(|(_, item)| item.clone()).collect();
        let instance = match Instance::new(&mut store, &module, &externs) {
            Ok(instance) => instance,
            Err(error) => {
                match kind(&error)? {
                    Some(kind) => {
                        let mut lines = log.take();
                        lines.extend([ended(Err(kind)), State::default().line()]);
                        run.steps.push(lines);
                    }
                    None => run.cut = true,
                }
                return Ok(run);
            }
        };
        if store.data().memory.is_none()
            && let Some(name) = store.data().memory_name.clone()
        {
            let memory = instance.get_memory(&mut store, &name);
            store.data_mut().memory = memory;
        }
        let observed = Observed::of(interface);
        let mut lines = log.take();
        lines.extend([ended(Ok(&[])), state(&mut store, instance, &observed, &imports)?]);
        run.steps.push(lines);

        let functions = functions(interface);
        for call in calls {
            let (_, _, results) =
                functions.iter().find(|(name, ..)| *name == call.name).context("no such export")?;
            let func = instance.get_func(&mut store, &call.name).context("no such function")?;
            let args: Vec<Val> =
                call.args.iter().map(|arg| to_wasmtime(&mut store, *arg)).collect::<Result<_>>()?;
            let mut into = vec![Val::I32(0); results.len()];
            store.set_fuel(FUEL)?;
            let end = match func.call(&mut store, &args, &mut into) {
                Ok(()) => {
                    let values: Result<Vec<rt::Value>> =
                        into.iter().map(|value| from_wasmtime(&store, value)).collect();
                    ended(Ok(&values?))
                }
                Err(error) => match kind(&error)? {
                    Some(kind) => ended(Err(kind)),
                    None => {
                        run.cut = true;
                        return Ok(run);
                    }
                },
            };
            let mut lines = log.take();
            lines.extend([end, state(&mut store, instance, &observed, &imports)?]);
            run.steps.push(lines);
        }
        Ok(run)
    }
}

/// The trap that an error is; `None` if it is a limit of the engine's own.
fn kind(error: &Error) -> Result<Option<TrapKind>> {
    if error.downcast_ref::<HostFailed>().is_some() {
        return Ok(Some(TrapKind::Host));
    }
    let Some(trap) = error.downcast_ref::<Trap>() else { bail!("wasmtime: {error:?}") };
    Ok(Some(match trap {
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::IndirectCallToNull => TrapKind::UninitializedElement,
        Trap::IntegerDivisionByZero => TrapKind::IntegerDivideByZero,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::BadConversionToInteger => TrapKind::InvalidConversionToInteger,
        Trap::BadSignature => TrapKind::IndirectCallTypeMismatch,
        Trap::StackOverflow | Trap::OutOfFuel | Trap::AllocationTooLarge => return Ok(None),
        other => bail!("wasmtime: {other}"),
    }))
}

/// An error that goes through the engine.
fn native(error: anyhow::Error) -> Error {
    Error::msg(format!("{error:#}"))
}

fn value_type(ty: &ValType) -> Result<rt::ValType> {
    Ok(match ty {
        ValType::I32 => rt::ValType::I32,
        ValType::I64 => rt::ValType::I64,
        ValType::F32 => rt::ValType::F32,
        ValType::F64 => rt::ValType::F64,
        ty if ty.is_funcref() => rt::ValType::FuncRef,
        ty if ty.is_externref() => rt::ValType::ExternRef,
        ty => bail!("{ty}"),
    })
}

fn to_wasmtime(store: impl AsContextMut, value: rt::Value) -> Result<Val> {
    Ok(match value {
        rt::Value::I32(v) => Val::I32(v),
        rt::Value::I64(v) => Val::I64(v),
        rt::Value::F32(v) => Val::F32(v.to_bits()),
        rt::Value::F64(v) => Val::F64(v.to_bits()),
        // Only null can be made outside of a module.
        rt::Value::FuncRef(_) => Val::FuncRef(None),
        rt::Value::ExternRef(None) => Val::ExternRef(None),
        rt::Value::ExternRef(Some(token)) => Val::ExternRef(Some(ExternRef::new(store, token)?)),
    })
}

fn from_wasmtime(store: impl wasmtime::AsContext, value: &Val) -> Result<rt::Value> {
    Ok(match value {
        Val::I32(v) => rt::Value::I32(*v),
        Val::I64(v) => rt::Value::I64(*v),
        Val::F32(v) => rt::Value::F32(f32::from_bits(*v)),
        Val::F64(v) => rt::Value::F64(f64::from_bits(*v)),
        Val::FuncRef(func) => rt::Value::FuncRef(func.as_ref().map(|_| rt::FuncRef::from_id(0))),
        Val::ExternRef(None) => rt::Value::ExternRef(None),
        Val::ExternRef(Some(object)) => {
            let token = object.data(&store)?.and_then(|any| any.downcast_ref::<rt::ExternRef>());
            rt::Value::ExternRef(Some(*token.context("a reference of no known host")?))
        }
        other => bail!("{other:?}"),
    })
}

/// What the module imports, with its name, in the engine's order. Two globals of one name and type are one.
fn imports(store: &mut Store<Data>, module: &Module) -> Result<Vec<(String, Extern)>> {
    let mut globals: Vec<(String, rt::ValType, Mutability, Extern)> = Vec::new();
    let mut all = Vec::new();
    for import in module.imports() {
        let name = key(import.module(), import.name());
        let item = match import.ty() {
            ExternType::Func(ty) => Extern::Func(host_function(store, &name, &ty)?),
            ExternType::Global(ty) => {
                let value = value_type(ty.content())?;
                let known = globals.iter().find(|(known, known_ty, mutability, _)| {
                    *known == name && *known_ty == value && *mutability == ty.mutability()
                });
                if let Some((.., known)) = known {
                    all.push((name, known.clone()));
                    continue;
                }
                let first = store.data().host.global(&name, value);
                let first = to_wasmtime(&mut *store, first)?;
                let mutability = ty.mutability();
                let global = Extern::Global(Global::new(&mut *store, ty, first)?);
                globals.push((name.clone(), value, mutability, global.clone()));
                global
            }
            ExternType::Memory(ty) => {
                let memory = Memory::new(&mut *store, ty)?;
                store.data_mut().memory = Some(memory);
                Extern::Memory(memory)
            }
            ExternType::Table(ty) => {
                let null = Ref::null(ty.element().heap_type());
                Extern::Table(Table::new(&mut *store, ty, null)?)
            }
            ExternType::Tag(_) => bail!("a tag"),
        };
        all.push((name, item));
    }
    Ok(all)
}

fn host_function(store: &mut Store<Data>, name: &str, ty: &FuncType) -> Result<Func> {
    let name = name.to_owned();
    let results: Vec<rt::ValType> =
        ty.results().map(|ty| value_type(&ty)).collect::<Result<_>>()?;
    let call = move |mut caller: Caller<'_, Data>, args: &[Val], into: &mut [Val]| {
        let args: Result<Vec<rt::Value>> =
            args.iter().map(|arg| from_wasmtime(&caller, arg)).collect();
        let args = args.map_err(native)?;
        let answer = caller.data_mut().host.answer(&name, &args, &results);
        let exported = caller.data().memory_name.clone();
        let known = caller.data().memory;
        let memory = known.or_else(|| caller.get_export(&exported?)?.into_memory());
        if let Some(memory) = memory {
            if let Some((address, bytes)) = answer.write {
                // What does not fit is not written.
                let _ = memory.write(&mut caller, address as usize, &bytes);
            }
            if answer.grows {
                // What can't grow stays as it is.
                let _ = memory.grow(&mut caller, 1);
            }
        }
        if answer.fails {
            return Err(Error::new(HostFailed));
        }
        for (into, value) in into.iter_mut().zip(&answer.results) {
            *into = to_wasmtime(&mut caller, *value).map_err(native)?;
        }
        Ok(())
    };
    Ok(Func::new(store, ty.clone(), call))
}

fn state(
    store: &mut Store<Data>,
    instance: Instance,
    observed: &Observed<'_>,
    imports: &[(String, Extern)],
) -> Result<String> {
    let mut state = State::default();
    if observed.memory
        && let Some(memory) = store.data().memory
    {
        state.memory(memory.data(&*store));
    }
    for item in &observed.exports {
        match instance.get_export(&mut *store, &item.name).context("no such export")? {
            Extern::Global(global) => {
                let value = global.get(&mut *store);
                state.value(from_wasmtime(&*store, &value)?);
            }
            Extern::Table(table) => {
                let mut elements = Vec::new();
                for index in 0..table.size(&*store) {
                    let element = table.get(&mut *store, index).context("beyond the table")?;
                    elements.push(from_wasmtime(&*store, &element.into())?);
                }
                state.table(elements.into_iter());
            }
            _ => bail!("{} has another type", item.name),
        }
    }
    for item in &observed.imports {
        let ExportKind::Global { ty, .. } = item.kind else { continue };
        let name = key(&item.module, &item.name);
        let mut found = None;
        for (_, import) in imports.iter().filter(|(known, _)| *known == name) {
            let Extern::Global(global) = import else { continue };
            let value = global.get(&mut *store);
            let value = from_wasmtime(&*store, &value)?;
            if value.ty() == ty && global.ty(&*store).mutability() == Mutability::Var {
                found = Some(value);
                break;
            }
        }
        state.value(found.context("no such global")?);
    }
    Ok(state.line())
}
