//! How fast the programs run: every peer once, then the next program; and all of that again each round.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::in_parallel;
use crate::peers::{BASELINE, Guest, Kind, Peer};
use crate::programs::{self, Program};
use crate::progress;
use crate::stats::{geomean, median};
use crate::suite::Suite;
use crate::table::{Table, number};

/// What was measured.
pub struct Results {
    /// The columns; the first is the baseline.
    pub peers: Vec<String>,
    pub rows: Vec<Row>,
    /// What did not work, in words.
    pub problems: Vec<String>,
    /// Whether one of them is a fault of herkos, or a wrong result.
    pub failed: bool,
}

/// One program.
pub struct Row {
    pub program: String,
    pub kind: programs::Kind,
    pub n: i32,
    /// The median CPU seconds of each peer that ran it.
    pub seconds: Vec<Option<f64>>,
}

impl Row {
    /// The time of a peer over that of the baseline.
    pub fn ratio(&self, peer: usize) -> Option<f64> {
        Some((*self.seconds.get(peer)?)? / (*self.seconds.first()?)?)
    }
}

/// Prepares and runs everything.
pub fn measure(
    suite: &Suite,
    programs: &[Program],
    peers: &[Peer],
    rounds: usize,
) -> Result<Results> {
    let mut results = Results {
        peers: peers.iter().map(|peer| peer.name.clone()).collect(),
        rows: Vec::new(),
        problems: Vec::new(),
        failed: false,
    };
    let guests = prepare(suite, programs, peers, &mut results)?;
    let mut seconds = vec![vec![Vec::new(); peers.len()]; programs.len()];
    for round in 1..=rounds {
        for (index, program) in programs.iter().enumerate() {
            progress::show(format_args!("round {round} of {rounds}: {}", program.name));
            let mut expected = None;
            for (column, guest) in guests[index].iter().enumerate() {
                let Some(guest) = guest else { continue };
                match guest.run(program.n) {
                    Ok(sample) if sample.sum == *expected.get_or_insert(sample.sum) => {
                        seconds[index][column].push(sample.cpu_seconds);
                    }
                    Ok(sample) => {
                        let (name, sum) = (&peers[column].name, sample.sum);
                        let expected = expected.unwrap_or_default();
                        results.wrong(format!(
                            "{}: {name} gives {sum}, not {expected}: WRONG",
                            program.name
                        ));
                    }
                    Err(error) => results.problem(program, &peers[column], &error),
                }
            }
        }
    }
    progress::clear();
    for (program, seconds) in programs.iter().zip(seconds) {
        let seconds = seconds.iter().map(|seconds| median(seconds)).collect();
        let (name, kind, n) = (program.name.clone(), program.kind, program.n);
        results.rows.push(Row { program: name, kind, n, seconds });
    }
    results.problems.sort();
    results.problems.dedup();
    Ok(results)
}

/// The guest of each program and peer; `None` where that could not be made.
fn prepare(
    suite: &Suite,
    programs: &[Program],
    peers: &[Peer],
    results: &mut Results,
) -> Result<Vec<Vec<Option<Guest>>>> {
    eprintln!("compiling {} programs to modules", programs.len());
    let modules = in_parallel(suite.jobs, programs, |program| suite.module(program));
    let modules: Vec<PathBuf> = modules.into_iter().collect::<Result<_>>()?;
    eprintln!("making what {} peers run", peers.len());
    // Programs that follow each other in the list cost most: each peer of one before the next.
    let cells: Vec<(usize, usize)> = (0..programs.len())
        .rev()
        .flat_map(|row| (0..peers.len()).map(move |column| (row, column)))
        .collect();
    let guests = in_parallel(suite.jobs, &cells, |&(row, column)| {
        progress::show(format_args!("{}, {}", programs[row].name, peers[column].name));
        peers[column].prepare(suite, &programs[row], &modules[row])
    });
    progress::clear();
    let mut rows: Vec<Vec<Option<Guest>>> =
        programs.iter().map(|_| peers.iter().map(|_| None).collect()).collect();
    for ((row, column), guest) in cells.into_iter().zip(guests) {
        match guest {
            Ok(guest) => rows[row][column] = Some(guest),
            Err(error) => results.problem(&programs[row], &peers[column], &error),
        }
    }
    Ok(rows)
}

