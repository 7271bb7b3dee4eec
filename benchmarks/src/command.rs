//! Other programs: started, waited for, and their complaints passed on.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow, bail};
use wait4::Wait4;

/// Runs a command to its end and gives its output. Fails if the command does.
pub fn output(command: &mut Command) -> Result<String> {
    let name = name(command);
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("can't run {name}"))?;
    if !output.status.success() {
        bail!("{name} failed ({}): {}", output.status, complaint(&output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What one run of a command took.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub user_seconds: f64,
    pub system_seconds: f64,
    /// The most memory it had at once, or any process it waited for.
    pub peak_bytes: u64,
}

/// The argument with which this program runs a command and prints what it took.
pub const MEASURE: &str = "measure-command";

/// Runs a command to its end and tells what it took. Fails if the command does.
///
/// The system counts to a process what the one had that started it, so this is done by another one of this
/// program, which has next to nothing.
pub fn measured(command: &Command) -> Result<Usage> {
    let this = std::env::current_exe().context("can't find this program")?;
    let mut other = Command::new(this);
    other.arg(MEASURE).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        other.current_dir(dir);
    }
    let text = output(&mut other)?;
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(user_seconds)), Some(Ok(system_seconds)), Some(Ok(peak))) => {
            Ok(Usage { user_seconds, system_seconds, peak_bytes: peak as u64 })
        }
        _ => bail!("{} was not measured: {text}", name(command)),
    }
}

/// What the program does for [`measured`].
pub fn measure(mut words: impl Iterator<Item = OsString>) -> Result<()> {
    let program = words.next().context("no command")?;
    let usage = wait(Command::new(program).args(words))?;
    println!("{} {} {}", usage.user_seconds, usage.system_seconds, usage.peak_bytes);
    Ok(())
}

fn wait(command: &mut Command) -> Result<Usage> {
    let name = name(command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("can't run {name}"))?;
    let ended = child.wait4().with_context(|| format!("can't wait for {name}"))?;
    if !ended.status.success() {
        bail!("{name} failed ({})", ended.status);
    }
    Ok(Usage {
        user_seconds: ended.rusage.utime.as_secs_f64(),
        system_seconds: ended.rusage.stime.as_secs_f64(),
        peak_bytes: ended.rusage.maxrss,
    })
}

/// The first line that a program prints about itself.
pub fn version(program: &Path, argument: &str) -> Result<String> {
    let text = output(Command::new(program).arg(argument))?;
    let line = text.lines().next().unwrap_or_default();
    Ok(line.trim().to_owned())
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().display().to_string()
}

/// The first error a program reported, or its last line.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let error = text.lines().find(|line| line.contains("error"));
    error.or(text.lines().last()).unwrap_or("it said nothing").trim().to_owned()
}

/// Makes `file` by running `command`, unless that was done before with the same command and the same `inputs`.
pub fn make(file: &Path, command: &mut Command, inputs: &[PathBuf]) -> Result<()> {
    let mut hash = DefaultHasher::new();
    command.get_program().hash(&mut hash);
    command.get_args().collect::<Vec<_>>().hash(&mut hash);
    for input in inputs {
        read(input)?.hash(&mut hash);
    }
    let key = format!("{:016x}", hash.finish());
    let mut stamp = OsString::from(file);
    stamp.push(".key");
    if file.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == key) {
        return Ok(());
    }
    // A failed attempt leaves no stamp.
    let _ = fs::remove_file(&stamp);
    output(command)?;
    write(Path::new(&stamp), key)
}

/// Reads a file, or says which one it could not.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("can't read {}", path.display()))
}

/// Reads a text file, or says which one it could not.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

/// Writes a file and the directories above it, or says which one it could not.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let parent = path.parent().ok_or_else(|| anyhow!("{} is no file", path.display()))?;
    fs::create_dir_all(parent).with_context(|| format!("can't create {}", parent.display()))?;
    fs::write(path, content).with_context(|| format!("can't write {}", path.display()))
}

/// Does `work` for each item on `threads` threads, and gives the results in order.
pub fn in_parallel<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    if let Ok(mut results) = results.lock() {
                        results.push((index, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order() {
        let items: Vec<u32> = (0..100).collect();
        assert_eq!(
            in_parallel(4, &items, |item| item * 2),
            (0..200).step_by(2).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_failure_names_the_program() {
        let error = output(Command::new("/nonexistent/tool").arg("x")).unwrap_err();
        assert!(error.to_string().contains("tool"));
        assert!(wait(&mut Command::new("false")).unwrap_err().to_string().contains("false"));
    }
}
