//! The command line: one file a command, and what they share.

mod args;
mod build;
mod cache;
mod diff;
mod failure;
mod generate;
mod input;
mod inspect;
mod json;
mod link;
mod new;
mod new_c;
mod output;
mod project;
mod run;
mod transpile;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use self::args::{Cli, Color, Command};
use self::failure::Failure;

/// Runs the command that the process was asked for; its exit status.
pub(crate) fn main() -> ExitCode {
    // Before parsing: the parser's own messages have colours too.
    color_asked_for(env::args_os().skip(1)).apply();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // If the terminal is gone there is no one left to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::USAGE));
        }
    };
    match dispatch(&cli) {
        Ok(status) => status,
        Err(failure) => failure.report(),
    }
}

fn dispatch(cli: &Cli) -> Result<ExitCode, Failure> {
    let done = match &cli.command {
        None => transpile::run(&cli.transpile),
        Some(_) if !cli.transpile.is_empty() => Err(Failure::usage(
            "arguments before a command belong to `herkos transpile`",
        )
        .hint(
            "put options after the command; write a file that is named like a command as `./NAME`",
        )),
        Some(Command::Transpile(args)) => transpile::run(args),
        Some(Command::Link(args)) => link::run(args),
        Some(Command::Inspect(args)) => inspect::run(args),
        Some(Command::Diff(args)) => return diff::run(args),
        Some(Command::Build(args)) => build::run(args),
        Some(Command::Run(args)) => return run::run(args),
        Some(Command::New(args)) => new::run(args),
        Some(Command::Cache(args)) => cache::run(args),
        Some(Command::Completions(args)) => generate::completions(args),
        Some(Command::Man(args)) => generate::man(args),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Looks for `--color` only, as far as the arguments are herkos' own.
fn color_asked_for(arguments: impl Iterator<Item = OsString>) -> Color {
    let mut arguments = arguments.take_while(|argument| argument != "--" && argument != "--invoke");
    let mut color = Color::Auto;
    while let Some(argument) = arguments.next() {
        let value = match argument.to_str() {
            Some("--color") => arguments.next(),
            Some(text) => text.strip_prefix("--color=").map(OsString::from),
            None => None,
        };
        color = match value.as_ref().and_then(|value| value.to_str()) {
            Some("always") => Color::Always,
            Some("never") => Color::Never,
            Some("auto") => Color::Auto,
            _ => color,
        };
    }
    color
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(arguments: &[&str]) -> Color {
        color_asked_for(arguments.iter().map(OsString::from))
    }

    #[test]
    fn color_is_found_before_parsing() {
        assert_eq!(color(&["x.wasm", "--color", "never"]), Color::Never);
        assert_eq!(color(&["--color=always", "inspect", "x"]), Color::Always);
        assert_eq!(color(&["--color", "pink"]), Color::Auto);
        assert_eq!(color(&["run", "x", "--", "--color=never"]), Color::Auto);
        assert_eq!(color(&["run", "x", "--invoke", "--color=never"]), Color::Auto);
    }
}
