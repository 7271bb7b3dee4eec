//! A `.wast` file as data that outlives its text.

use anyhow::{Context, Result, bail};
use herkos_runtime::{TrapKind, Value};
use wast::lexer::{Lexer, TokenKind};
use wast::parser::{ParseBuffer, parse};
use wast::token::Id;
use wast::{QuoteWat, QuoteWatTest, Wast, WastArg, WastDirective, WastExecute, WastInvoke, Wat};

use super::value::{self, Expected};

/// One directive of a script.
#[derive(Clone, Debug)]
pub struct Directive {
    /// Where it starts in the file, from 1.
    pub line: usize,
    /// What it says.
    pub kind: Kind,
}

/// What a directive says.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A module that must be accepted and instantiated.
    Module {
        /// Its `$name`.
        name: Option<String>,
        /// The module.
        input: Input,
    },
    /// An instance is made known to the imports of later modules.
    Register {
        /// The name that imports use.
        name: String,
        /// The instance's `$name`; without one, the last module.
        module: Option<String>,
    },
    /// An action whose results don't matter, but which must not trap.
    Action(Action),
    /// An action that must give these results.
    AssertReturn(Action, Vec<Expected>),
    /// An action that must trap.
    AssertTrap(Action, TrapKind),
    /// A module whose instantiation must trap.
    AssertModuleTrap(Input, TrapKind),
    /// An action that must exhaust the stack.
    AssertExhaustion(Action),
    /// A module that must be rejected by validation; the text says why.
    AssertInvalid(Input, String),
    /// A module that must be rejected by the decoder or the parser; the text says why.
    AssertMalformed(Input, String),
    /// A valid module that must not link; the text says why.
    AssertUnlinkable(Input, String),
    /// Something that the scripts of WebAssembly 1.0 and 2.0 don't hold.
    Unknown(String),
}

/// A module as herkos is given it.
#[derive(Clone, Debug)]
pub enum Input {
    /// The binary format.
    Binary(Vec<u8>),
    /// The text format.
    Text(Vec<u8>),
}

/// What is asked of an instance.
#[derive(Clone, Debug)]
pub struct Action {
    /// The instance's `$name`; without one, the last module.
    pub module: Option<String>,
    /// The export.
    pub export: String,
    /// The arguments of a call; `None` reads a global.
    pub args: Option<Vec<Value>>,
}

impl Kind {
    /// Whether this is an assertion; the other directives set the scene.
    pub fn is_assertion(&self) -> bool {
        !matches!(self, Self::Module { .. } | Self::Register { .. } | Self::Action(_))
    }

    /// The directive in one line, for a report.
    pub fn describe(&self) -> String {
        match self {
            Self::Module { name: Some(name), .. } => format!("module ${name}"),
            Self::Module { name: None, .. } => "module".into(),
            Self::Register { name, .. } => format!("register {name:?}"),
            Self::Action(action) => action.describe(),
            Self::AssertReturn(action, _) => format!("assert_return ({})", action.describe()),
            Self::AssertTrap(action, _) => format!("assert_trap ({})", action.describe()),
            Self::AssertModuleTrap(..) => "assert_trap (module)".into(),
            Self::AssertExhaustion(action) => {
                format!("assert_exhaustion ({})", action.describe())
            }
            Self::AssertInvalid(_, text) => format!("assert_invalid {text:?}"),
            Self::AssertMalformed(_, text) => format!("assert_malformed {text:?}"),
            Self::AssertUnlinkable(_, text) => format!("assert_unlinkable {text:?}"),
            Self::Unknown(text) => text.clone(),
        }
    }
}

impl Action {
    /// The action in the testsuite's notation.
    pub fn describe(&self) -> String {
        let verb = if self.args.is_some() { "invoke" } else { "get" };
        let module = self.module.as_ref().map(|name| format!(" ${name}")).unwrap_or_default();
        let args = self.args.iter().flatten().map(|arg| format!(" ({})", value::show(*arg)));
        format!("{verb}{module} {:?}{}", self.export, args.collect::<String>())
    }
}

impl Input {
    /// The bytes to transpile.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Binary(bytes) | Self::Text(bytes) => bytes,
        }
    }
}

/// Reads a script.
pub fn read(text: &str) -> Result<Vec<Directive>> {
    let mut lexer = Lexer::new(text);
    // Names in the testsuite hold such characters on purpose.
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let wast: Wast<'_> = parse(&buffer)?;
    let reader = Reader { text, lines: line_starts(text) };
    wast.directives.into_iter().map(|directive| reader.directive(directive)).collect()
}

/// The byte offset of every line.
fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
}

struct Reader<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

