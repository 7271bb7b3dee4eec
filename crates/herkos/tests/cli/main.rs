//! The `herkos` command, from the outside: files in, files and exit statuses out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod build;
mod c_abi;
mod command;
mod diff;
mod inspect;
mod link;
mod new;
mod place;
mod report;
mod run;
mod transpile;
mod values;
mod wasi;
