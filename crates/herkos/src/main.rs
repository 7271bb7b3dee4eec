//! The `herkos` command: flags and files. What it does with them is the library's.

#![forbid(unsafe_code)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
