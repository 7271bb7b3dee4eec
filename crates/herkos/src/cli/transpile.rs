//! `herkos INPUT -o OUTPUT`: a module to Rust source.

use std::io::Write as _;
use std::path::Path;

use herkos::CAbi;

use super::args::{Emit, Transpile};
use super::failure::Failure;
use super::input::Input;
use super::output::{self, Kind, Target};

pub(crate) fn run(args: &Transpile) -> Result<(), Failure> {
    let Some(path) = &args.input else {
        return Err(
            Failure::usage("no input").hint("give a .wasm or .wat file, or `-` for standard input")
        );
    };
    let Some(output) = &args.output else {
        // A mistyped command looks like an input that isn't there.
        if path != Path::new("-") {
            Input::read(path)?;
        }
        return Err(Failure::usage("no output")
            .hint("add `--output FILE.rs`, or `--output -` to write to standard output"));
    };
    let input = Input::read(path)?;
    if args.emit == Some(Emit::CAbi) {
        let targets = c_abi_targets(output, &[&input])?;
        let mut config = args.config().source_name(input.name());
        if input.path.is_none() && args.options.c_prefix.is_none() {
            config = config.c_prefix("guest");
        }
        return write_c_abi(targets, &config.c_abi(&input.bytes)?);
    }
    let target = if output == Path::new("-") {
        None
    } else {
        Some(Target::new(output, Kind::Data, &input)?)
    };
    let config = args.config().source_name(input.name());
    let pieces = match &args.emit {
        None | Some(Emit::Rust | Emit::CAbi) => config.transpile_to_pieces(&input.bytes)?,
        Some(Emit::Ir(pass)) => vec![config.emit_ir(&input.bytes, pass.as_deref())?],
    };
    let mut pieces = pieces.iter().map(String::as_bytes);
    match target {
        Some(target) => target.write(|out| pieces.try_for_each(|piece| out.write_all(piece))),
        None => pieces.try_for_each(output::print),
    }
}

/// Where the C ABI goes: the Rust file, and the header beside it.
pub(super) fn c_abi_targets(output: &Path, inputs: &[&Input]) -> Result<[Target; 2], Failure> {
    if output == Path::new("-") {
        return Err(Failure::usage("the C ABI is two files, which standard output can't hold")
            .hint("add `--output FILE.rs`; the header is FILE.h"));
    }
    let header = output.with_extension("h");
    if header == output {
        let name = output.display();
        return Err(Failure::usage(format!("`{name}` would be both the Rust file and the header"))
            .hint("add `--output FILE.rs`; the header is FILE.h"));
    }
    let target = |path: &Path| {
        // Not over any of the modules.
        let targets = inputs.iter().map(|input| Target::new(path, Kind::Data, input));
        targets.collect::<Result<Vec<_>, _>>()?.pop().ok_or_else(|| Failure::usage("no input"))
    };
    Ok([target(output)?, target(&header)?])
}

pub(super) fn write_c_abi([shim, header]: [Target; 2], c: &CAbi) -> Result<(), Failure> {
    Target::write_together(&[(shim, c.shim.as_bytes()), (header, c.header.as_bytes())])
}
