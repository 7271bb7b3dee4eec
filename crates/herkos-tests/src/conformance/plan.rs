//! From a script to modules to compile and steps to run.
//!
//! Everything that can be decided without running code is decided here: whether herkos accepts a
//! module, whether its imports can be linked, which instance a directive means.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use herkos::{Config, Error, Interface, Output};
use herkos_runtime::{TrapKind, Value};

use super::driver::token;
use super::link::{LimitCheck, LinkError, Provider, Registry, Shape, misdescribed};
use super::outcome::Outcome;
use super::script::{Action, Directive, Input, Kind};
use super::unite::{self, Part, components};
use super::value::Expected;

/// A file's modules and what to do with them.
pub struct Plan {
    /// The modules that herkos accepted. Those that import from each other are one, a unit, with the
    /// slot of the first of them.
    pub modules: Vec<Module>,
    /// One step for every directive.
    pub steps: Vec<Step>,
    /// For each slot that is part of a unit, the unit's.
    pub units: HashMap<usize, usize>,
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
}

/// What to do for a directive.
#[derive(Debug)]
pub enum Step {
    /// Nothing: it is decided.
    Decided(Outcome),
    /// Make an instance of the module in this slot.
    Instantiate {
        /// The slot.
        slot: usize,
        /// The unit that it is part of.
        unit: Option<usize>,
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
    let mut steps: Vec<Step> = script.iter().map(|directive| planner.step(directive)).collect();
    let (units, failed) = planner.unite();
    for step in &mut steps {
        match step {
            Step::Instantiate { slot, .. } | Step::Act { slot, .. }
                if failed.contains_key(slot) =>
            {
                *step = Step::Decided(Outcome::Broken(failed[slot].clone()));
            }
            Step::Instantiate { slot, unit, .. } => *unit = units.get(slot).copied(),
            Step::Act { .. } | Step::Decided(_) => {}
        }
    }
    Plan { modules: planner.modules, steps, units }
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
    missing: Option<String>,
    shape: Option<Shape>,
}

#[derive(Default)]
struct Planner {
    config: Config,
    modules: Vec<Module>,
    parts: BTreeMap<usize, Part>,
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
        let mut entry = Slot { line, missing: None, shape: None };
        let linked = accept(input, &self.config).and_then(|(output, shape)| {
            self.find_providers(entry.shape.insert(shape))?;
            let part = Part::new(input.bytes(), &self.registry.slots());
            Ok((output, part.map_err(|error| format!("{error:#}"))?))
        });
        match linked {
            Ok((Output { source, interface, .. }, part)) => {
                self.slots.push(entry);
                self.parts.insert(slot, part);
                self.modules.push(Module { slot, line, source, interface });
                Step::Instantiate { slot, unit: None, trap }
            }
            Err(text) => {
                entry.missing = Some(text.clone());
                self.slots.push(entry);
                Step::Decided(Outcome::Broken(text))
            }
        }
    }

    /// Every import must have a provider.
    fn find_providers(&self, shape: &Shape) -> Result<(), String> {
        for import in &shape.imports {
            let item = format!("{:?} {:?}", import.module, import.field);
            let provider = self
                .registry
                .resolve(import, LimitCheck::None)
                .map_err(|error| format!("{}: {item}", error.message()))?;
            if let Provider::Slot(slot) = provider
                && let Some(Slot { line, missing: Some(_), .. }) = self.slots.get(slot)
            {
                return Err(format!("it imports {item} from line {line}, which has no instance"));
            }
        }
        Ok(())
    }

    /// Links the modules that import from each other. The units of slots, and why others have none.
    fn unite(&mut self) -> (HashMap<usize, usize>, HashMap<usize, String>) {
        let (mut units, mut failed) = (HashMap::new(), HashMap::new());
        // One by one, as the script has them.
        let config = self.config.clone().instantiate_separately(true);
        for slots in components(&self.parts) {
            let parts = slots.iter().filter_map(|slot| Some((*slot, self.parts.get(slot)?)));
            let first = self.modules.iter_mut().find(|module| module.slot == slots[0]);
            match (unite::link(&config, &parts.collect()), first) {
                (Ok(Output { source, interface, .. }), Some(first)) => {
                    (first.source, first.interface) = (source, interface);
                    units.extend(slots.iter().map(|slot| (*slot, slots[0])));
                }
                (Err(error), _) => {
                    failed.extend(slots.iter().map(|slot| (*slot, error.to_string())));
                }
                (Ok(_), None) => {}
            }
            let is_united = |slot: usize| slots[1..].contains(&slot);
            self.modules.retain(|module| !is_united(module.slot));
        }
        (units, failed)
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
        Err(Outcome::Broken(format!("the module of line {line} has no instance: {missing}")))
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
        if found != Some(text) {
            let found = found.unwrap_or("linked");
            return Outcome::Mismatch(format!("expected {text:?}, got {found:?}"));
        }
        match self.links(input) {
            Ok(true) => Outcome::Mismatch(format!("expected {text:?}, herkos links it")),
            Ok(false) => Outcome::Passed,
            Err(error) => Outcome::Broken(format!("{error:#}")),
        }
    }

    /// Whether herkos links a module with those that it names, and leaves no import.
    fn links(&self, input: &Input) -> anyhow::Result<bool> {
        let part = Part::new(input.bytes(), &self.registry.slots())?;
        let mut parts = BTreeMap::from([(self.slots.len(), &part)]);
        let mut pending = part.imports_from.clone();
        while let Some(slot) = pending.pop() {
            if let Some(part) = self.parts.get(&slot)
                && parts.insert(slot, part).is_none()
            {
                pending.extend(&part.imports_from);
            }
        }
        match unite::link(&self.config, &parts) {
            Ok(output) => Ok(output.interface.imports.is_empty()),
            Err(Error::Link { .. }) => Ok(false),
            Err(error) => Err(error.into()),
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
