//! Trait objects, boxed closures, enums with payloads and `?`: an expression parser, a printer, a simplifier, symbolic derivatives,
//! and evaluation in doubles. An expression that a size names may panic.
// sizes: 0 1 2 3 4 5 6 7 8 9 10
include!("corpus.in.rs");

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

#[derive(Clone, Debug)]
enum Expr {
    Number(f64),
    Variable(char),
    Binary(char, Rc<Expr>, Rc<Expr>),
    Negate(Rc<Expr>),
    Call(String, Vec<Expr>),
}

#[derive(Debug)]
enum Error {
    Unexpected(usize, Option<char>),
    UnknownFunction(String),
    UnknownVariable(char),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Unexpected(at, Some(c)) => write!(f, "unexpected {c:?} at {at}"),
            Error::Unexpected(at, None) => write!(f, "unexpected end at {at:>4}"),
            Error::UnknownFunction(name) => write!(f, "no function {name}"),
            Error::UnknownVariable(name) => write!(f, "no variable {name}"),
        }
    }
}

struct Parser<'a> {
    text: std::iter::Peekable<std::str::CharIndices<'a>>,
    len: usize,
}

impl<'a> Parser<'a> {
    fn parse(text: &'a str) -> Result<Expr, Error> {
        let mut p = Parser {
            text: text.char_indices().peekable(),
            len: text.len(),
        };
        let e = p.sum()?;
        match p.peek() {
            None => Ok(e),
            Some(_) => Err(p.unexpected()),
        }
    }

    fn peek(&mut self) -> Option<char> {
        while self.text.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        self.text.peek().map(|&(_, c)| c)
    }

    fn unexpected(&mut self) -> Error {
        let at = self.text.peek().copied();
        Error::Unexpected(at.map_or(self.len, |(i, _)| i), at.map(|(_, c)| c))
    }

