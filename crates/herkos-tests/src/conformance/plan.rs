//! From a script to modules to compile and steps to run.
//!
//! Everything that can be decided without running code is decided here: whether herkos accepts a
//! module, whether its imports can be linked, which instance a directive means.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use herkos::{Config, Error, Interface, Output};
use herkos_runtime::{TrapKind, Value};

use super::driver::{Lender, token};
use super::link::{
    Extern, LimitCheck, LinkError, Provider, Registry, Shape, misdescribed, not_linked,
};
use super::outcome::Outcome;
use super::script::{Action, Directive, Input, Kind};
use super::value::Expected;

/// A file's modules and what to do with them.
pub struct Plan {
    /// The modules that herkos accepted.
    pub modules: Vec<Module>,
    /// One step for every directive.
    pub steps: Vec<Step>,
}

/// A module that herkos accepted. Its slot is its number in the generated program.
pub struct Module {
    /// The slot of its instance.
    pub slot: usize,
    /// Where the script holds it.
    pub line: usize,
    /// What herkos wrote.
    pub source: String,
    /// What herkos says about it.
    pub interface: Interface,
    /// How to instantiate it; `None` if it cannot be linked.
    pub links: Option<Links>,
}

/// What an instance needs from others, and others from it.
#[derive(Default)]
pub struct Links {
    /// Who provides an import, by module and field.
    pub providers: HashMap<(String, String), Provider>,
    /// Who lends the memory, if it is imported.
    pub lender: Option<Lender>,
    /// Whether others import its own memory.
    pub lends: bool,
    /// Its mutable globals that others import.
    pub settable: BTreeSet<String>,
}

/// What to do for a directive.
#[derive(Debug)]
pub enum Step {
    /// Nothing: it is decided.
    Decided(Outcome),
    /// The module in this slot has no instance, but it has to compile.
    CompileOnly {
        /// The slot.
        slot: usize,
        /// What becomes of the directive if it does.
        outcome: Outcome,
    },
    /// Make an instance of the module in this slot.
    Instantiate {
        /// The slot.
        slot: usize,
        /// The trap that must end it, if any.
        trap: Option<TrapKind>,
    },
    /// Send a command about the instance in this slot.
    Act {
        /// The slot.
        slot: usize,
        /// The command.
        command: String,
        /// What must come back.
        expect: Expect,
    },
}

/// What an action must give.
#[derive(Debug)]
pub enum Expect {
    /// Results, whichever they are.
    Anything,
    /// These results.
    Values(Vec<Expected>),
    /// This trap.
    Trap(TrapKind),
}

/// Plans a whole script.
pub fn plan(script: &[Directive], config: &Config) -> Plan {
    let mut planner = Planner { config: config.clone(), ..Planner::default() };
    let steps = script.iter().map(|directive| planner.step(directive)).collect();
    Plan { modules: planner.modules, steps }
}

/// What herkos says to a module.
enum Verdict {
    Accepted(Box<Output>),
    Rejected(String),
    Other(String),
}

fn transpile(input: &Input, config: &Config) -> Verdict {
    let config = config.clone().by_name(true).threads(1);
    let result = catch_unwind(AssertUnwindSafe(|| config.transpile(input.bytes())));
    match result {
        Ok(Ok(output)) => Verdict::Accepted(Box::new(output)),
        Ok(Err(error @ (Error::Invalid { .. } | Error::Unsupported { .. }))) => {
            Verdict::Rejected(error.to_string())
        }
        Ok(Err(error)) => Verdict::Other(error.to_string()),
        Err(_) => Verdict::Other("herkos panicked".into()),
    }
}

/// A module that has to be accepted: what herkos makes of it, and what it really is.
fn accept(input: &Input, config: &Config) -> Result<(Output, Shape), String> {
    let output = match transpile(input, config) {
        Verdict::Accepted(output) => *output,
        Verdict::Rejected(text) | Verdict::Other(text) => {
            return Err(format!("herkos rejects it: {text}"));
        }
    };
    let shape = Shape::read(input.bytes())
        .map_err(|error| format!("herkos accepts it, the runner can't read it: {error}"))?;
    misdescribed(&shape, &output.interface).map_or(Ok((output, shape)), Err)
}

/// The instance of a `module` directive, as far as it is known before it runs.
struct Slot {
    line: usize,
    /// Why there is no instance, if there is none.
    missing: Option<Missing>,
    shape: Option<Shape>,
    lender: Option<Lender>,
}

