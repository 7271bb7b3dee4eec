//! `herkos link NAME=MODULE… -o OUTPUT`: several modules to one Rust source.

use std::io::Write as _;
use std::path::Path;

use super::args::{Link, LinkEmit, NamedModule};
use super::failure::Failure;
use super::input::Input;
use super::output::{self, Kind, Target};
use super::transpile::{c_abi_targets, write_c_abi};

pub(crate) fn run(args: &Link) -> Result<(), Failure> {
    let inputs: Vec<Input> =
        args.modules.iter().map(|module| Input::read(&module.path)).collect::<Result<_, _>>()?;
    let c_abi = match args.emit {
        LinkEmit::CAbi => Some(c_abi_targets(&args.output, &inputs.iter().collect::<Vec<_>>())?),
        LinkEmit::Rust | LinkEmit::Wasm => None,
    };
    let target = if args.output == Path::new("-") {
        None
    } else {
        // Not over any of the modules.
        for input in &inputs {
            Target::new(&args.output, Kind::Data, input)?;
        }
        Some(Target::new(&args.output, Kind::Data, &inputs[0])?)
    };
    let source: Vec<String> = (args.modules.iter().zip(&inputs))
        .map(|(NamedModule { name, .. }, input)| format!("{name}={}", input.name()))
        .collect();
    let config = args.options.config().source_name(source.join(" "));
    let config = config.instantiate_separately(args.instantiate_separately);
    let modules: Vec<(&str, &[u8])> = (args.modules.iter().zip(&inputs))
        .map(|(module, input)| (module.name.as_str(), input.bytes.as_slice()))
        .collect();
    if let Some(targets) = c_abi {
        return write_c_abi(targets, &config.link_c_abi(&modules)?);
    }
    let bytes = match args.emit {
        LinkEmit::Rust | LinkEmit::CAbi => config.link(&modules)?.source.into_bytes(),
        LinkEmit::Wasm => config.link_to_wasm(&modules)?,
    };
    match target {
        Some(target) => target.write(|out| out.write_all(&bytes)),
        None => output::print(&bytes),
    }
}
