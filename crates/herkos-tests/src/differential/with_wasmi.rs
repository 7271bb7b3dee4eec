//! [wasmi](https://docs.rs/wasmi), an interpreter.

use anyhow::{Context as _, Result, bail};
use herkos::{ExportKind, Interface};
use herkos_runtime as rt;
use herkos_runtime::TrapKind;
use wasmi::errors::{ErrorKind, HostError};
use wasmi::{
    Caller, Config, Error, Extern, ExternRef, ExternType, F32, F64, Func, Global, Instance, Memory,
    Module, Mutability, Ref, Store, StoreLimits, StoreLimitsBuilder, Table, TrapCode, Val, ValType,
};

use super::engine::{DEPTH, Engine, FUEL, MAX_PAGES, Observed, Run, functions, key};
use super::guest::{Call, Host, Log, State, ended};

/// The interpreter.
#[derive(Default)]
pub struct Wasmi;

/// A failure of the host.
#[derive(Debug)]
struct HostFailed;

impl std::fmt::Display for HostFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(TrapKind::Host.message())
    }
}

impl HostError for HostFailed {}

struct Data {
    host: Host,
    limits: StoreLimits,
    memory: Option<Memory>,
    /// The name that a memory is exported by, for calls before there is an instance.
    memory_name: Option<String>,
}

impl Engine for Wasmi {
    fn run(&self, wasm: &[u8], interface: &Interface, calls: &[Call]) -> Result<Run> {
        let mut config = Config::default();
        config.consume_fuel(true).set_max_stack_height(16 << 20).set_max_recursion_depth(DEPTH);
        let engine = wasmi::Engine::new(&config);
        let module = Module::new(&engine, wasm)?;
        let log = Log::default();
        let memory_name = interface.exports.iter().find_map(|item| {
            matches!(item.kind, ExportKind::Memory { .. }).then(|| item.name.clone())
        });
        let limits = StoreLimitsBuilder::new()
            .memory_size(MAX_PAGES as usize * rt::PAGE_SIZE)
            .table_elements(rt::MAX_TABLE_SIZE as usize)
            .build();
        let data = Data { host: Host::new(&log), limits, memory: None, memory_name };
        let mut store = Store::new(&engine, data);
        store.limiter(|data| &mut data.limits);
        let imports = imports(&mut store, &module)?;
        let mut run = Run::default();

        store.set_fuel(FUEL)?;
        let externs: Vec<Extern> = imports.iter().map(|(_, item)| *item).collect();
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
            let memory = instance.get_memory(&store, &name);
            store.data_mut().memory = memory;
        }
        let observed = Observed::of(interface);
        let mut lines = log.take();
        lines.extend([ended(Ok(&[])), state(&store, instance, &observed, &imports)?]);
        run.steps.push(lines);

