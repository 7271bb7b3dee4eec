//! A generated program at work: commands in, answers out, and a new start when it dies.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use herkos_runtime::{TrapKind, Value};

use super::driver::parse_token;
use super::value::reported_kind;

/// How long a command may take. The slowest takes a few seconds without optimisation.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program that dies this often is given up.
const MAX_RESTARTS: usize = 20;

/// Bytes kept of what a program writes to standard error.
const MAX_STDERR: u64 = 4096;

/// The answer to a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It succeeded, with these values.
    Ok(Vec<Value>),
    /// It trapped.
    Trap(TrapKind),
    /// The program did not understand the command, or could not link.
    Error(String),
    /// The program died or hung.
    Died(String),
}

impl Answer {
    fn parse(line: &str) -> Self {
        let not_understood = || Self::Error(format!("an answer that makes no sense: {line:?}"));
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "ok" => {
                let values = rest.split_whitespace().map(parse_token).collect::<Option<Vec<_>>>();
                values.map_or_else(not_understood, Self::Ok)
            }
            "trap" => reported_kind(rest).map_or_else(not_understood, Self::Trap),
            "error" => Self::Error(rest.into()),
            _ => not_understood(),
        }
    }
}

/// A conversation with a program that survives the program's death: a new process is told all
/// commands that went before, except those that killed.
pub struct Session {
    executable: PathBuf,
    process: Option<Process>,
    history: Vec<String>,
    restarts: usize,
    /// Why there will be no new process, once that is so.
    lost: Option<String>,
}

impl Session {
    /// A conversation that has not begun.
    pub fn new(executable: &Path) -> Self {
        Self {
            executable: executable.to_owned(),
            process: None,
            history: Vec::new(),
            restarts: 0,
            lost: None,
        }
    }

    /// Sends a command and waits for its answer.
    pub fn send(&mut self, command: &str) -> Answer {
        if self.process.is_none() && self.lost.is_none() {
            self.lost = self.start().err();
        }
        let (Some(process), None) = (&mut self.process, &self.lost) else {
            let lost = self.lost.as_deref().unwrap_or_default();
            return Answer::Died(format!("not run: {lost}"));
        };
        let answer = process.send(command);
        if matches!(answer, Answer::Died(_)) {
            self.process = None;
        } else {
            self.history.push(command.to_owned());
        }
        answer
    }

    /// Starts a process and brings it to where the last one was.
    fn start(&mut self) -> Result<(), String> {
        if self.restarts > MAX_RESTARTS {
            return Err(format!("the program died {MAX_RESTARTS} times before"));
        }
        self.restarts += 1;
        let mut process = Process::start(&self.executable)
            .map_err(|error| format!("cannot start {}: {error}", self.executable.display()))?;
        for command in &self.history {
            if let Answer::Died(how) = process.send(command) {
                return Err(format!("the program died again while it was told `{command}`: {how}"));
            }
        }
        self.process = Some(process);
        Ok(())
    }
}

/// A running program.
struct Process {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Process {
    fn start(executable: &Path) -> std::io::Result<Self> {
        let mut child = Command::new(executable)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let missing = || std::io::Error::other("a pipe is missing");
        let commands = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let mut stderr = child.stderr.take().ok_or_else(missing)?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            // What can't be read can't be shown; that the process died is shown anyway.
            let _ = stderr.by_ref().take(MAX_STDERR).read_to_end(&mut text);
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
            String::from_utf8_lossy(&text).trim().to_owned()
        });
        Ok(Self { child, commands, answers, stderr: Some(stderr) })
    }

    fn send(&mut self, command: &str) -> Answer {
        let sent = writeln!(self.commands, "{command}").and_then(|()| self.commands.flush());
        if sent.is_err() {
            return Answer::Died(self.bury());
        }
        match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => Answer::parse(&line),
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                let _ = self.child.wait();
                Answer::Died(format!("no answer for {} s", PATIENCE.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => Answer::Died(self.bury()),
        }
    }

    /// How the process ended, in one line.
    fn bury(&mut self) -> String {
        let _ = self.child.kill();
        let status = self.child.wait().map_or_else(|error| error.to_string(), |s| s.to_string());
        let stderr = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let said: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        format!("the process died ({status}): {}", said.join(" / "))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert_eq!(Answer::parse("ok"), Answer::Ok(vec![]));
        assert_eq!(
            Answer::parse("ok i32:ffffffff f64:3ff0000000000000"),
            Answer::Ok(vec![Value::I32(-1), Value::F64(1.0)])
        );
        assert_eq!(Answer::parse("trap unreachable"), Answer::Trap(TrapKind::Unreachable));
        assert_eq!(Answer::parse("error no"), Answer::Error("no".into()));
        assert!(matches!(Answer::parse("trap door"), Answer::Error(_)));
        assert!(matches!(Answer::parse("ok v128:0"), Answer::Error(_)));
        assert!(matches!(Answer::parse(""), Answer::Error(_)));
    }

    /// The program is a shell script that counts.
    #[cfg(unix)]
    #[test]
    fn a_new_process_is_told_what_the_last_one_knew() -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir()?;
        let program = dir.path().join("program");
        let script = "#!/bin/sh\nn=0\nwhile read -r line; do case $line in\n\
                      count) n=$((n+1)); echo \"ok i32:0000000$n\";;\n\
                      die) echo why >&2; exit 3;;\nesac; done\n";
        std::fs::write(&program, script)?;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
        let mut session = Session::new(&program);
        assert_eq!(session.send("count"), Answer::Ok(vec![Value::I32(1)]));
        assert_eq!(session.send("count"), Answer::Ok(vec![Value::I32(2)]));
        let Answer::Died(how) = session.send("die") else {
            return Err(std::io::Error::other("it lives"));
        };
        assert!(how.contains("why"), "{how}");
        assert_eq!(session.send("count"), Answer::Ok(vec![Value::I32(3)]));
        for _ in 0..MAX_RESTARTS {
            assert!(matches!(session.send("die"), Answer::Died(_)));
        }
        assert!(matches!(session.send("count"), Answer::Died(_)), "it was given up");
        Ok(())
    }
}
