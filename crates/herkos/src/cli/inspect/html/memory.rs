//! What lies where in the module's memories.

use std::fmt::Write as _;

use herkos::{MemoryItem, MemoryMap, RegionKind, SegmentOffset};
use herkos_runtime::PAGE_SIZE;

use super::write::{Bytes, Count, Name};
use super::{Page, put};
use crate::cli::inspect::text::range;

/// The class by which the style colours a region.
fn class(kind: RegionKind) -> &'static str {
    match kind {
        RegionKind::Data => "data",
        RegionKind::Zeroed => "zeroed",
        RegionKind::Stack | RegionKind::ZeroedAndStack => "stack",
        RegionKind::Heap | RegionKind::ZeroedAndHeap => "heap",
        _ => "rest",
    }
}

impl Page<'_> {
    pub(super) fn memory(&mut self) {
        let report = self.report;
        self.section("memory", "Memory");
        if report.interface.memories.is_empty() {
            put!(self, "<p>It has none.</p>\n");
        }
        for (index, (memory, map)) in
            report.interface.memories.iter().zip(&report.memory_maps).enumerate()
        {
            if report.interface.memories.len() > 1 {
                put!(self, "<h3>Memory {index}</h3>\n");
            }
            self.limits(memory);
            self.map(memory, map);
            self.landmarks(map);
            self.segments(map);
        }
        self.end_section();
    }

    fn limits(&mut self, memory: &MemoryItem) {
        let bytes = |pages: u32| u64::from(pages) * PAGE_SIZE as u64;
        let origin = if memory.imported {
            "its caller’s, who lends it for each call"
        } else {
            "its own: nothing else can name it but the host, and it can name nothing else"
        };
        put!(
            self,
            "<dl><dt>Whose</dt><dd>{origin}</dd><dt>Declared</dt><dd>{}</dd><dt>At first</dt><dd>{} bytes ({})</dd>\
             <dt>At most</dt><dd>{} bytes ({})</dd></dl>\n",
            range(memory.min_pages, memory.max_pages, "page"),
            Count(bytes(memory.min_pages)),
            Bytes(bytes(memory.min_pages)),
            Count(bytes(memory.effective_max_pages)),
            Bytes(bytes(memory.effective_max_pages))
        );
    }

    fn map(&mut self, memory: &MemoryItem, map: &MemoryMap) {
        let size = u64::from(memory.min_pages) * PAGE_SIZE as u64;
        if memory.imported || size == 0 {
            return;
        }
        let share = |bytes: u64| bytes as f64 * 100.0 / size as f64;
        put!(
            self,
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"what lies where at first\">"
        );
        for region in &map.regions {
            // What is small stays visible.
            let (x, width) = (share(region.start), share(region.end - region.start).max(0.4));
            let words = region.kind.words();
            put!(
                self,
                "<rect class=\"{}\" x=\"{x:.3}\" width=\"{width:.3}\" height=\"10\"><title>{words}</title></rect>",
                class(region.kind)
            );
        }
        put!(
            self,
            "</svg>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">At first</th><th class=\"n\" scope=\"col\">From</th><th class=\"n\" scope=\"col\">To</th><th class=\"n\" scope=\"col\">Bytes</th></tr></thead><tbody>\n"
        );
        for region in &map.regions {
            put!(
                self,
                "<tr><td><span class=\"key {}\"></span>{}</td><td class=\"n\"><code>0x{:x}</code></td><td class=\"n\"><code>0x{:x}</code></td><td class=\"n\">{}</td></tr>\n",
                class(region.kind),
                region.kind.words(),
                region.start,
                region.end,
                Count(region.end - region.start)
            );
        }
        put!(
            self,
            "</tbody></table></div>\n<p class=\"small soft\">{}. Isolation doesn’t rest on it: inside its memory the \
             module may do as it likes.</p>\n",
            if map.landmarks.is_empty() {
                "The module doesn’t say where its stack and its heap are"
            } else {
                "The data is the module’s; the rest follows from what LLVM’s linker does, and from globals with its names"
            }
        );
    }

    fn landmarks(&mut self, map: &MemoryMap) {
        if map.landmarks.is_empty() {
            return;
        }
        put!(self, "<dl>");
        for landmark in &map.landmarks {
            let at_first = if landmark.mutable { " at first" } else { "" };
            match landmark.value {
                Some(value) => put!(
                    self,
                    "<dt><code>{}</code></dt><dd><code>0x{value:x}</code>{at_first}</dd>",
                    landmark.name
                ),
                None => put!(self, "<dt><code>{}</code></dt><dd>imported</dd>", landmark.name),
            };
        }
        put!(self, "</dl>\n");
    }

    fn segments(&mut self, map: &MemoryMap) {
        if map.segments.is_empty() {
            return;
        }
        self.table(
            "data segment",
            map.segments.len(),
            &["#Index", "Name", "#From", "#To", "#Bytes"],
        );
        for segment in &map.segments {
            let (from, to) = match segment.offset {
                SegmentOffset::At(start) => {
                    let end = u64::from(start) + segment.bytes as u64;
                    (format!("<code>0x{start:x}</code>"), format!("<code>0x{end:x}</code>"))
                }
                SegmentOffset::Computed => ("imported".to_owned(), String::new()),
                SegmentOffset::Passive => ("when the module copies it".to_owned(), String::new()),
            };
            let name = segment.name.as_deref().map_or(String::new(), |name| Name(name).to_string());
            put!(
                self,
                "<tr><td class=\"n\">{}</td><td><code>{name}</code></td><td class=\"n\">{from}</td><td class=\"n\">{to}</td><td class=\"n\">{}</td></tr>\n",
                segment.index,
                Count(segment.bytes)
            );
        }
        self.end_table();
    }
}
