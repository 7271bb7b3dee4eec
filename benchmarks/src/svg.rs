//! docs/benchmarks.svg: a row for each program, a mark for each peer, at its ratio to native.

use std::fmt::Write;

use crate::programs::Kind;
use crate::run::Results;

/// The plot's left and right edge.
const LEFT: f64 = 150.0;
const RIGHT: f64 = 840.0;
const ROW: f64 = 21.0;
/// The width of a column of numbers, right of the plot.
const NUMBERS: f64 = 58.0;
/// The space around everything.
const MARGIN: f64 = 20.0;
const TOP: f64 = 104.0;
/// What the axis reaches at most; marks beyond it are at its end, with their number.
const LARGEST: f64 = 6.0;
const SMALLEST: f64 = 0.25;
const TICKS: [f64; 11] = [0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0];

const TITLE: &str = "CPU time relative to native code";
const HINT: &str = "1 is as fast as native, 2 takes twice as long. Filled marks: bounds are checked. Hollow: \
    guard pages, or a byte for each address.";

const INK: &str = "#1f2328";
const FAINT: &str = "#656d76";
const STYLE: &str = "\
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
.title { font-size: 16px; font-weight: 600; }
.strong { font-weight: 700; }
.small { font-size: 11px; }
";

/// How a peer is drawn.
#[derive(Clone, Copy)]
struct Mark {
    colour: &'static str,
    shape: Shape,
    filled: bool,
}

#[derive(Clone, Copy)]
enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// A line of the plot.
struct Line {
    name: String,
    ratios: Vec<Option<f64>>,
    mean: bool,
}

/// The picture.
pub fn draw(results: &Results) -> String {
    let groups = groups(results);
    let marks: Vec<Mark> =
        results.peers.iter().enumerate().map(|(index, name)| mark(name, index)).collect();
    let own: Vec<usize> =
        (1..marks.len()).filter(|peer| matches!(marks[*peer].shape, Shape::Diamond)).collect();
    let rows: usize = groups.iter().map(|(_, lines)| lines.len() + 1).sum();
    let bottom = TOP + rows as f64 * ROW + 6.0;
    let height = bottom + 34.0;
    let width = RIGHT + own.len() as f64 * NUMBERS + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\">\n<title>{TITLE}</title>\n<style>\n{STYLE}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(&mut svg, MARGIN, 30.0, "start", INK, "title", TITLE);
    text(&mut svg, MARGIN, 50.0, "start", FAINT, "", HINT);
    legend(&mut svg, &results.peers, &marks);
    bands(&mut svg, &groups, width - 2.0 * MARGIN);
    axis(&mut svg, bottom);
    for (column, peer) in own.iter().enumerate() {
        let (x, name) = (number_position(column), &results.peers[*peer]);
        let name = name.strip_prefix("herkos-").unwrap_or(name);
        text(&mut svg, x, TOP - 6.0, "end", marks[*peer].colour, "strong", name);
    }
    let mut y = TOP;
    for (name, lines) in &groups {
        text(&mut svg, LEFT - 12.0, y + 15.0, "end", FAINT, "small strong", name);
        for line in lines {
            y += ROW;
            row(&mut svg, y, line, &marks, &own);
        }
        y += ROW;
    }
    svg += "</svg>\n";
    svg
}

/// Every other line and the means have a band.
fn bands(svg: &mut String, groups: &[(&str, Vec<Line>)], width: f64) {
    let mut y = TOP;
    for (_, lines) in groups {
        for (index, line) in lines.iter().enumerate() {
            y += ROW;
            let stripe = if index % 2 == 0 { "#f5f6f7" } else { "#ffffff" };
            let fill = if line.mean { "#e4e7eb" } else { stripe };
            let _ = writeln!(
                svg,
                "<rect x=\"{MARGIN}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{ROW}\" fill=\"{fill}\"/>"
            );
        }
        y += ROW;
    }
}

/// The programs of each kind with their mean, and the mean of all.
fn groups(results: &Results) -> Vec<(&'static str, Vec<Line>)> {
    let peers = results.peers.len();
    let mean = |name: &str, kind| Line {
        name: name.to_owned(),
        ratios: (0..peers).map(|peer| results.mean(kind, peer).map(|(mean, _)| mean)).collect(),
        mean: true,
    };
    let mut groups = Vec::new();
    for (name, kind) in [("KERNELS", Kind::Kernel), ("REAL PROGRAMS", Kind::Real)] {
        let rows = results.rows.iter().filter(|row| row.kind == kind);
        let mut lines: Vec<Line> = rows
            .map(|row| Line {
                name: row.program.clone(),
                ratios: (0..peers).map(|peer| row.ratio(peer)).collect(),
                mean: false,
            })
            .collect();
        if !lines.is_empty() {
            lines.push(mean("geometric mean", Some(kind)));
            groups.push((name, lines));
        }
    }
    if groups.len() > 1 {
        groups.push(("ALL", vec![mean("geometric mean", None)]));
    }
    groups
}

