//! A C program to begin with: it instantiates the module and grants it nothing.

use super::{ExportFunction, MemberKind, Plan, header, in_c_comment};
use herkos_runtime::ValType;
use std::fmt::Write as _;

pub(super) fn write(plan: &Plan<'_>) -> String {
    let Plan { prefix: p, capitals, .. } = plan;
    let mut out = format!("#include <stdio.h>\n\n#include \"{p}.h\"\n\n");
    for member in &plan.members {
        let (module, name) = (in_c_comment(member.import.0), in_c_comment(member.import.1));
        let (result, params) = header::pointer(plan, member);
        let _ = writeln!(
            out,
            "/* {module} {name} */\nstatic {result} host_{}({}) {{",
            member.name,
            params.join(", ")
        );
        for param in &params {
            let name = param.rsplit([' ', '*']).next().unwrap_or_default();
            let _ = writeln!(out, "    (void){name};");
        }
        out.push_str(&match &member.kind {
            MemberKind::Func { .. } => {
                format!("    return {capitals}_TRAP_HOST; /* Not granted yet. */\n")
            }
            MemberKind::Get(ValType::FuncRef | ValType::ExternRef) => "    return -1;\n".to_owned(),
            MemberKind::Get(_) => "    return 0;\n".to_owned(),
            MemberKind::Set(_) => String::new(),
        });
        out.push_str("}\n\n");
    }
    out.push_str("int main(void) {\n");
    let mut args = String::new();
    if plan.has_host() {
        let _ = writeln!(out, "    const {p}_host host = {{");
        for member in &plan.members {
            let _ = writeln!(out, "        .{0} = host_{0},", member.name);
        }
        out.push_str("    };\n");
        args.push_str("&host, NULL, ");
    }
    let _ = write!(
        out,
        "    {p}_instance *instance;\n    \
             {p}_status status = {p}_instance_new({args}&instance);\n    \
             if (status != {capitals}_OK) {{\n        \
                 fprintf(stderr, \"%s\\n\", {p}_status_message(status));\n        return 1;\n    }}\n"
    );
    let mut calls = String::new();
    for export in &plan.exports {
        if let ExportFunction::Func(sig) = &export.kind {
            let _ = writeln!(calls, "     *   {}: {sig}", export.name);
        }
    }
    if !calls.is_empty() {
        let _ = write!(out, "    /* What it exports:\n{calls}     */\n");
    }
    let _ = write!(
        out,
        "    printf(\"The module is instantiated.\\n\");\n    \
             {p}_instance_free(instance);\n    return 0;\n}}\n"
    );
    out
}
