//! Copies of instances and their state as bytes, for `--snapshots`.

use super::Backend;
use std::fmt::Write as _;

/// How the state has a field.
#[derive(Clone, Copy)]
enum Field {
    Value,
    /// Several references.
    Values,
    Table,
    /// A slice that is empty once it was dropped.
    Segment,
}

impl Backend<'_> {
    pub(super) fn snapshot(&self, out: &mut String) {
        self.try_clone(out);
        let (bounds, generics) = (self.instance_generics(true), self.instance_generics(false));
        let state = self.self_state();
        let _ = writeln!(
            out,
            "impl{bounds} Snapshot for Instance{generics} {{\n    \
                 const IDENTITY: &'static str = \"herkos {} {}\";\n\n    \
                 fn write_state(&self, to: &mut SnapshotWriter) {{",
            env!("CARGO_PKG_VERSION"),
            self.module.digest
        );
        let (mut read, mut keep) = (String::new(), String::new());
        for (index, _) in self.module.owned_memories() {
            let memory = Self::numbered("memory", index);
            let _ = writeln!(out, "        to.memory(&self.{memory});");
            let _ = writeln!(read, "        let {memory} = from.memory(&self.{memory})?;");
            let _ = writeln!(keep, "        self.{memory} = {memory};");
        }
        for (name, initial, field) in self.saved_fields() {
            let (write, value) = match field {
                Field::Value => (format!("value({state}.{name})"), "value()".to_owned()),
                Field::Values => {
                    (format!("values(&{state}.{name})"), format!("values({state}.{name})"))
                }
                Field::Table => {
                    (format!("table(&{state}.{name})"), format!("table(&{state}.{name})"))
                }
                Field::Segment => {
                    (format!("value({state}.{name}.is_empty())"), format!("segment({initial})"))
                }
            };
            let _ = writeln!(out, "        to.{write};");
            let _ = writeln!(read, "        let {name} = from.{value}?;");
            let _ = writeln!(keep, "        {state}.{name} = {name};");
        }
        let _ = writeln!(
            out,
            "    }}\n\n    \
                 fn read_state(&mut self, from: &mut SnapshotReader<'_>) -> Result<(), SnapshotError> {{\n\
             {read}        from.finish()?;\n{keep}        Ok(())\n    }}\n}}\n"
        );
    }

    fn try_clone(&self, out: &mut String) {
        let state = self.self_state();
        let fields: Vec<String> = (self.fields().into_iter())
            .map(|(name, ty, _)| {
                let copy = match ty.as_str() {
                    "Fuel" => ".clone()",
                    table if table.starts_with("Table<") => ".try_clone()?",
                    _ => "",
                };
                format!("{name}: {state}.{name}{copy}")
            })
            .collect();
        let copy = super::braced("State", &fields);
        let mut memories = String::new();
        for (index, _) in self.module.owned_memories() {
            let memory = Self::numbered("memory", index);
            let _ = write!(memories, ", {memory}: self.{memory}.try_clone()?");
        }
        let (bounds, generics) = (self.instance_generics(true), self.instance_generics(false));
        let (bounds, fields) = match self.has_host() {
            true => (
                bounds.replace('>', " + Clone>"),
                format!("cx: Context {{ state: {copy}, host: self.cx.host.clone() }}"),
            ),
            false => (bounds, format!("state: {copy}")),
        };
        let _ = writeln!(
            out,
            "impl{bounds} TryClone for Instance{generics} {{\n    \
                 fn try_clone(&self) -> WasmResult<Self> {{\n        \
                     Ok(Self {{ {fields}{memories} }})\n    }}\n}}\n"
        );
    }

    /// The fields of the state that a snapshot has: all but the fuel and those of the stack.
    fn saved_fields(&self) -> impl Iterator<Item = (String, String, Field)> {
        self.fields().into_iter().filter_map(|(name, ty, initial)| {
            let field = match ty.as_str() {
                "Fuel" | "StackLimit" | "usize" => return None,
                table if table.starts_with("Table<") => Field::Table,
                segment if segment.starts_with('&') => Field::Segment,
                array if array.starts_with('[') => Field::Values,
                _ => Field::Value,
            };
            Some((name, initial, field))
        })
    }
}
