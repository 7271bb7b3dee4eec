//! `herkos run`: builds, unless that was done before, and executes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use herkos::Config;
use herkos::native::Grants;

use super::args::{GrantArgs, Run};
use super::build::executable;
use super::cache::Cache;
use super::failure::Failure;
use super::input::Input;

pub(crate) fn run(args: &Run) -> Result<ExitCode, Failure> {
    let input = Input::read(&args.input)?;
    let cache = Cache::open()?;
    args.grants.check()?;
    let program = executable(&cache, &input, &args.native, &Grants::default())?;
    let mut command = Command::new(&program);
    name_it(&mut command, &input);
    if imports_wasi(&input) {
        grant(&mut command, &args.grants, args.invoke.is_empty());
    } else if args.grants.any() {
        return Err(Failure::usage("--dir and --env are for modules that import WASI"));
    }
    if !args.invoke.is_empty() {
        command.arg("--invoke");
    }
    command.args(&args.invoke).args(&args.arguments);
    if !cache.is_temporary() {
        become_it(&mut command)?;
    }
    match command.status() {
        Ok(status) => Ok(ExitCode::from(exit_status(status))),
        Err(error) => Err(not_started(&command, &error)),
    }
}

/// Whether the program is one that takes grants. That it can be read is known by now.
fn imports_wasi(input: &Input) -> bool {
    let interface = Config::new().inspect(&input.bytes);
    interface.is_ok_and(|interface| interface.imports_wasi())
}

/// Puts the grants before the program's arguments, so that none of those is taken for one.
fn grant(command: &mut Command, grants: &GrantArgs, program: bool) {
    command.arg("--grants");
    for dir in &grants.dir {
        command.arg("--dir").arg(dir);
    }
    for variable in &grants.env {
        command.arg("--env").arg(variable);
    }
    if grants.inherit_env {
        command.arg("--inherit-env");
    }
    if program {
        command.arg("--");
    }
}

/// The program's messages name the module, not a file in the cache.
#[cfg(unix)]
fn name_it(command: &mut Command, input: &Input) {
    use std::os::unix::process::CommandExt as _;
    command.arg0(input.path.clone().unwrap_or_else(|| PathBuf::from("module")));
}

#[cfg(not(unix))]
fn name_it(_command: &mut Command, _input: &Input) {}

/// Where it is possible this process becomes the program: signals and its status are then its own.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Err(not_started(command, &error))
}

#[cfg(not(unix))]
fn become_it(_command: &mut Command) -> Result<(), Failure> {
    Ok(())
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    let program: OsString = command.get_program().to_owned();
    Failure::new(format!("cannot execute `{}`: {error}", Path::new(&program).display()))
}

/// The program's exit status; for one that a signal ended, what a shell reports.
fn exit_status(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
