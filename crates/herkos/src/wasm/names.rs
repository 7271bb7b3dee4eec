//! The name section (specification, appendix "Custom Sections").

use super::Module;
use std::collections::HashMap;
use wasmparser::{Name, NameMap, NameSectionReader};

/// Reads what names it can: a malformed name section is no error (specification, "Custom
/// Sections": faults in them don't make a module invalid).
pub fn read_names<'a>(reader: NameSectionReader<'a>, module: &mut Module<'a>) {
    for subsection in reader {
        let Ok(subsection) = subsection else { return };
        match subsection {
            Name::Module { name, .. } => module.name = Some(name),
            Name::Function(map) => module.func_names = name_map(map),
            Name::Global(map) => module.global_names = name_map(map),
            Name::Data(map) => module.data_names = name_map(map),
            Name::Local(functions) => {
                for naming in functions {
                    let Ok(naming) = naming else { return };
                    module.local_names.insert(naming.index, name_map(naming.names));
                }
            }
            _ => {}
        }
    }
}

fn name_map<'a>(map: NameMap<'a>) -> HashMap<u32, &'a str> {
    map.into_iter().map_while(Result::ok).map(|naming| (naming.index, naming.name)).collect()
}
