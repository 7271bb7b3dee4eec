//! What the module may ask of its host, by which calls; and how deep they go.

use std::collections::HashMap;
use std::fmt::Write as _;

use herkos::{Capability, ImportItem, StackReport};

use super::write::{Bytes, Count, Name, plural};
use super::{MAX_LISTED, Page, grants, kind_words, put};
use crate::cli::inspect::{wasi_groups, wasi_words};

impl Page<'_> {
    pub(super) fn capabilities(&mut self) {
        let report = self.report;
        self.section("capabilities", "Capabilities");
        if report.interface.imports.is_empty() {
            put!(self, "<p>It asks its host for nothing: it can compute, and no more.</p>\n");
            return self.end_section();
        }
        put!(
            self,
            "<p>What it imports is all that it can ask of anyone. Below each stands a shortest way to it from outside \
             (→ a call, <span class=\"warn\">⇢</span> an indirect call), and how many functions can get there at all.</p>\n"
        );
        if report.interface.imports_wasi() {
            put!(self, "<h3>WASI, in plain words</h3>\n<dl>");
            for (words, names) in wasi_groups(&report.interface) {
                put!(self, "<dt>{words}</dt><dd><code>{}</code></dd>", Name(&names.join(", ")));
            }
            put!(self, "</dl>\n");
        }
        let grants = grants(report);
        let mut of_import: HashMap<usize, &Capability> = HashMap::new();
        report.capabilities.iter().for_each(|item| {
            of_import.insert(item.import, item);
        });
        // Many can be reached by the same functions: those are listed once.
        let mut lists: HashMap<Vec<u32>, usize> = HashMap::new();
        for (position, (import, grant)) in report.interface.imports.iter().zip(&grants).enumerate()
        {
            self.import(import, grant);
            match of_import.get(&position) {
                Some(capability) => self.ways(position, capability, &mut lists),
                None => {
                    put!(self, "<p class=\"small\">Handed over when the instance is made.</p>\n")
                }
            };
            put!(self, "</div>\n");
        }
        self.end_section();
    }

    fn import(&mut self, import: &ImportItem, grant: &str) {
        put!(
            self,
            "<div class=\"capability\"><h3><code>{}</code> from <code>{}</code>",
            Name(&import.name),
            Name(&import.module)
        );
        if let Some(words) = wasi_words(&import.module, &import.name) {
            put!(self, " <span class=\"tag\">{words}</span>");
        }
        put!(
            self,
            "</h3>\n<p class=\"small soft\"><code>{}</code> · in Rust <code>{}</code></p>\n",
            Name(&kind_words(&import.kind)),
            Name(grant)
        );
    }

    fn ways(
        &mut self,
        position: usize,
        capability: &Capability,
        lists: &mut HashMap<Vec<u32>, usize>,
    ) {
        match &capability.path {
            Some(path) => self.steps(path.root, &path.steps),
            None => {
                put!(self, "<p class=\"small\">No export leads to it.</p>\n");
            }
        }
        if !capability.exports.is_empty() {
            let exports = match capability.exports.len() {
                1 => "1 way in".to_owned(),
                count => format!("{} ways in", Count(count)),
            };
            put!(self, "<details><summary class=\"small\">{exports}</summary><ul class=\"list\">");
            for entry in &capability.exports {
                self.listed += 1;
                if self.listed > MAX_LISTED {
                    put!(self, "<li>… the JSON report has the rest</li>");
                    break;
                }
                let calls = match entry.calls {
                    0 => "itself".to_owned(),
                    calls => plural(calls as usize, "call"),
                };
                put!(
                    self,
                    "<li>{} <span class=\"soft\">{calls}</span></li>",
                    self.root(entry.root)
                );
            }
            put!(self, "</ul></details>\n");
        }
        if capability.functions.is_empty() {
            return;
        }
        let functions: Vec<u32> = capability.functions.iter().map(|reach| reach.function).collect();
        let can =
            format!("{} of {} can reach it", Count(functions.len()), plural(self.used, "function"));
        if let Some(same) = lists.get(&functions).filter(|_| functions.len() > 8) {
            put!(self, "<p class=\"small\">{can}: <a href=\"#c{same}\">the same ones</a></p>\n");
            return;
        }
        put!(
            self,
            "<details id=\"c{position}\"><summary class=\"small\">{can}</summary><ul class=\"list\">"
        );
        for function in &functions {
            self.listed += 1;
            if self.listed > MAX_LISTED {
                put!(self, "<li>… the JSON report has the rest</li>");
                break;
            }
            put!(self, "<li>{}</li>", self.function_link(*function));
        }
        put!(self, "</ul></details>\n");
        lists.insert(functions, position);
    }

    pub(super) fn stack(&mut self) {
        let StackReport { recursive, indirect_calls, worst_depth, worst_path, .. } =
            &self.report.stack;
        self.section("stack", "Stack");
        match worst_depth {
            Some(depth) => {
                put!(
                    self,
                    "<p>Nothing that can be called from outside can call itself. A call has at most <b>{}</b> of the module’s \
                     functions on the stack at a time, with {} of parameters and locals on the way.",
                    plural(*depth as usize, "frame"),
                    Bytes(self.report.stack.worst_path_local_bytes.unwrap_or(0))
                );
                if *indirect_calls {
                    put!(self, " Indirect calls count as calls of all that can be in a table.");
                }
                put!(self, "</p>\n");
                if let Some(path) = worst_path {
                    self.steps(path.root, &path.steps);
                }
            }
            None => {
                put!(
                    self,
                    "<p><b>{}</b> can call {}, directly or through others. Each compares the stack with the \
                     host’s budget when it is called, and traps beyond it.",
                    plural(*recursive, "function"),
                    if *recursive == 1 { "itself" } else { "themselves" }
                );
                if let Some(calls) = self.report.stack.calls_between_checks {
                    let calls = plural(calls as usize, "call");
                    put!(
                        self,
                        " After a check, at most <b>{calls}</b> can follow one another before the next."
                    );
                }
                put!(self, "</p>\n");
            }
        }
        put!(
            self,
            "<p class=\"small soft\">Counted are frames of the module’s functions, without those of the host and of the \
             runtime. How many bytes a frame has is decided by rustc, for each target and profile.</p>\n"
        );
        self.end_section();
    }
}
