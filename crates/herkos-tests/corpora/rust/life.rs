//! Conway's Game of Life on an unbounded plane, as a hash set, and in a bit board that wraps: generics, closures, hashing.
// sizes: 0 1 30 200
include!("corpus.in.rs");

use std::collections::{HashMap, HashSet};

type Cell = (i32, i32);

fn step(alive: &HashSet<Cell>) -> HashSet<Cell> {
    let mut neighbours: HashMap<Cell, u8> = HashMap::new();
    for &(x, y) in alive {
        for dx in -1..=1 {
            for dy in -1..=1 {
                if (dx, dy) != (0, 0) {
                    *neighbours.entry((x + dx, y + dy)).or_default() += 1;
                }
            }
        }
    }
    neighbours
        .into_iter()
        .filter(|(cell, count)| *count == 3 || (*count == 2 && alive.contains(cell)))
        .map(|(cell, _)| cell)
        .collect()
}

/// One generation of a 64 by 64 torus: full adders over whole rows.
fn step_board(rows: &[u64; 64]) -> [u64; 64] {
    let add = |a: u64, b: u64, c: u64| (a ^ b ^ c, (a & b) | (c & (a ^ b)));
    std::array::from_fn(|y| {
        let side = |r: u64| (r.rotate_left(1), r, r.rotate_right(1));
        let (al, a, ar) = side(rows[(y + 63) % 64]);
        let (bl, b, br) = side(rows[y]);
        let (cl, c, cr) = side(rows[(y + 1) % 64]);
        let (s1, c1) = add(al, a, ar);
        let (s2, c2) = add(cl, c, cr);
        let (s3, c3) = (bl ^ br, bl & br);
        let (ones, c4) = add(s1, s2, s3);
        let (t1, u1) = add(c1, c2, c3);
        let (twos, u2) = (t1 ^ c4, t1 & c4);
        twos & !(u1 | u2) & (ones | b)
    })
}

fn compute(n: i32) -> i64 {
    // The r-pentomino, and a soup.
    let mut alive: HashSet<Cell> = [(1, 0), (2, 0), (0, 1), (1, 1), (1, 2)]
        .into_iter()
        .collect();
    let mut seed = 9;
    let mut board: [u64; 64] =
        std::array::from_fn(|_| next_random(&mut seed) & next_random(&mut seed));
    let mut history = vec![alive.len()];
    for _ in 0..n {
        alive = step(&alive);
        board = step_board(&board);
        history.push(alive.len());
    }
    let mut cells: Vec<Cell> = alive.into_iter().collect();
    cells.sort_unstable();
    let h = cells.iter().fold(7, |h, &(x, y)| {
        mix(h, (x as u32 as u64) << 32 | y as u32 as u64)
    });
    let h = board.iter().fold(h, |h, &row| mix(h, row));
    history.iter().fold(h, |h, &len| mix(h, len as u64)) as i64
}

corpus!(life: i64, compute);
