//! The by-name interface: how it prints, and that it can be implemented as generated code does.

use herkos_runtime::*;

const I32S: &[ValType] = &[ValType::I32, ValType::I32];

#[test]
fn types_print_as_in_the_text_format() {
    let names = [
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
        ValType::FuncRef,
        ValType::ExternRef,
    ]
    .map(|ty| ty.to_string());
    assert_eq!(names, ["i32", "i64", "f32", "f64", "funcref", "externref"]);
    let show = |params, results| FuncType { params, results }.to_string();
    assert_eq!(show(I32S, &[ValType::I32]), "(i32, i32) -> i32");
    assert_eq!(show(&[], &[]), "() -> ()");
    assert_eq!(
        show(&[ValType::FuncRef], &[ValType::F32, ValType::ExternRef]),
        "(funcref) -> (f32, externref)"
    );
}

#[test]
fn values_know_their_type_and_print() {
    let function = Some(FuncRef::from_id(3));
    let cases: [(Value, ValType, &str); 17] = [
        (Value::from(-7_i32), ValType::I32, "-7"),
        (Value::from(i64::MIN), ValType::I64, "-9223372036854775808"),
        (Value::from(1.5_f32), ValType::F32, "1.5"),
        (Value::from(-0.0_f32), ValType::F32, "-0.0"),
        (Value::from(0.1_f32), ValType::F32, "0.1"),
        (Value::from(f32::NEG_INFINITY), ValType::F32, "-inf"),
        (Value::from(f32::from_bits(0x7fc0_0000)), ValType::F32, "nan"),
        (Value::from(f32::from_bits(0xffa0_0000)), ValType::F32, "-nan:0x200000"),
        (Value::from(1e300_f64), ValType::F64, "1e300"),
        (Value::from(f64::INFINITY), ValType::F64, "inf"),
        (Value::from(f64::from_bits(0xfff8_0000_0000_0000)), ValType::F64, "-nan"),
        (Value::from(f64::from_bits(0x7ff8_0000_0000_0001)), ValType::F64, "nan:0x8000000000001"),
        (Value::from(function), ValType::FuncRef, "func 3"),
        (Value::from(None::<FuncRef>), ValType::FuncRef, "null"),
        (Value::from(Some(ExternRef(9))), ValType::ExternRef, "extern 9"),
        (Value::from(None::<ExternRef>), ValType::ExternRef, "null"),
        (Value::I32(0), ValType::I32, "0"),
    ];
    for (value, ty, text) in cases {
        assert_eq!((value.ty(), value.to_string().as_str()), (ty, text));
    }
    assert_eq!(Value::I32(1), Value::from(1));
    assert_ne!(Value::I32(1), Value::from(1_i64));
}

#[test]
fn errors_say_what_is_wrong() {
    use core::error::Error;
    let trap = WasmTrap::new(TrapKind::Unreachable);
    let cases = [
        (InvokeError::UnknownExport, "no such export"),
        (InvokeError::NotAFunction, "the export is not a function"),
        (InvokeError::ArgumentCount { expected: 2, given: 0 }, "2 argument(s) expected, 0 given"),
        (
            InvokeError::ArgumentType { index: 1, expected: ValType::I32, given: ValType::F64 },
            "argument 2: i32 expected, f64 given",
        ),
        (InvokeError::ResultsTooSmall { needed: 3 }, "no room for 3 result(s)"),
        (InvokeError::from(trap), "trap: unreachable"),
    ];
    for (error, text) in cases {
        assert_eq!(error.to_string(), text);
        assert_eq!(error.source().is_some(), error == InvokeError::Trap(trap));
    }
}

/// A module as the transpiler writes them: one function, `add`, and one global, `answer`.
struct Instance;

impl Module for Instance {
    const DIGEST: &'static str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const IMPORTS: &'static [Import] = &[];
    const EXPORTS: &'static [Export] = &[
        Export {
            name: "add",
            ty: ExternType::Func(FuncType { params: I32S, results: &[ValType::I32] }),
        },
        Export { name: "answer", ty: ExternType::Global { ty: ValType::I64, mutable: false } },
    ];

    fn invoke(
        &mut self,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError> {
        match (name, args) {
            ("add", &[Value::I32(a), Value::I32(b)]) => {
                let [result, ..] = results else {
                    return Err(InvokeError::ResultsTooSmall { needed: 1 });
                };
                *result = a.wrapping_add(b).into();
                Ok(1)
            }
            ("add", args) => Err(InvokeError::ArgumentCount { expected: 2, given: args.len() }),
            _ => Err(InvokeError::UnknownExport),
        }
    }

    fn global(&self, name: &str) -> Option<Value> {
        (name == "answer").then_some(Value::I64(42))
    }

    fn locate(&self, trap: WasmTrap) -> Option<TrapLocation> {
        trap.site().map(|site| TrapLocation { function: site, name: "add", offset: None })
    }
}

#[test]
fn modules_can_be_called_by_name() {
    fn call(module: &mut impl Module, args: &[Value]) -> Result<Value, InvokeError> {
        let mut results = [Value::I32(0)];
        module.invoke("add", args, &mut results).map(|_| results[0])
    }
    assert_eq!(call(&mut Instance, &[1.into(), 2.into()]), Ok(3.into()));
    assert_eq!(call(&mut Instance, &[]), Err(InvokeError::ArgumentCount { expected: 2, given: 0 }));
    assert_eq!(
        Instance.invoke("add", &[1.into(), 2.into()], &mut []),
        Err(InvokeError::ResultsTooSmall { needed: 1 })
    );
    assert_eq!(Instance.global("answer"), Some(Value::I64(42)));
    assert_eq!(Instance::EXPORTS.len(), 2);
    assert_eq!(
        Instance.locate(WasmTrap::at(TrapKind::Host, 4)).map(|location| location.function),
        Some(4)
    );
}
