//! The options that modules are translated and compiled with.

use std::fmt;

use anyhow::{Context as _, Result, bail};
use herkos::native::{OptLevel, Profile};
use herkos::{Bounds, Config, Optimization};

use super::engine::MAX_PAGES;
use super::guest::STACK;

/// Options of a comparison that change the output, or what rustc makes of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setup {
    /// Optimisations to leave out.
    pub without: Vec<Optimization>,
    /// What accesses beyond the memory do; with others than `trap`, calls that would trap there are not compared.
    pub bounds: Bounds,
    /// Whether herkos makes NaNs canonical.
    pub canonical_nans: bool,
    /// Whether traps know their offset.
    pub trap_offsets: bool,
    /// Whether fuel is counted, of which there is no end.
    pub fuel: bool,
    /// How much rustc optimises; without optimisation, all its checks are on.
    pub opt_level: Level,
}

/// [`OptLevel::O0`] by default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level(pub OptLevel);

impl Default for Level {
    fn default() -> Self {
        Self(OptLevel::O0)
    }
}

impl Setup {
    /// The options that a long run goes through in turn, a batch each.
    pub fn all() -> Vec<Self> {
        let plain = Self::default;
        let bare = || Self { without: Optimization::ALL.to_vec(), ..plain() };
        let wrap = || Self { bounds: Bounds::Wrap, ..plain() };
        let reserve = || Self { bounds: Bounds::Reserve, ..plain() };
        let at = |level| Level(level);
        vec![
            plain(),
            bare(),
            plain(),
            wrap(),
            Self { opt_level: at(OptLevel::O2), ..plain() },
            Self { canonical_nans: true, ..plain() },
            Self { trap_offsets: true, ..plain() },
            Self { without: vec![Optimization::Extents], ..plain() },
            Self { without: vec![Optimization::Counted], ..plain() },
            Self { without: vec![Optimization::Webs], ..plain() },
            Self { opt_level: at(OptLevel::O1), canonical_nans: true, ..wrap() },
            reserve(),
            Self { opt_level: at(OptLevel::O3), ..bare() },
            Self { opt_level: at(OptLevel::O2), ..reserve() },
            Self { fuel: true, ..plain() },
            Self { fuel: true, opt_level: at(OptLevel::O2), trap_offsets: true, ..plain() },
        ]
    }

    /// herkos' part of it.
    pub fn config(&self) -> Config {
        let config = Config::new()
            .by_name(true)
            .max_pages(MAX_PAGES)
            .bounds(self.bounds)
            .canonical_nans(self.canonical_nans)
            .trap_offsets(self.trap_offsets)
            .stack_budget(STACK / 4 * 3)
            .threads(1);
        let config = if self.fuel { config.fuel(u64::MAX) } else { config };
        self.without.iter().fold(config, |config, pass| config.without(*pass))
    }

    /// rustc's part of it.
    pub fn profile(&self) -> Profile {
        match self.opt_level.0 {
            OptLevel::O0 => Profile::debug(),
            opt_level => Profile { opt_level, ..Profile::release() },
        }
    }

    /// The options as words, as [`fmt::Display`] writes them.
    ///
    /// # Errors
    ///
    /// If a word is no option.
    pub fn parse(words: &str) -> Result<Self> {
        let mut setup = Self::default();
        let mut words = words.split_whitespace();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word {
                "--without" => setup.without.push(optimization(value()?)?),
                "--bounds" => setup.bounds = bounds(value()?)?,
                "--canonical-nans" => setup.canonical_nans = true,
                "--trap-offsets" => setup.trap_offsets = true,
                "--fuel" => setup.fuel = true,
                "--opt-level" => {
                    let level = value()?.parse();
                    setup.opt_level = Level(level.map_err(|error| anyhow::anyhow!("{error}"))?);
                }
                _ => bail!("no option `{word}`"),
            }
        }
        Ok(setup)
    }
}

/// The optimisation of this name.
///
/// # Errors
///
/// If there is none.
pub fn optimization(name: &str) -> Result<Optimization> {
    let mut all = Optimization::ALL.into_iter();
    all.find(|pass| pass.name() == name).with_context(|| format!("no pass `{name}`"))
}

/// The policy of this name.
///
/// # Errors
///
/// If there is none.
pub fn bounds(name: &str) -> Result<Bounds> {
    let mut all = Bounds::ALL.into_iter();
    all.find(|bounds| bounds.name() == name).with_context(|| format!("no policy `{name}`"))
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--opt-level {}", self.opt_level.0)?;
        for pass in &self.without {
            write!(f, " --without {}", pass.name())?;
        }
        if self.bounds != Bounds::Trap {
            write!(f, " --bounds {}", self.bounds)?;
        }
        if self.canonical_nans {
            f.write_str(" --canonical-nans")?;
        }
        if self.trap_offsets {
            f.write_str(" --trap-offsets")?;
        }
        if self.fuel {
            f.write_str(" --fuel")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setups_survive_their_text() -> Result<()> {
        for setup in Setup::all() {
            assert_eq!(Setup::parse(&setup.to_string())?, setup);
        }
        assert!(Setup::parse("--bounds none").is_err());
        Ok(())
    }
}