/// Colours that people who see few of them can tell apart.
fn mark(peer: &str, index: usize) -> Mark {
    const VARIANTS: [&str; 3] = ["#e69f00", "#8c2d04", "#000000"];
    let (colour, shape) = match peer {
        "wasm2c" | "wasm2c-checks" => ("#0072b2", Shape::Circle),
        "wasmtime" | "wasmtime-checks" => ("#009e73", Shape::Square),
        "wasm2rs" => ("#a64d94", Shape::Triangle),
        "herkos" | "herkos-reserve" => ("#d55e00", Shape::Diamond),
        _ => (VARIANTS[index % VARIANTS.len()], Shape::Diamond),
    };
    Mark { colour, shape, filled: !matches!(peer, "wasm2c" | "wasmtime" | "herkos-reserve") }
}

fn position(ratio: f64) -> f64 {
    let part = (ratio.clamp(SMALLEST, LARGEST) / SMALLEST).ln() / (LARGEST / SMALLEST).ln();
    LEFT + part * (RIGHT - LEFT)
}

/// The right end of a column of numbers.
fn number_position(column: usize) -> f64 {
    RIGHT + (column + 1) as f64 * NUMBERS + 6.0
}

fn axis(svg: &mut String, bottom: f64) {
    for tick in TICKS {
        let (x, native) = (position(tick), tick == 1.0);
        let (colour, width) = if native { (INK, 1.5) } else { ("#d0d7de", 1.0) };
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"
        );
        let (colour, class) = if native { (INK, "strong") } else { (FAINT, "") };
        for y in [TOP - 6.0, bottom + 16.0] {
            text(svg, x, y, "middle", colour, class, &format!("{tick}×"));
        }
    }
}

fn legend(svg: &mut String, peers: &[String], marks: &[Mark]) {
    let mut x = 27.0;
    for (peer, mark) in peers.iter().zip(marks).skip(1) {
        draw_mark(svg, x, 72.0, *mark, 5.0);
        text(svg, x + 11.0, 76.0, "start", INK, "", peer);
        x += 40.0 + 7.0 * peer.chars().count() as f64;
    }
}

/// One program: the marks, those of herkos on top, and the numbers of herkos at the right.
fn row(svg: &mut String, y: f64, line: &Line, marks: &[Mark], own: &[usize]) {
    let middle = y + ROW / 2.0;
    let class = if line.mean { "strong" } else { "" };
    text(svg, LEFT - 12.0, middle + 4.0, "end", INK, class, &line.name);
    let size = if line.mean { 5.5 } else { 4.5 };
    let others = (1..marks.len()).filter(|peer| !own.contains(peer));
    let mut beyond = 0.0;
    for peer in others.chain(own.iter().copied()) {
        let Some(ratio) = line.ratios.get(peer).copied().flatten() else { continue };
        let size = if own.contains(&peer) { size + 1.5 } else { size };
        draw_mark(svg, position(ratio), middle, marks[peer], size);
        if ratio > LARGEST {
            let x = RIGHT - 10.0 - beyond;
            text(
                svg,
                x,
                middle + 4.0,
                "end",
                marks[peer].colour,
                "small strong",
                &format!("{ratio:.1} ▸"),
            );
            beyond += 40.0;
        }
    }
    for (column, peer) in own.iter().enumerate() {
        if let Some(ratio) = line.ratios.get(*peer).copied().flatten() {
            let x = RIGHT + (column + 1) as f64 * NUMBERS + 6.0;
            text(
                svg,
                x,
                middle + 4.0,
                "end",
                marks[*peer].colour,
                "strong",
                &format!("{ratio:.2}"),
            );
        }
    }
}

fn draw_mark(svg: &mut String, x: f64, y: f64, mark: Mark, size: f64) {
    let Mark { colour, shape, filled } = mark;
    let fill = if filled { colour } else { "#ffffff" };
    let edge = if filled { "#ffffff" } else { colour };
    let width = if filled { 0.8 } else { 1.6 };
    let paint = format!("fill=\"{fill}\" stroke=\"{edge}\" stroke-width=\"{width}\"");
    let points = |corners: &[(f64, f64)]| {
        let corners =
            corners.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx * size, y + dy * size));
        format!("<polygon points=\"{}\" {paint}/>", corners.collect::<Vec<_>>().join(" "))
    };
    let shape = match shape {
        Shape::Circle => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{size}\" {paint}/>"),
        Shape::Square => points(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Shape::Triangle => points(&[(0.0, -1.1), (1.1, 0.9), (-1.1, 0.9)]),
        Shape::Diamond => points(&[(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)]),
    };
    *svg += &shape;
    *svg += "\n";
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, colour: &str, class: &str, content: &str) {
    let content = content.replace('&', "&amp;").replace('<', "&lt;");
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\"{class}>{content}</text>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Row;

    #[test]
    fn positions_are_logarithmic_and_stay_inside() {
        assert_eq!(position(SMALLEST), LEFT);
        assert_eq!(position(LARGEST), RIGHT);
        assert_eq!(position(100.0), RIGHT);
        assert!((position(2.0) - position(1.0) - (position(4.0) - position(2.0))).abs() < 1e-9);
    }

    #[test]
    fn a_picture_has_every_program_and_every_peer() {
        let row = Row {
            program: "x<y".to_owned(),
            kind: Kind::Kernel,
            n: 1,
            seconds: vec![Some(1.0), Some(9.0)],
        };
        let peers = vec!["native".to_owned(), "herkos".to_owned()];
        let svg = draw(&Results { peers, rows: vec![row], problems: Vec::new(), failed: false });
        assert!(svg.contains("x&lt;y") && svg.contains(">herkos<") && svg.contains(">9.0 ▸<"));
    }
}
