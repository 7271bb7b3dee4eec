//! `herkos INPUT -o OUTPUT`: a module to Rust source.

use std::io::Write as _;
use std::path::Path;

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
    let target = if output == Path::new("-") {
        None
    } else {
        Some(Target::new(output, Kind::Data, &input)?)
    };
    let config = args.config().source_name(input.name());
    let pieces = match &args.emit {
        None | Some(Emit::Rust) => config.transpile_to_pieces(&input.bytes)?,
        Some(Emit::Ir(pass)) => vec![config.emit_ir(&input.bytes, pass.as_deref())?],
    };
    let mut pieces = pieces.iter().map(String::as_bytes);
    match target {
        Some(target) => target.write(|out| pieces.try_for_each(|piece| out.write_all(piece))),
        None => pieces.try_for_each(output::print),
    }
}
