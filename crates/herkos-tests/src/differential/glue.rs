//! The generated program around the generated modules.

use std::collections::HashSet;
use std::fmt::Write as _;

use herkos::{ConstructorParam, ExportKind, Interface, MethodItem, MethodKind, ModuleKind};
use herkos_runtime::ValType;

use super::engine::{Observed, key};

/// The root of a program of modules `m0`, `m1`, …
pub fn program(interfaces: &[&Interface]) -> String {
    let mut text = String::from("use herkos_runtime::*;\nuse support::*;\n\n");
    let mut arms = String::new();
    for (index, interface) in interfaces.iter().enumerate() {
        text.push_str(&glue(index, interface));
        let _ = writeln!(arms, "        {index} => g{index}::new(log),");
    }
    let _ = write!(
        text,
        "fn new(module: usize, log: &Log) -> WasmResult<Box<dyn Guest>> {{\n    match module {{\n\
         {arms}        _ => Err(TrapKind::Host.into()),\n    }}\n}}\n\n\
         fn main() -> std::process::ExitCode {{\n    serve(new)\n}}\n"
    );
    text
}

fn rust_type(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::FuncRef => "Option<FuncRef>",
        ValType::ExternRef => "Option<ExternRef>",
    }
}

/// The host and the instance of one module.
fn glue(index: usize, interface: &Interface) -> String {
    let mut text = format!(
        "mod g{index} {{\nuse super::m{index} as module;\nuse herkos_runtime::*;\nuse support::*;\n"
    );
    for item in &interface.traits {
        let _ = writeln!(text, "impl module::{} for Host {{", item.rust_name);
        // There is one for each import, and a module may import one thing twice.
        let mut written = HashSet::new();
        for method in item.methods.iter().filter(|method| written.insert(&method.rust_name)) {
            host_method(&mut text, &item.module, method, interface.has_memory());
        }
        text.push_str("}\n");
    }
    let has_host = interface.constructor.contains(&ConstructorParam::Host);
    let instance = if has_host { "module::Instance<Host>" } else { "module::Instance" };
    let (fields, invoke) = match interface.kind {
        ModuleKind::Module => (instance.to_owned(), "Module::invoke(&mut self.0, "),
        ModuleKind::Library => (
            format!("{instance}, module::Memory"),
            "LibraryModule::invoke(&mut self.0, &mut self.1, ",
        ),
    };
    let _ = write!(
        text,
        "struct It({fields});\nimpl Guest for It {{\n\
         fn invoke(&mut self, name: &str, args: &[Value], results: &mut [Value]) -> Result<usize, InvokeError> {{\n\
         {invoke}name, args, results)\n}}\nfn state(&self) -> String {{\nlet mut state = State::default();\n"
    );
    state(&mut text, interface);
    text.push_str("state.line()\n}\n}\n");
    constructor(&mut text, interface);
    text.push_str("}\n");
    text
}

fn host_method(text: &mut String, module: &str, method: &MethodItem, has_memory: bool) {
    let name = &method.rust_name;
    let key = key(module, &method.field);
    let first = |types: &[ValType]| types.first().copied().unwrap_or(ValType::I32);
    let _ = match method.kind {
        MethodKind::Func => return host_function(text, &key, method, has_memory),
        MethodKind::GlobalGet => {
            let ty = first(&method.results);
            writeln!(
                text,
                "fn {name}(&self) -> {} {{ Wasm::take(&mut vec![self.global({key:?}, ValType::{ty:?})].into_iter()) }}",
                rust_type(ty)
            )
        }
        MethodKind::GlobalSet => writeln!(
            text,
            "fn {name}(&mut self, value: {}) {{ self.set_global({key:?}, value.into()) }}",
            rust_type(first(&method.params))
        ),
    };
}

fn host_function(text: &mut String, key: &str, method: &MethodItem, has_memory: bool) {
    let mut params = String::from("&mut self");
    if has_memory {
        params.push_str(", memory: &mut module::Memory");
    }
    let mut args = String::new();
    for (index, ty) in method.params.iter().enumerate() {
        let _ = write!(params, ", p{index}: {}", rust_type(*ty));
        let _ = write!(args, "p{index}.into(), ");
    }
    let types: Vec<&str> = method.results.iter().map(|ty| rust_type(*ty)).collect();
    let takes: Vec<&str> = types.iter().map(|_| "Wasm::take(&mut results)").collect();
    let tuple = |items: &[&str]| match items {
        [item] => (*item).to_owned(),
        items => format!("({})", items.join(", ")),
    };
    let variants: String = method.results.iter().map(|ty| format!("ValType::{ty:?}, ")).collect();
    let memory = if has_memory { "Some(memory)" } else { "None" };
    let _ = writeln!(
        text,
        "fn {}({params}) -> WasmResult<{}> {{\nlet mut results = self.call({key:?}, {memory}, &[{args}], &[{variants}])?;\n\
         Ok({})\n}}",
        method.rust_name,
        tuple(&types),
        tuple(&takes)
    );
}

fn state(text: &mut String, interface: &Interface) {
    let observed = Observed::of(interface);
    if observed.memory {
        let memory = match interface.kind {
            ModuleKind::Module => "self.0.memory()",
            ModuleKind::Library => "self.1",
        };
        let _ = writeln!(text, "state.memory({memory}.bytes());");
    }
    for item in observed.exports {
        let name = &item.rust_name;
        let _ = match item.kind {
            ExportKind::Table { .. } => {
                writeln!(text, "state.table(self.0.{name}().elements().iter().copied());")
            }
            ExportKind::Global { .. } => writeln!(text, "state.value(self.0.{name}().into());"),
            ExportKind::Func { .. } | ExportKind::Memory { .. } => Ok(()),
        };
    }
    for item in observed.imports {
        if let ExportKind::Global { ty, .. } = item.kind {
            let key = key(&item.module, &item.name);
            let _ = writeln!(text, "state.value(self.0.host().global({key:?}, ValType::{ty:?}));");
        }
    }
}

fn constructor(text: &mut String, interface: &Interface) {
    text.push_str("pub fn new(log: &Log) -> WasmResult<Box<dyn Guest>> {\n");
    let mut args = Vec::new();
    for (index, param) in interface.constructor.iter().enumerate() {
        match param {
            ConstructorParam::Host => args.push("Host::new(log)".to_owned()),
            ConstructorParam::Memory { min_pages, max_pages } => {
                let _ = writeln!(
                    text,
                    "let mut memory = IsolatedMemory::new({min_pages}, {max_pages})?;"
                );
                args.push("&mut memory".to_owned());
            }
            ConstructorParam::Table { min, max, .. } => {
                let _ = writeln!(text, "let t{index} = Table::new({min}, {max}, None)?;");
                args.push(format!("t{index}"));
            }
            // Only with storage that the host lends, which is not asked for.
            ConstructorParam::MemoryBuffer { .. } | ConstructorParam::TableBuffer { .. } => {}
        }
    }
    let memory = match interface.kind {
        ModuleKind::Module => "",
        ModuleKind::Library => ", memory",
    };
    let _ = writeln!(
        text,
        "let instance = module::Instance::new({})?;\nOk(Box::new(It(instance{memory})))\n}}",
        args.join(", ")
    );
}