    fn binary(
        &mut self,
        operators: &str,
        next: fn(&mut Self) -> Result<Expr, Error>,
    ) -> Result<Expr, Error> {
        let mut left = next(self)?;
        while let Some(op) = self.peek().filter(|&c| operators.contains(c)) {
            self.text.next();
            left = Expr::Binary(op, Rc::new(left), Rc::new(next(self)?));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expr, Error> {
        self.binary("+-", Self::product)
    }

    fn product(&mut self) -> Result<Expr, Error> {
        self.binary("*/", Self::unary)
    }

    fn unary(&mut self) -> Result<Expr, Error> {
        match self.peek() {
            Some('-') => {
                self.text.next();
                Ok(Expr::Negate(Rc::new(self.unary()?)))
            }
            Some('(') => {
                self.text.next();
                let e = self.sum()?;
                self.expect(')')?;
                Ok(e)
            }
            Some(c) if c.is_ascii_digit() => {
                let mut digits = String::new();
                while let Some((_, c)) = self.text.next_if(|&(_, c)| c.is_ascii_digit() || c == '.')
                {
                    digits.push(c);
                }
                digits
                    .parse()
                    .map(Expr::Number)
                    .map_err(|_| self.unexpected())
            }
            Some(c) if c.is_alphabetic() => {
                let mut name = String::new();
                while let Some((_, c)) = self.text.next_if(|&(_, c)| c.is_alphanumeric()) {
                    name.push(c);
                }
                if self.peek() != Some('(') {
                    return Ok(Expr::Variable(c));
                }
                self.text.next();
                let mut args = vec![self.sum()?];
                while self.peek() == Some(',') {
                    self.text.next();
                    args.push(self.sum()?);
                }
                self.expect(')')?;
                Ok(Expr::Call(name, args))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Error> {
        if self.peek() == Some(wanted) {
            self.text.next();
            return Ok(());
        }
        Err(self.unexpected())
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Expr::Number(v) => write!(f, "{v}"),
            Expr::Variable(c) => write!(f, "{c}"),
            Expr::Binary(op, a, b) => write!(f, "({a} {op} {b})"),
            Expr::Negate(a) => write!(f, "-{a}"),
            Expr::Call(name, args) => {
                f.write_str(name)?;
                let mut list = f.debug_list();
                args.iter().for_each(|a| {
                    list.entry(&format_args!("{a}"));
                });
                list.finish()
            }
        }
    }
}

fn simplify(e: &Expr) -> Expr {
    use Expr::*;
    match e {
        Binary(op, a, b) => match (op, simplify(a), simplify(b)) {
            ('+', Number(x), y) | ('+', y, Number(x)) | ('-', y, Number(x)) if x == 0.0 => y,
            ('*', Number(x), _) | ('*', _, Number(x)) if x == 0.0 => Number(0.0),
            ('*', Number(x), y) | ('*', y, Number(x)) | ('/', y, Number(x)) if x == 1.0 => y,
            ('+', Number(x), Number(y)) => Number(x + y),
            ('-', Number(x), Number(y)) => Number(x - y),
            ('*', Number(x), Number(y)) => Number(x * y),
            (&op, a, b) => Binary(op, Rc::new(a), Rc::new(b)),
        },
        Negate(a) => match simplify(a) {
            Number(x) => Number(-x),
            Negate(inner) => inner.as_ref().clone(),
            a => Negate(Rc::new(a)),
        },
        Call(name, args) => Call(name.clone(), args.iter().map(simplify).collect()),
        other => other.clone(),
    }
}

fn derive(e: &Expr, v: char) -> Expr {
    use Expr::*;
    let rc = Rc::new;
    match e {
        Number(_) => Number(0.0),
        Variable(c) => Number(f64::from(u8::from(*c == v))),
        Negate(a) => Negate(rc(derive(a, v))),
        Binary(op @ ('+' | '-'), a, b) => Binary(*op, rc(derive(a, v)), rc(derive(b, v))),
        Binary('*', a, b) => Binary(
            '+',
            rc(Binary('*', rc(derive(a, v)), b.clone())),
            rc(Binary('*', a.clone(), rc(derive(b, v)))),
        ),
        Binary(_, a, b) => Binary(
            '/',
            rc(Binary(
                '-',
                rc(Binary('*', rc(derive(a, v)), b.clone())),
                rc(Binary('*', a.clone(), rc(derive(b, v)))),
            )),
            rc(Binary('*', b.clone(), b.clone())),
        ),
        Call(name, _) => panic!("no derivative of {name}"),
    }
}

trait Function {
    fn apply(&self, args: &[f64]) -> f64;
}

struct Fixed(fn(f64) -> f64);
struct Scaled {
    by: f64,
    inner: Box<dyn Function>,
}

impl Function for Fixed {
    fn apply(&self, args: &[f64]) -> f64 {
        (self.0)(args[0])
    }
}

impl Function for Scaled {
    fn apply(&self, args: &[f64]) -> f64 {
        self.by * self.inner.apply(args)
    }
}

impl<F: Fn(&[f64]) -> f64> Function for F {
    fn apply(&self, args: &[f64]) -> f64 {
        self(args)
    }
}

struct Scope {
    functions: BTreeMap<&'static str, Box<dyn Function>>,
    variables: BTreeMap<char, f64>,
}

impl Scope {
    fn evaluate(&self, e: &Expr) -> Result<f64, Error> {
        Ok(match e {
            Expr::Number(v) => *v,
            Expr::Variable(c) => *self.variables.get(c).ok_or(Error::UnknownVariable(*c))?,
            Expr::Negate(a) => -self.evaluate(a)?,
            Expr::Binary(op, a, b) => {
                let (a, b) = (self.evaluate(a)?, self.evaluate(b)?);
                match op {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    _ => a / b,
                }
            }
            Expr::Call(name, args) => {
                let f = self
                    .functions
                    .get(name.as_str())
                    .ok_or_else(|| Error::UnknownFunction(name.clone()))?;
                let args = args
                    .iter()
                    .map(|a| self.evaluate(a))
                    .collect::<Result<Vec<_>, _>>()?;
                f.apply(&args)
            }
        })
    }
}

fn compute(n: i32) -> f64 {
    const TEXTS: [&str; 11] = [
        "1 + 2 * 3 - 4 / 8",
        "x * x * x - 3 * x * y + -(-y)",
        "(x + 1) / (y - 2.5) * (x - y)",
        "0 * x + 1 * (y + 0) - --x",
        "sqrt(x * x + y * y) + max(x, y, 7) * double(y)",
        "triple(x) - floor(7.75) + max(1)",
        "1 + (2 * 3",
        "1 + ? 2",
        "cosine(1)",
        "x + z",
        // `second` indexes past the end of one argument.
        "second(x)",
    ];
    let bonus = f64::from(n) / 16.0;
    let mut functions: BTreeMap<&'static str, Box<dyn Function>> = BTreeMap::new();
    functions.insert("sqrt", Box::new(Fixed(f64::sqrt)));
    functions.insert("floor", Box::new(Fixed(f64::floor)));
    functions.insert(
        "max",
        Box::new(|args: &[f64]| args.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
    );
    functions.insert(
        "double",
        Box::new(Scaled {
            by: 2.0,
            inner: Box::new(move |args: &[f64]| args[0] + bonus),
        }),
    );
    functions.insert(
        "triple",
        Box::new(Scaled {
            by: 1.5,
            inner: Box::new(Scaled {
                by: 2.0,
                inner: Box::new(Fixed(|x| x)),
            }),
        }),
    );
    functions.insert("second", Box::new(|args: &[f64]| args[1]));
    let scope = Scope {
        functions,
        variables: [('x', 1.25), ('y', -0.75)].into_iter().collect(),
    };
    let text = |s: String| {
        s.bytes()
            .fold(0.0, |h: f64, b| (h * 31.0 + f64::from(b)) % 1_000_003.0)
    };
    match Parser::parse(TEXTS[n as usize]) {
        Err(e) => -text(e.to_string()),
        Ok(e) => match scope.evaluate(&e) {
            Err(error) => -text(error.to_string()) - 0.5,
            Ok(value) => {
                let simple = simplify(&e);
                let slope = if n < 4 {
                    let d = simplify(&derive(&simple, 'x'));
                    text(d.to_string()) + scope.evaluate(&d).unwrap()
                } else {
                    text(simple.to_string())
                };
                value + slope
            }
        },
    }
}

corpus!(expressions: f64, compute);