/// Why a module has no instance.
#[derive(Clone)]
enum Missing {
    /// It was rejected.
    Rejected(String),
    /// The runner's host cannot link it.
    Unlinked(String),
}

impl Missing {
    /// The same, for another module or directive that depends on it, which `why` says.
    fn because(&self, why: String) -> Self {
        match self {
            Self::Rejected(_) => Self::Rejected(why),
            Self::Unlinked(_) => Self::Unlinked(why),
        }
    }

    /// What becomes of a directive for this reason.
    fn outcome(self) -> Outcome {
        match self {
            Self::Rejected(text) => Outcome::Broken(text),
            Self::Unlinked(text) => Outcome::Unlinked(text),
        }
    }
}

#[derive(Default)]
struct Planner {
    config: Config,
    modules: Vec<Module>,
    slots: Vec<Slot>,
    names: HashMap<String, usize>,
    last: Option<usize>,
    registry: Registry,
}

impl Planner {
    fn step(&mut self, directive: &Directive) -> Step {
        let line = directive.line;
        match &directive.kind {
            Kind::Module { name, input } => {
                let slot = self.slots.len();
                let step = self.module(line, input, None);
                self.names.extend(name.clone().map(|name| (name, slot)));
                self.last = Some(slot);
                step
            }
            Kind::AssertModuleTrap(input, trap) => self.module(line, input, Some(*trap)),
            Kind::Register { name, module } => self.register(name, module.as_deref()),
            Kind::Action(action) => self.act(action, Expect::Anything),
            Kind::AssertReturn(action, results) => {
                self.act(action, Expect::Values(results.clone()))
            }
            Kind::AssertTrap(action, trap) => self.act(action, Expect::Trap(*trap)),
            Kind::AssertExhaustion(action) => {
                self.act(action, Expect::Trap(TrapKind::StackExhausted))
            }
            Kind::AssertInvalid(input, _) | Kind::AssertMalformed(input, _) => {
                Step::Decided(rejected(input, &self.config))
            }
            Kind::AssertUnlinkable(input, text) => Step::Decided(self.unlinkable(input, text)),
            Kind::Unknown(text) => Step::Decided(Outcome::Broken(text.clone())),
        }
    }

    /// A module to instantiate: `trap` is how that must end, if not well.
    fn module(&mut self, line: usize, input: &Input, trap: Option<TrapKind>) -> Step {
        let slot = self.slots.len();
        let mut entry = Slot { line, missing: None, shape: None, lender: None };
        let (output, shape) = match accept(input, &self.config) {
            Ok(accepted) => accepted,
            Err(text) => {
                entry.missing = Some(Missing::Rejected(text.clone()));
                self.slots.push(entry);
                return Step::Decided(Outcome::Broken(text));
            }
        };
        let links = self.link(entry.shape.insert(shape));
        let (links, step) = match links {
            Ok(links) => {
                entry.lender = links.lender;
                (Some(links), Step::Instantiate { slot, trap })
            }
            Err(missing) => {
                entry.missing = Some(missing.clone());
                (None, Step::CompileOnly { slot, outcome: missing.outcome() })
            }
        };
        self.slots.push(entry);
        let Output { source, interface, .. } = output;
        self.modules.push(Module { slot, line, source, interface, links });
        step
    }

    /// Finds the providers of a module's imports, and tells them what they have to provide.
    fn link(&mut self, shape: &Shape) -> Result<Links, Missing> {
        let mut links = Links::default();
        for import in &shape.imports {
            let item = format!("{:?} {:?}", import.module, import.field);
            let provider = self
                .registry
                .resolve(import, LimitCheck::None)
                .map_err(|error| Missing::Rejected(format!("{}: {item}", error.message())))?;
            if let Provider::Slot(slot) = provider
                && let Some(Slot { line, missing: Some(missing), .. }) = self.slots.get(slot)
            {
                let why = format!("it imports {item} from line {line}, which has no instance");
                return Err(missing.because(why));
            }
            if let Some(why) = not_linked(import, provider) {
                return Err(Missing::Unlinked(why));
            }
            if let Extern::Memory(_) = import.ty {
                links.lender = Some(self.lender(provider, &import.field));
            }
            let key = (import.module.clone(), import.field.clone());
            links.providers.insert(key, provider);
        }
        self.tell_providers(shape, &links);
        Ok(links)
    }

