//! Carries out a plan.

use anyhow::Result;

use super::compile::{Compiler, Program};
use super::outcome::Outcome;
use super::plan::{Expect, Plan, Step, plan};
use super::process::{Answer, Session};
use super::script::Directive;
use super::value::{accept_all, list, show_all};

/// How every directive of a script ends. `name` is the directory of its program.
pub(super) fn outcomes(
    compiler: &Compiler,
    name: &str,
    script: &[Directive],
) -> Result<Vec<Outcome>> {
    let Plan { modules, steps, units } = plan(script, compiler.config());
    let mut program = compiler.program(name, &modules)?;
    // What is wrong with a unit is wrong with all of its modules.
    for (slot, unit) in units {
        if let Some(message) = program.rejected.get(&unit).cloned() {
            program.rejected.insert(slot, message);
        }
    }
    let mut session = program.executable.as_deref().map(Session::new);
    Ok(steps.into_iter().map(|step| carry_out(step, &program, session.as_mut())).collect())
}

fn carry_out(step: Step, program: &Program, session: Option<&mut Session>) -> Outcome {
    let slot = match &step {
        Step::Decided(outcome) => return outcome.clone(),
        Step::Instantiate { slot, .. } | Step::Act { slot, .. } => *slot,
    };
    if let Some(message) = program.rejected.get(&slot) {
        return Outcome::Broken(message.clone());
    }
    let Some(session) = session else {
        return Outcome::Broken("there is no program".into());
    };
    match step {
        Step::Decided(outcome) => outcome,
        Step::Instantiate { slot, unit, trap } => {
            let expect = trap.map_or(Expect::Anything, Expect::Trap);
            let command = match unit {
                None => format!("new {slot} {slot}"),
                Some(unit) => format!("join {slot} {unit}"),
            };
            compare(&expect, session.send(&command))
        }
        Step::Act { command, expect, .. } => compare(&expect, session.send(&command)),
    }
}

/// Whether an answer is what was expected.
fn compare(expect: &Expect, answer: Answer) -> Outcome {
    let ours = match answer {
        Answer::Died(how) => return Outcome::Died(format!("expected {}, {how}", show(expect))),
        Answer::Error(text) => return Outcome::Broken(text),
        Answer::Ok(values) => {
            let accepted = match expect {
                Expect::Anything => true,
                Expect::Values(expected) => accept_all(expected, &values),
                Expect::Trap(_) => false,
            };
            if accepted {
                return Outcome::Passed;
            }
            show_all(&values)
        }
        Answer::Trap(kind) => {
            if matches!(expect, Expect::Trap(expected) if *expected == kind) {
                return Outcome::Passed;
            }
            format!("the trap \"{}\"", kind.message())
        }
    };
    Outcome::Mismatch(format!("expected {}, got {ours}", show(expect)))
}

fn show(expect: &Expect) -> String {
    match expect {
        Expect::Anything => "no trap".into(),
        Expect::Values(values) => list(values.iter().map(ToString::to_string)),
        Expect::Trap(kind) => format!("the trap \"{}\"", kind.message()),
    }
}
