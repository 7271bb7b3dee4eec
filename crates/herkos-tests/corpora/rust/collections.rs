//! The allocator, ordered maps, strings, sorting and iterator chains of the standard library: an inventory kept in a B-tree,
//! checked against a sorted vector.
// sizes: 0 1 100 3000
include!("corpus.in.rs");

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    stock: i64,
    tags: Vec<u8>,
}

fn compute(n: i32) -> i64 {
    let (mut seed, mut h) = (1234, 0xcbf2_9ce4_8422_2325);
    let mut map: BTreeMap<String, Part> = BTreeMap::new();
    let mut queue = VecDeque::new();
    for i in 0..n {
        let r = next_random(&mut seed);
        let name = format!(
            "{}-{:03x}",
            ["bolt", "nut", "gear", "rod"][(r % 4) as usize],
            r / 4 % 1500
        );
        match r % 7 {
            0 => {
                if let Some(part) = map.remove(&name) {
                    h = mix(h, part.stock as u64);
                }
            }
            1 => {
                let range: Vec<_> = map
                    .range(name.clone()..)
                    .take(3)
                    .map(|(k, p)| (k.len(), p.stock))
                    .collect();
                h = range
                    .iter()
                    .fold(h, |h, &(l, s)| mix(h, l as u64 ^ s as u64));
            }
            _ => {
                let part = map.entry(name.clone()).or_insert_with(|| Part {
                    name: name.clone(),
                    ..Part::default()
                });
                part.stock += (r >> 40) as i64 % 1000 - 300;
                part.tags.extend_from_slice(&(r as u16).to_be_bytes());
                queue.push_back(name);
                if queue.len() > 64 {
                    let old = queue.pop_front().unwrap();
                    queue.rotate_left(i as usize % 7);
                    h = mix(h, old.bytes().map(u64::from).sum());
                }
            }
        }
    }
    let mut sorted: Vec<Part> = map.values().cloned().collect();
    sorted.sort_by(|a, b| b.stock.cmp(&a.stock).then_with(|| a.name.cmp(&b.name)));
    sorted.dedup_by_key(|p| p.stock);
    let mut heap: BinaryHeap<_> = sorted.iter().map(|p| (p.stock, p.name.as_str())).collect();
    for p in &sorted {
        let (stock, name) = heap.pop().unwrap();
        assert_eq!((stock, name), (p.stock, p.name.as_str()));
        h = mix(h, stock as u64);
    }
    let words: BTreeSet<char> = map.keys().flat_map(|k| k.chars().rev().take(2)).collect();
    let text: String = words
        .into_iter()
        .map(|c| c.to_ascii_uppercase())
        .collect::<String>()
        .repeat(2)
        .replace('A', "äé");
    h = text
        .char_indices()
        .fold(h, |h, (i, c)| mix(h, (i as u64) << 32 | c as u64));
    let joined = sorted
        .iter()
        .map(|p| p.stock.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let back: i64 = joined
        .split(',')
        .filter_map(|s| s.parse::<i64>().ok())
        .sum();
    assert_eq!(back, sorted.iter().map(|p| p.stock).sum::<i64>());
    mix(h, back as u64) as i64
}

corpus!(collections: i64, compute);
