//! The C program compiled for this machine: what all ratios are relative to.

use anyhow::{Context, Result};

use super::Kind;
use crate::command;
use crate::suite::{CLANG_OPT, Suite};

pub fn find(suite: &Suite) -> Result<(String, Kind)> {
    let version = command::version(&suite.clang, "--version").context(
        "Debian has it as `clang`, with `lld wasi-libc libclang-rt-14-dev-wasm32` for modules",
    )?;
    Ok((format!("{version}, `{CLANG_OPT}`"), Kind::Native))
}