    /// The owner of the memory that `provider` exports, which may itself have imported it.
    fn lender(&self, provider: Provider, field: &str) -> Lender {
        let Provider::Slot(slot) = provider else {
            return Lender::Spectest;
        };
        let own = Lender::Slot(u32::try_from(slot).unwrap_or(u32::MAX));
        let passed_on = |entry: &Slot| {
            entry.shape.as_ref().and_then(|shape| shape.exports.get(field)?.import)?;
            entry.lender
        };
        self.slots.get(slot).and_then(passed_on).unwrap_or(own)
    }

    fn tell_providers(&mut self, shape: &Shape, links: &Links) {
        if let Some(Lender::Slot(owner)) = links.lender
            && let Some(owner) = self.links_of(owner as usize)
        {
            owner.lends = true;
        }
        for import in &shape.imports {
            let key = (import.module.clone(), import.field.clone());
            if let (Extern::Global(_, true), Some(Provider::Slot(slot))) =
                (&import.ty, links.providers.get(&key))
                && let Some(owner) = self.links_of(*slot)
            {
                owner.settable.insert(import.field.clone());
            }
        }
    }

    fn links_of(&mut self, slot: usize) -> Option<&mut Links> {
        self.modules.iter_mut().find(|module| module.slot == slot)?.links.as_mut()
    }

    /// The slot that a directive means by a name, or by none.
    fn slot(&self, name: Option<&str>) -> Result<usize, Outcome> {
        match name {
            Some(name) => self.names.get(name).copied(),
            None => self.last,
        }
        .ok_or_else(|| Outcome::Broken(format!("there is no module {}", name.unwrap_or("before"))))
    }

    /// The same, if there will be an instance in it.
    fn instance(&self, name: Option<&str>) -> Result<usize, Outcome> {
        let slot = self.slot(name)?;
        let Some(Slot { line, missing: Some(missing), .. }) = self.slots.get(slot) else {
            return Ok(slot);
        };
        let (Missing::Rejected(text) | Missing::Unlinked(text)) = missing;
        Err(missing.because(format!("the module of line {line} has no instance: {text}")).outcome())
    }

    /// A module without an instance is registered too: what imports from it must be told apart
    /// from what imports from nowhere.
    fn register(&mut self, name: &str, module: Option<&str>) -> Step {
        let instance = self.instance(module);
        if let Ok(slot) = self.slot(module)
            && let Some(shape) = self.slots.get(slot).and_then(|slot| slot.shape.clone())
        {
            self.registry.register(name, slot, shape);
        }
        Step::Decided(instance.map_or_else(|outcome| outcome, |_| Outcome::Passed))
    }

    fn act(&self, action: &Action, expect: Expect) -> Step {
        match self.instance(action.module.as_deref()) {
            Ok(slot) => Step::Act { slot, command: command(slot, action), expect },
            Err(outcome) => Step::Decided(outcome),
        }
    }

    /// A module that must be valid, and whose imports must have no provider.
    fn unlinkable(&self, input: &Input, text: &str) -> Outcome {
        let shape = match accept(input, &self.config) {
            Ok((_, shape)) => shape,
            Err(text) => return Outcome::Broken(text),
        };
        let found = self.registry.link_error(&shape.imports).map(LinkError::message);
        if found == Some(text) {
            Outcome::Passed
        } else {
            Outcome::Mismatch(format!("expected {text:?}, got {:?}", found.unwrap_or("linked")))
        }
    }
}

/// A module that must not be accepted.
fn rejected(input: &Input, config: &Config) -> Outcome {
    match transpile(input, config) {
        Verdict::Rejected(_) => Outcome::Passed,
        Verdict::Accepted(_) => Outcome::Broken("expected a rejection, got accepted".into()),
        Verdict::Other(text) => Outcome::Broken(format!("expected a rejection, got: {text}")),
    }
}

/// The command that carries out an action.
fn command(slot: usize, action: &Action) -> String {
    let name: String = action.export.bytes().map(|byte| format!("{byte:02x}")).collect();
    match &action.args {
        None => format!("get {slot} x{name}"),
        Some(args) => {
            let args = args.iter().map(|arg: &Value| format!(" {}", token(*arg)));
            format!("call {slot} x{name}{}", args.collect::<String>())
        }
    }
}
