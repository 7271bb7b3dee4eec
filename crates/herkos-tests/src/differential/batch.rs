//! Many modules in one generated program, compiled once and run.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use herkos::native::{CompileJob, CrateType, NativeError, OptLevel, Profile, Rustc};

use super::case::Case;
use super::glue;
use super::setup::Setup;
use crate::generated::Crate;

/// How long one module may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What makes programs of one setup.
pub struct Workshop {
    dir: PathBuf,
    setup: Setup,
    arguments: Vec<String>,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// All that was observed is as expected.
    Agrees,
    /// What differs.
    Differs(String),
}

impl Workshop {
    /// Compiles what all programs of a setup are linked with. They go below `dir`.
    ///
    /// # Errors
    ///
    /// If rustc fails.
    pub fn new(dir: &Path, setup: &Setup) -> Result<Self> {
        let profile = setup.profile();
        let rustc = Rustc::find()?;
        let runtime = rustc.runtime(&dir.join("runtime"), &profile)?;
        let support = dir.join(format!("support-{}", setup.opt_level.0));
        fs::create_dir_all(&support).with_context(|| support.display().to_string())?;
        let source = support.join("lib.rs");
        fs::write(support.join("driver.rs"), include_str!("../conformance/driver.rs"))?;
        fs::write(support.join("guest.rs"), include_str!("guest.rs"))?;
        fs::write(&source, "#![allow(dead_code)]\nmod driver;\nmod guest;\npub use guest::*;\n")?;
        let library = support.join("libsupport.rlib");
        rustc.compile(&CompileJob {
            source: &source,
            output: &library,
            crate_type: CrateType::Rlib,
            crate_name: "support",
            // It hashes whole memories after each call.
            profile: &Profile { opt_level: OptLevel::O2, ..profile.clone() },
            runtime: &runtime,
            extra: &["-Cdebuginfo=0".into()],
        })?;
        let arguments = vec![
            format!("--extern=support={}", library.display()),
            "-Cdebuginfo=0".to_owned(),
            "-Ccodegen-units=16".to_owned(),
            "-Awarnings".to_owned(),
        ];
        Ok(Self { dir: dir.to_owned(), setup: setup.clone(), arguments })
    }

    /// Compares cases; a verdict for each.
    ///
    /// # Errors
    ///
    /// If the program can't be made or run, for a reason that no module is to blame for.
    pub fn compare(&self, name: &str, cases: &[Case]) -> Result<Vec<Verdict>> {
        let mut verdicts: HashMap<usize, Verdict> = HashMap::new();
        loop {
            let kept: Vec<usize> =
                (0..cases.len()).filter(|index| !verdicts.contains_key(index)).collect();
            let failed = self.attempt(name, cases, &kept, &mut verdicts)?;
            if failed.is_empty() {
                break;
            }
            verdicts.extend(failed);
        }
        let take = |index| verdicts.remove(&index).unwrap_or(Verdict::Agrees);
        Ok((0..cases.len()).map(take).collect())
    }

    /// Compiles and runs some of the cases. Those that can't be translated or compiled are returned; the others get
    /// their verdict if there are none.
    fn attempt(
        &self,
        name: &str,
        cases: &[Case],
        kept: &[usize],
        verdicts: &mut HashMap<usize, Verdict>,
    ) -> Result<Vec<(usize, Verdict)>> {
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let mut program = Crate::new(self.dir.join(name))?;
        let mut failed = Vec::new();
        let mut interfaces = Vec::new();
        let mut plan = String::new();
        for (slot, index) in kept.iter().enumerate() {
            let case = &cases[*index];
            match program.module(&format!("m{slot}"), &self.setup.config(), &case.wasm) {
                Ok(interface) => interfaces.push(interface),
                Err(error) => failed.push((*index, Verdict::Differs(format!("{error:#}")))),
            }
            plan.push_str("module\n");
            for call in &case.calls {
                plan.push_str(&call.line());
                plan.push('\n');
            }
        }
        if !failed.is_empty() {
            return Ok(failed);
        }
        let interfaces: Vec<_> = interfaces.iter().collect();
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let main = glue::program(&interfaces);
        let executable = match program.compile(&main, &self.setup.profile(), &arguments) {
            Ok(executable) => executable,
            Err(error) => {
                let culprits = culprits(&error, kept);
                if !culprits.is_empty() {
                    return Ok(culprits);
                }
                if let [index] = kept {
                    return Ok(vec![(*index, Verdict::Differs(format!("{error:#}")))]);
                }
                return self.search(name, cases, kept);
            }
        };
        let plan_path = self.dir.join(name).join("plan");
        fs::write(&plan_path, plan)?;
        let observed = observe(&executable, &plan_path, kept.len())?;
        for (index, steps) in kept.iter().zip(observed) {
            let verdict = match cases[*index].difference(&steps) {
                None => Verdict::Agrees,
                Some(text) => Verdict::Differs(text),
            };
            verdicts.insert(*index, verdict);
        }
        Ok(Vec::new())
    }

    /// The cases that can't be compiled alone, for when rustc names none.
    fn search(&self, name: &str, cases: &[Case], kept: &[usize]) -> Result<Vec<(usize, Verdict)>> {
        let mut failed = Vec::new();
        for index in kept {
            failed.extend(self.attempt(name, cases, &[*index], &mut HashMap::new())?);
        }
        if failed.is_empty() {
            bail!("rustc rejects {name}, and no module of it alone");
        }
        Ok(failed)
    }
}

/// The modules that rustc's messages name.
fn culprits(error: &anyhow::Error, kept: &[usize]) -> Vec<(usize, Verdict)> {
    let Some(NativeError::Failed { .. }) = error.downcast_ref::<NativeError>() else {
        return Vec::new();
    };
    let text = format!("{error:#}");
    let mut found: Vec<(usize, Verdict)> = Vec::new();
    for (slot, index) in kept.iter().enumerate() {
        if text.contains(&format!("/m{slot}.rs:")) {
            found.push((*index, Verdict::Differs(text.clone())));
        }
    }
    found
}

/// Runs a program over all its modules; what it prints of each. When it dies or hangs, that is what is observed of the
/// module under way, and a new process goes on behind it.
fn observe(executable: &Path, plan: &Path, count: usize) -> Result<Vec<Vec<Vec<String>>>> {
    let mut observed: Vec<Vec<Vec<String>>> = Vec::new();
    while observed.len() < count {
        let first = observed.len();
        let mut child = Command::new(executable)
            .arg(plan)
            .arg(first.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| executable.display().to_string())?;
        let output = child.stdout.take().context("no standard output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.try_for_each(|line| sender.send(line))
        });
        let mut steps = Vec::new();
        let mut step = Vec::new();
        let end = loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) if line.starts_with("module ") => {}
                Ok(line) if line.starts_with("end ") => observed.push(std::mem::take(&mut steps)),
                Ok(line) => {
                    let last = line == "state" || line.starts_with("state ");
                    step.push(line);
                    if last {
                        steps.push(std::mem::take(&mut step));
                    }
                }
                Err(RecvTimeoutError::Timeout) => break "no answer".to_owned(),
                Err(RecvTimeoutError::Disconnected) => break "the process died".to_owned(),
            }
        };
        // An error means that it has ended already.
        let _ = child.kill();
        let status = child.wait()?;
        if observed.len() < count {
            step.push(format!("{end} ({status})"));
            steps.push(step);
            observed.push(steps);
        }
    }
    Ok(observed)
}