impl Results {
    fn problem(&mut self, program: &Program, peer: &Peer, error: &anyhow::Error) {
        self.failed |= matches!(peer.kind, Kind::Native | Kind::Herkos(_));
        self.problems.push(format!("{}: {} fails: {error:#}", program.name, peer.name));
    }

    fn wrong(&mut self, text: String) {
        self.failed = true;
        self.problems.push(text);
    }

    /// The geometric mean of a peer's ratios, over the programs of one kind or all, and over how many.
    pub fn mean(&self, kind: Option<programs::Kind>, peer: usize) -> Option<(f64, usize)> {
        let rows = self.rows.iter().filter(|row| kind.is_none_or(|kind| kind == row.kind));
        let ratios: Vec<f64> = rows.filter_map(|row| row.ratio(peer)).collect();
        Some((geomean(&ratios)?, ratios.len()))
    }

    /// Ratios to the baseline, program by program, and their means.
    pub fn ratios(&self) -> Table {
        let mut table = Table::new("program");
        table.column(&format!("{BASELINE} s"));
        for peer in &self.peers[1..] {
            table.column(peer);
        }
        let kinds = [
            ("kernels", Some(programs::Kind::Kernel)),
            ("real programs", Some(programs::Kind::Real)),
        ];
        for (name, kind) in kinds {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| Some(row.kind) == kind).collect();
            for row in &rows {
                let mut cells = vec![number(row.seconds[0], 3)];
                cells.extend((1..self.peers.len()).map(|peer| number(row.ratio(peer), 2)));
                table.row(&row.program, cells);
            }
            if rows.len() > 1 {
                self.mean_row(&mut table, name, kind);
            }
        }
        if kinds.iter().all(|(_, kind)| self.rows.iter().any(|row| Some(row.kind) == *kind)) {
            self.mean_row(&mut table, "all", None);
        }
        table
    }

    fn mean_row(&self, table: &mut Table, name: &str, kind: Option<programs::Kind>) {
        let count = self.rows.iter().filter(|row| kind.is_none_or(|kind| kind == row.kind)).count();
        let mut cells = vec![String::new()];
        cells.extend((1..self.peers.len()).map(|peer| match self.mean(kind, peer) {
            Some((mean, of)) if of == count => format!("{mean:.2}"),
            Some((mean, of)) => format!("{mean:.2} (of {of})"),
            None => number(None, 2),
        }));
        table.strong_row(&format!("geomean, {name}"), cells);
    }

    /// The medians themselves.
    pub fn seconds(&self) -> Table {
        let mut table = Table::new("program");
        table.column("n");
        for peer in &self.peers {
            table.column(peer);
        }
        for row in &self.rows {
            let seconds = row.seconds.iter().map(|seconds| number(*seconds, 3));
            table.row(&row.program, std::iter::once(row.n.to_string()).chain(seconds).collect());
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results() -> Results {
        let row = |program: &str, kind, seconds: &[Option<f64>]| Row {
            program: program.to_owned(),
            kind,
            n: 1,
            seconds: seconds.to_vec(),
        };
        Results {
            peers: ["native", "a", "b"].map(str::to_owned).to_vec(),
            rows: vec![
                row("x", programs::Kind::Kernel, &[Some(1.0), Some(2.0), Some(1.0)]),
                row("y", programs::Kind::Real, &[Some(2.0), Some(1.0), None]),
            ],
            problems: Vec::new(),
            failed: false,
        }
    }

    #[test]
    fn ratios_are_to_the_first_column() {
        let results = results();
        assert_eq!(results.rows[0].ratio(1), Some(2.0));
        assert_eq!(results.rows[1].ratio(1), Some(0.5));
        assert_eq!(results.rows[1].ratio(2), None);
        assert_eq!(results.rows[1].ratio(3), None);
    }

    #[test]
    fn a_mean_says_over_how_many() {
        let results = results();
        assert_eq!(results.mean(None, 1), Some((1.0, 2)));
        assert_eq!(results.mean(None, 2), Some((1.0, 1)));
        assert!(results.ratios().markdown().contains("1.00 (of 1)"));
    }
}
