//! Modules that say much in few bytes: under a limit on memory the command gives an output or an error, in time, and no
//! output is out of proportion.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    MemArg, MemArgTarget, MemorySection, MemoryType, Module, RefType, TableSection, TableType,
    TypeSection, ValType,
};

/// What the process may have, in KiB, with its stacks and its own code.
const MEMORY: usize = 1 << 20;

/// What an output may have, whatever the input, and for each of its bytes.
const MOST: (u64, u64) = (64 << 20, 500);

/// Much longer than any takes, without optimisation and on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const I32: ValType = ValType::I32;

/// The parts of a module with functions of one type, of so many parameters.
#[derive(Default)]
struct Parts {
    params: usize,
    imports: Option<ImportSection>,
    /// How many functions the imports are.
    imported: u32,
    table: bool,
    memory: bool,
    globals: Option<GlobalSection>,
    exports: Vec<u32>,
    data: Option<(u32, DataSection)>,
    functions: Vec<Function>,
}

impl Parts {
    fn module(self) -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function(vec![I32; self.params], []);
        module.section(&types);
        self.imports.iter().for_each(|imports| {
            module.section(imports);
        });
        let mut functions = FunctionSection::new();
        self.functions.iter().for_each(|_| {
            functions.function(0);
        });
        module.section(&functions);
        let all: Vec<u32> = (self.imported..).take(self.functions.len()).collect();
        if self.table {
            let ty = TableType {
                element_type: RefType::FUNCREF,
                table64: false,
                minimum: all.len() as u64,
                maximum: None,
                shared: false,
            };
            module.section(TableSection::new().table(ty));
        }
        if self.memory {
            let ty = MemoryType {
                minimum: 1,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            };
            module.section(MemorySection::new().memory(ty));
        }
        self.globals.iter().for_each(|globals| {
            module.section(globals);
        });
        let mut exports = ExportSection::new();
        for (index, function) in self.exports.iter().enumerate() {
            exports.export(&format!("{index:x}"), ExportKind::Func, self.imported + function);
        }
        if self.table {
            exports.export("table", ExportKind::Table, 0);
        }
        module.section(&exports);
        if self.table {
            let mut elements = ElementSection::new();
            let all = Elements::Functions((&all).into());
            module.section(elements.active(None, &ConstExpr::i32_const(0), all));
        }
        self.data.iter().for_each(|(count, _)| {
            module.section(&DataCountSection { count: *count });
        });
        let mut code = CodeSection::new();
        self.functions.iter().for_each(|function| {
            code.function(function);
        });
        module.section(&code);
        self.data.iter().for_each(|(_, data)| {
            module.section(data);
        });
        module.finish()
    }
}

