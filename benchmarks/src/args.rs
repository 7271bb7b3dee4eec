//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};

const ROUNDS: usize = 5;

/// Measures herkos beside other ways to run the same C, and writes what it found.
///
/// Without options it measures everything and writes docs/benchmarks.md and docs/benchmarks.svg.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Args {
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Section::value_variants().to_vec())]
    pub sections: Vec<Section>,

    /// Only these programs, by name
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub only: Vec<String>,

    /// Only these peers, by name; native is always there
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub peers: Vec<String>,

    /// How often to run each program with each peer
    #[arg(long, default_value_t = ROUNDS, value_name = "COUNT")]
    pub rounds: usize,

    /// How often compilers build each module [default: as often as programs run, at most 3]
    #[arg(long, value_name = "COUNT")]
    pub build_rounds: Option<usize>,

    /// Two rounds with a quarter of the work: to see that everything works
    #[arg(long)]
    pub quick: bool,

    /// The herkos to measure; otherwise Cargo builds the one of this repository
    #[arg(long, value_name = "PATH")]
    pub herkos: Option<PathBuf>,

    /// One more column of herkos: options for herkos, `-C…` options for rustc, `@PATH` for another herkos
    #[arg(long = "herkos-variant", value_name = "NAME=OPTIONS")]
    pub variants: Vec<Variant>,

    /// The wasm2rs to measure [default: the one on the PATH]
    #[arg(long, default_value = "wasm2rs", hide_default_value = true, value_name = "PATH")]
    pub wasm2rs: PathBuf,

    /// The C compiler for everything in C
    #[arg(long, default_value = "clang", value_name = "PATH")]
    pub clang: PathBuf,

    /// Where the report goes; needed for a report of a partial run
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// How many compilers run at once; measurements run alone [default: one per processor]
    #[arg(long, value_name = "COUNT")]
    pub jobs: Option<usize>,
}

impl Args {
    /// How often each program runs with each peer.
    pub fn rounds(&self) -> usize {
        if self.quick { 2 } else { self.rounds.max(1) }
    }

    /// How often herkos translates each module.
    pub fn few_rounds(&self) -> usize {
        if self.quick { 1 } else { self.rounds().min(3) }
    }

    /// How often compilers build each module: they take long, and vary little.
    pub fn build_rounds(&self) -> usize {
        self.build_rounds.unwrap_or(self.few_rounds()).max(1)
    }

    /// Whether everything is measured, as well as it can be.
    pub fn is_full(&self) -> bool {
        let sections = Section::value_variants();
        let all = sections.iter().all(|section| self.sections.contains(section));
        all && self.only.is_empty() && self.peers.is_empty() && !self.quick
    }

    /// The command, without what only says where things are.
    pub fn command_line(&self) -> String {
        let mut words =
            vec!["cargo run --release --manifest-path benchmarks/Cargo.toml".to_owned()];
        let sections = Section::value_variants();
        if self.sections.len() < sections.len() {
            let names = self.sections.iter().map(|section| format!("{section:?}").to_lowercase());
            words.push(format!("--sections {}", names.collect::<Vec<_>>().join(",")));
        }
        for (option, names) in [("--only", &self.only), ("--peers", &self.peers)] {
            if !names.is_empty() {
                words.push(format!("{option} {}", names.join(",")));
            }
        }
        if self.quick {
            words.push("--quick".to_owned());
        } else if self.rounds != ROUNDS {
            words.push(format!("--rounds {}", self.rounds));
        }
        if let Some(rounds) = self.build_rounds {
            words.push(format!("--build-rounds {rounds}"));
        }
        for variant in &self.variants {
            words.push(format!(
                "--herkos-variant '{}={}'",
                variant.name,
                variant.words().join(" ")
            ));
        }
        if words.len() > 1 {
            words.insert(1, "--".to_owned());
        }
        words.join(" ")
    }
}

/// A part of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// How fast the programs run
    Run,
    /// What compilers take
    Build,
    /// How long herkos takes
    Transpile,
    /// What a call into a module costs
    Calls,
    /// What an instance costs
    Instances,
}

/// One way to use herkos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub name: String,
    pub herkos: Option<PathBuf>,
    pub options: Vec<String>,
    pub rustc_options: Vec<String>,
}

impl Variant {
    /// herkos as it comes.
    pub fn plain() -> Self {
        let name = "herkos".to_owned();
        Self { name, herkos: None, options: Vec::new(), rustc_options: Vec::new() }
    }

    /// herkos without checks, as peers with guard pages are.
    pub fn reserve() -> Self {
        let options = ["--bounds", "reserve"].map(str::to_owned).to_vec();
        Self { name: "herkos-reserve".to_owned(), options, ..Self::plain() }
    }
}

impl Variant {
    /// Its options, for a reader.
    pub fn words(&self) -> Vec<String> {
        self.options.iter().chain(&self.rustc_options).cloned().collect()
    }
}

impl FromStr for Variant {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((name, words)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            bail!("expected NAME=OPTIONS");
        };
        // The name of a directory, too.
        if name.contains(|c: char| !c.is_alphanumeric() && c != '-' && c != '_') {
            bail!("a name is letters, digits, - and _");
        }
        let mut variant = Self { name: name.to_owned(), ..Self::plain() };
        for word in words.split_whitespace() {
            match word.strip_prefix('@') {
                Some(path) => variant.herkos = Some(path.into()),
                None if word.starts_with("-C") => variant.rustc_options.push(word.to_owned()),
                None => variant.options.push(word.to_owned()),
            }
        }
        Ok(variant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_tells_what_was_asked_for() {
        let full = Args::parse_from(["x", "--herkos", "some/where/herkos"]);
        assert!(full.is_full());
        assert!(full.command_line().ends_with("Cargo.toml"));
        let part =
            Args::parse_from(["x", "--sections", "run,calls", "--only", "lu", "--rounds", "3"]);
        assert!(!part.is_full());
        assert!(part.command_line().ends_with("-- --sections run,calls --only lu --rounds 3"));
    }

    #[test]
    fn a_variant_is_words_for_herkos_and_for_rustc() {
        let variant: Variant = "wrap=--bounds wrap -Cpanic=abort @old/herkos".parse().unwrap();
        assert_eq!(variant.name, "wrap");
        assert_eq!(variant.options, ["--bounds", "wrap"]);
        assert_eq!(variant.rustc_options, ["-Cpanic=abort"]);
        assert_eq!(variant.herkos, Some("old/herkos".into()));
        assert_eq!(variant.words().join(" "), "--bounds wrap -Cpanic=abort");
        assert!("=x".parse::<Variant>().is_err());
        assert!("wrap".parse::<Variant>().is_err());
        assert!("../x=".parse::<Variant>().is_err());
    }
}
