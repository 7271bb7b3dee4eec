//! The `herkos` command: flags and files. What it does with them is the library's.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