fn function(write: impl FnOnce(&mut wasm_encoder::InstructionSink<'_>)) -> Function {
    function_with(0, write)
}

fn function_with(
    locals: u32,
    write: impl FnOnce(&mut wasm_encoder::InstructionSink<'_>),
) -> Function {
    let mut function = Function::new([(locals, I32)]);
    write(&mut function.instructions());
    function.instructions().end();
    function
}

/// Functions of a thousand parameters, in a table.
fn wide_functions() -> Vec<u8> {
    let functions = vec![function(|_| {}); 15_000];
    Parts { params: 1_000, table: true, functions, ..Parts::default() }.module()
}

/// Import modules, and functions of which each reaches one more than the next.
fn traits() -> Vec<u8> {
    let count = 3_000;
    let mut imports = ImportSection::new();
    for index in 0..count {
        let module = format!("a_module_with_a_name_of_sixty_four_characters_for_a_trait_{index}");
        imports.import(&module, &format!("f{index}"), EntityType::Function(0));
    }
    let calls = |index| {
        function(move |code| {
            code.call(index);
            if index + 1 < count {
                code.call(count + index + 1);
            }
        })
    };
    let functions = (0..count).map(calls).collect();
    let imports = Some(imports);
    Parts { imports, imported: count, exports: vec![0], functions, ..Parts::default() }.module()
}

/// One function under many names.
fn exports() -> Vec<u8> {
    let functions = vec![function(|_| {})];
    Parts { exports: vec![0; 50_000], functions, ..Parts::default() }.module()
}

fn globals() -> Vec<u8> {
    let mut globals = GlobalSection::new();
    for _ in 0..100_000 {
        let ty = GlobalType { val_type: I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(0));
    }
    Parts { globals: Some(globals), ..Parts::default() }.module()
}

/// Segments of nothing, half of them at the start of the memory.
fn segments() -> Vec<u8> {
    let mut data = DataSection::new();
    for _ in 0..40_000 {
        data.active(0, &ConstExpr::i32_const(0), []);
        data.passive([]);
    }
    Parts { memory: true, data: Some((80_000, data)), ..Parts::default() }.module()
}

/// Branches from anywhere to anywhere.
fn branches() -> Vec<u8> {
    let depth = 200;
    let targets: Vec<u32> = (0..depth).collect();
    let functions = vec![function(|code| {
        (0..depth).for_each(|_| {
            code.block(wasm_encoder::BlockType::Empty);
        });
        (0..400).for_each(|_| {
            code.block(wasm_encoder::BlockType::Empty);
            code.i32_const(0).br_table(targets.iter().copied(), 0).end();
        });
        (0..depth).for_each(|_| {
            code.end();
        });
    })];
    Parts { exports: vec![0], functions, ..Parts::default() }.module()
}

/// Loops in each other, and locals that live in all of them.
fn loops() -> Vec<u8> {
    let depth = 3_000;
    let functions = vec![function_with(depth, |code| {
        (0..depth).for_each(|_| {
            code.loop_(wasm_encoder::BlockType::Empty);
        });
        (0..depth).for_each(|index| {
            code.local_get(index).local_set((index + 1) % depth).local_get(index).br_if(index);
        });
        (0..depth).for_each(|_| {
            code.end();
        });
    })];
    Parts { exports: vec![0], functions, ..Parts::default() }.module()
}

/// Accesses one after the other, each of another address.
fn accesses() -> Vec<u8> {
    let at = MemArg { offset: 4, align: 2, target: MemArgTarget::Memory(0), ordering: None };
    let functions = vec![function_with(2, |code| {
        (0..20_000).for_each(|_| {
            code.local_get(0).local_get(1).i32_load(at).i32_store(at);
            code.local_get(0).i32_const(4).i32_add().local_set(0);
        });
    })];
    Parts { memory: true, exports: vec![0], functions, ..Parts::default() }.module()
}

/// A ring of functions: each reaches all.
fn ring() -> Vec<u8> {
    let count = 30_000;
    let next = |index: u32| {
        function(move |code| {
            code.call((index + 1) % count);
        })
    };
    let functions = (0..count).map(next).collect();
    Parts { exports: vec![0], functions, ..Parts::default() }.module()
}

/// Runs the command under the limit; how it ended, the size of what it wrote, and its errors.
fn run(name: &str, module: &[u8], arguments: &[&str]) -> (i32, u64, String) {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("module.wasm"), dir.path().join("output"));
    fs::write(&input, module).unwrap();
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_herkos"))
        .args(arguments)
        .args([input.as_os_str(), "-o".as_ref(), output.as_os_str()])
        .stdin(Stdio::null())
        .stderr(fs::File::create(dir.path().join("errors")).unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{name} {arguments:?}: it takes too long");
        }
        sleep(Duration::from_millis(20));
    };
    let errors = fs::read_to_string(dir.path().join("errors")).unwrap();
    let Some(code) = status.code() else { panic!("{name} {arguments:?}: {status}: {errors}") };
    assert_eq!(code == 0, errors.is_empty(), "{name} {arguments:?}: {errors}");
    assert!(!errors.contains("internal error"), "{name} {arguments:?}: {errors}");
    (code, fs::metadata(&output).map_or(0, |file| file.len()), errors)
}

#[test]
fn much_in_few_bytes() {
    let everything =
        ["--snapshots", "--host-impls", "--fuel", "100", "--by-name", "--trap-offsets"];
    let modules = [
        ("wide functions", wide_functions(), 1),
        ("traits", traits(), 0),
        ("exports", exports(), 0),
        ("globals", globals(), 0),
        ("segments", segments(), 0),
        ("branches", branches(), 0),
        ("loops", loops(), 0),
        ("accesses", accesses(), 0),
        ("ring", ring(), 0),
    ];
    for (name, module, wanted) in modules {
        let commands: [&[&str]; 3] = [
            &["transpile", "--threads", "1"],
            &[&["transpile", "--threads", "1"][..], &everything].concat(),
            &["inspect", "--report", "json"],
        ];
        for command in commands {
            let (code, size, errors) = run(name, &module, command);
            let most = MOST.0 + MOST.1 * module.len() as u64;
            assert!(size <= most, "{name} {command:?}: {size} bytes of {}", module.len());
            // What is refused is refused for its size.
            let refused = errors.starts_with("error: limit exceeded");
            assert!(code == 0 || refused, "{name} {command:?}: {code}: {errors}");
            if command == commands[0] {
                assert_eq!(code, wanted, "{name}: {errors}");
            }
        }
    }
}
