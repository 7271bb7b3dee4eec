//! `herkos completions` and `herkos man`: made from the flags' definitions.

use clap::CommandFactory as _;

use super::args::{Cli, Completions, Man};
use super::failure::Failure;
use super::output;

pub(crate) fn completions(args: &Completions) -> Result<(), Failure> {
    // Into memory first: the generator panics where a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "herkos", &mut script);
    output::print(&script)
}

pub(crate) fn man(args: &Man) -> Result<(), Failure> {
    let mut root = Cli::command();
    root.build();
    let command = match &args.command {
        None => root,
        Some(name) => match root.find_subcommand(name) {
            Some(command) => command.clone().display_name(format!("herkos-{name}")),
            None => {
                return Err(Failure::usage(format!("there is no command `{name}`"))
                    .hint("`herkos --help` lists the commands"));
            }
        },
    };
    let mut page = Vec::new();
    let source = concat!("herkos ", env!("CARGO_PKG_VERSION"));
    match clap_mangen::Man::new(command).source(source).render(&mut page) {
        Ok(()) => output::print(&page),
        Err(error) => Err(Failure::new(format!("cannot write the manual page: {error}"))),
    }
}