        let functions = functions(interface);
        for call in calls {
            let (_, _, results) =
                functions.iter().find(|(name, ..)| *name == call.name).context("no such export")?;
            let func = instance.get_func(&store, &call.name).context("no such function")?;
            let args: Vec<Val> = call.args.iter().map(|arg| to_wasmi(&mut store, *arg)).collect();
            let mut into = vec![Val::I32(0); results.len()];
            store.set_fuel(FUEL)?;
            let end = match func.call(&mut store, &args, &mut into) {
                Ok(()) => {
                    let values: Result<Vec<rt::Value>> =
                        into.iter().map(|value| from_wasmi(&store, value)).collect();
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
            lines.extend([end, state(&store, instance, &observed, &imports)?]);
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
    let Some(code) = error.as_trap_code() else {
        // Segments that don't fit.
        if let ErrorKind::Memory(_) = error.kind() {
            return Ok(Some(TrapKind::MemoryOutOfBounds));
        }
        if let ErrorKind::Table(_) = error.kind() {
            return Ok(Some(TrapKind::TableOutOfBounds));
        }
        let text = format!("{error:?}");
        if text.contains("ElementSegmentDoesNotFit") {
            return Ok(Some(TrapKind::TableOutOfBounds));
        }
        bail!("wasmi: {text}");
    };
    Ok(Some(match code {
        TrapCode::UnreachableCodeReached => TrapKind::Unreachable,
        TrapCode::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => TrapKind::TableOutOfBounds,
        TrapCode::IndirectCallToNull => TrapKind::UninitializedElement,
        TrapCode::IntegerDivisionByZero => TrapKind::IntegerDivideByZero,
        TrapCode::IntegerOverflow => TrapKind::IntegerOverflow,
        TrapCode::BadConversionToInteger => TrapKind::InvalidConversionToInteger,
        TrapCode::BadSignature => TrapKind::IndirectCallTypeMismatch,
        TrapCode::StackOverflow | TrapCode::OutOfFuel | TrapCode::GrowthOperationLimited => {
            return Ok(None);
        }
    }))
}

fn value_type(ty: ValType) -> Result<rt::ValType> {
    Ok(match ty {
        ValType::I32 => rt::ValType::I32,
        ValType::I64 => rt::ValType::I64,
        ValType::F32 => rt::ValType::F32,
        ValType::F64 => rt::ValType::F64,
        ValType::FuncRef => rt::ValType::FuncRef,
        ValType::ExternRef => rt::ValType::ExternRef,
        ValType::V128 => bail!("a vector"),
    })
}

fn to_wasmi(store: impl wasmi::AsContextMut, value: rt::Value) -> Val {
    match value {
        rt::Value::I32(v) => Val::I32(v),
        rt::Value::I64(v) => Val::I64(v),
        rt::Value::F32(v) => Val::F32(F32::from_bits(v.to_bits())),
        rt::Value::F64(v) => Val::F64(F64::from_bits(v.to_bits())),
        // Only null can be made outside of a module.
        rt::Value::FuncRef(_) => Val::FuncRef(Ref::Null),
        rt::Value::ExternRef(None) => Val::ExternRef(Ref::Null),
        rt::Value::ExternRef(Some(token)) => Val::from(ExternRef::new(store, token)),
    }
}

fn from_wasmi<T: 'static>(
    store: impl wasmi::AsContext<Data = T>,
    value: &Val,
) -> Result<rt::Value> {
    Ok(match value {
        Val::I32(v) => rt::Value::I32(*v),
        Val::I64(v) => rt::Value::I64(*v),
        Val::F32(v) => rt::Value::F32(f32::from_bits(v.to_bits())),
        Val::F64(v) => rt::Value::F64(f64::from_bits(v.to_bits())),
        Val::FuncRef(Ref::Null) => rt::Value::FuncRef(None),
        Val::FuncRef(Ref::Val(_)) => rt::Value::FuncRef(Some(rt::FuncRef::from_id(0))),
        Val::ExternRef(Ref::Null) => rt::Value::ExternRef(None),
        Val::ExternRef(Ref::Val(object)) => {
            let token = object.data(store.as_context()).downcast_ref::<rt::ExternRef>();
            rt::Value::ExternRef(Some(*token.context("a reference of no known host")?))
        }
        Val::V128(_) => bail!("a vector"),
    })
}

/// What the module imports, with its name, in the engine's order. Two globals of one name and type are one.
fn imports(store: &mut Store<Data>, module: &Module) -> Result<Vec<(String, Extern)>> {
    let mut globals: Vec<(String, (ValType, Mutability), Extern)> = Vec::new();
    let mut all = Vec::new();
    for import in module.imports() {
        let name = key(import.module(), import.name());
        let item = match import.ty() {
            ExternType::Func(ty) => Extern::Func(host_function(store, &name, ty)?),
            ExternType::Global(ty) => {
                let ty = (ty.content(), ty.mutability());
                let known =
                    globals.iter().find(|(known, known_ty, _)| *known == name && *known_ty == ty);
                if let Some((_, _, known)) = known {
                    all.push((name, *known));
                    continue;
                }
                let value = store.data().host.global(&name, value_type(ty.0)?);
                let value = to_wasmi(&mut *store, value);
                let global = Extern::Global(Global::new(&mut *store, value, ty.1));
                globals.push((name.clone(), ty, global));
                global
            }
            ExternType::Memory(ty) => {
                let memory = Memory::new(&mut *store, *ty)?;
                store.data_mut().memory = Some(memory);
                Extern::Memory(memory)
            }
            ExternType::Table(ty) => {
                let null = Val::default(ty.element());
                Extern::Table(Table::new(&mut *store, *ty, null)?)
            }
        };
        all.push((name, item));
    }
    Ok(all)
}

fn host_function(store: &mut Store<Data>, name: &str, ty: &wasmi::FuncType) -> Result<Func> {
    let name = name.to_owned();
    let results: Vec<rt::ValType> =
        ty.results().iter().map(|ty| value_type(*ty)).collect::<Result<_>>()?;
    let call = move |mut caller: Caller<'_, Data>, args: &[Val], into: &mut [Val]| {
        let args: Result<Vec<rt::Value>> =
            args.iter().map(|arg| from_wasmi(&caller, arg)).collect();
        let args = args.map_err(|error| Error::new(error.to_string()))?;
        let answer = caller.data_mut().host.answer(&name, &args, &results);
        let exported = caller.data().memory_name.clone();
        let memory = caller.data().memory.or_else(|| match caller.get_export(&exported?) {
            Some(Extern::Memory(memory)) => Some(memory),
            _ => None,
        });
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
            return Err(Error::host(HostFailed));
        }
        for (into, value) in into.iter_mut().zip(&answer.results) {
            *into = to_wasmi(&mut caller, *value);
        }
        Ok(())
    };
    Ok(Func::new(store, ty.clone(), call))
}

fn state(
    store: &Store<Data>,
    instance: Instance,
    observed: &Observed<'_>,
    imports: &[(String, Extern)],
) -> Result<String> {
    let mut state = State::default();
    if observed.memory
        && let Some(memory) = store.data().memory
    {
        state.memory(memory.data(store));
    }
    for item in &observed.exports {
        match instance.get_export(store, &item.name).context("no such export")? {
            Extern::Global(global) => state.value(from_wasmi(store, &global.get(store))?),
            Extern::Table(table) => {
                let elements: Result<Vec<rt::Value>> = (0..table.size(store))
                    .filter_map(|index| table.get(store, index))
                    .map(|element| from_wasmi(store, &element))
                    .collect();
                state.table(elements?.into_iter());
            }
            Extern::Func(_) | Extern::Memory(_) => bail!("{} has another type", item.name),
        }
    }
    for item in &observed.imports {
        let ExportKind::Global { ty, .. } = item.kind else { continue };
        let name = key(&item.module, &item.name);
        let found = imports.iter().filter(|(known, _)| *known == name).find_map(|(_, item)| {
            let Extern::Global(global) = item else { return None };
            let value = from_wasmi(store, &global.get(store)).ok()?;
            (value.ty() == ty && global.ty(store).mutability() == Mutability::Var).then_some(value)
        });
        state.value(found.context("no such global")?);
    }
    Ok(state.line())
}