impl Reader<'_> {
    fn directive(&self, directive: WastDirective<'_>) -> Result<Directive> {
        let offset = directive.span().offset();
        let line = self.lines.partition_point(|start| *start <= offset);
        let kind = self.kind(directive).with_context(|| format!("line {line}"))?;
        Ok(Directive { line, kind })
    }

    fn kind(&self, directive: WastDirective<'_>) -> Result<Kind> {
        Ok(match directive {
            WastDirective::Module(module) => {
                Kind::Module { name: name(module.name()), input: self.input(module)? }
            }
            WastDirective::Register { name: as_name, module, .. } => {
                Kind::Register { name: as_name.into(), module: name(module) }
            }
            WastDirective::Invoke(invoke) => Kind::Action(invocation(&invoke)?),
            WastDirective::AssertReturn { exec, results, .. } => {
                let results = results.iter().map(value::expected).collect::<Result<_>>()?;
                Kind::AssertReturn(action(&exec)?, results)
            }
            WastDirective::AssertTrap { exec: WastExecute::Wat(wat), message, .. } => {
                let input = self.input(QuoteWat::Wat(wat))?;
                Kind::AssertModuleTrap(input, value::trap_kind(message)?)
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                Kind::AssertTrap(action(&exec)?, value::trap_kind(message)?)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                if value::trap_kind(message)? != TrapKind::StackExhausted {
                    bail!("exhaustion of another resource: {message}");
                }
                Kind::AssertExhaustion(invocation(&call)?)
            }
            WastDirective::AssertInvalid { module, message, .. } => {
                Kind::AssertInvalid(self.input(module)?, message.into())
            }
            WastDirective::AssertMalformed { module, message, .. } => {
                Kind::AssertMalformed(self.input(module)?, message.into())
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                Kind::AssertUnlinkable(self.input(QuoteWat::Wat(module))?, message.into())
            }
            other => Kind::Unknown(format!("an unknown directive: {other:?}")),
        })
    }

    /// The module's bytes. One in the text format that has no binary form, because it names what
    /// is not there, stays text.
    fn input(&self, mut module: QuoteWat<'_>) -> Result<Input> {
        let offset = module.span().offset();
        match module.to_test() {
            Ok(QuoteWatTest::Binary(bytes)) => Ok(Input::Binary(bytes)),
            Ok(QuoteWatTest::Text(text)) => Ok(Input::Text(text)),
            Err(_) => Ok(Input::Text(self.parenthesised(offset)?.as_bytes().to_vec())),
        }
    }

    /// The text from the parenthesis before `offset` to the one that closes it.
    fn parenthesised(&self, offset: usize) -> Result<&str> {
        let before = self.text.get(..offset).context("an offset inside a character")?;
        let start = before.rfind('(').context("no parenthesis before the module")?;
        let mut lexer = Lexer::new(self.text);
        lexer.allow_confusing_unicode(true);
        let mut depth = 0_usize;
        for token in lexer.iter(start) {
            let token = token?;
            match token.kind {
                TokenKind::LParen => depth += 1,
                TokenKind::RParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let end = token.offset + token.len as usize;
                return self.text.get(start..end).context("a token ends inside a character");
            }
        }
        bail!("the module is not closed")
    }
}

fn name(id: Option<Id<'_>>) -> Option<String> {
    id.map(|id| id.name().to_owned())
}

fn invocation(invoke: &WastInvoke<'_>) -> Result<Action> {
    let args = invoke.args.iter().map(|arg: &WastArg<'_>| value::argument(arg));
    Ok(Action {
        module: name(invoke.module),
        export: invoke.name.into(),
        args: Some(args.collect::<Result<_>>()?),
    })
}

fn action(exec: &WastExecute<'_>) -> Result<Action> {
    match exec {
        WastExecute::Invoke(invoke) => invocation(invoke),
        WastExecute::Get { module, global, .. } => {
            Ok(Action { module: name(*module), export: (*global).into(), args: None })
        }
        WastExecute::Wat(Wat::Module(_) | Wat::Component(_)) => {
            bail!("a module where an action is expected")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_kinds() -> Result<()> {
        let text = "(module $m (func (export \"f\")))\n\n(assert_return\n  (invoke $m \"f\"))\n\
                    (assert_invalid (module (func (call $none)) (; ) ;)) \"unknown function\")";
        let script = read(text)?;
        let lines: Vec<usize> = script.iter().map(|directive| directive.line).collect();
        assert_eq!(lines, [1, 3, 5]);
        assert!(!script[0].kind.is_assertion());
        assert_eq!(script[1].kind.describe(), "assert_return (invoke $m \"f\")");
        let Kind::AssertInvalid(Input::Text(text), _) = &script[2].kind else {
            bail!("a name that is not there leaves the module as text");
        };
        assert_eq!(text, b"(module (func (call $none)) (; ) ;))");
        Ok(())
    }
}
