//! The report for programs: the description, and beside it what is known of calls and memory.

use herkos::{
    CallPath, Capability, FunctionItem, IndirectItem, Interface, Landmark, MemoryMap, Report, Root,
    SegmentItem, SegmentOffset, StackReport,
};

use super::json::{Members, heading, kind, members, types};
use super::wasi_words;
use crate::cli::json::Json;

/// The whole report: one object, the description's members first.
pub(super) fn describe(report: &Report) -> Json {
    let interface = &report.interface;
    let mut members = members(interface, &report.stack, Some(&report.checks));
    let capability = |item| capability(interface, item);
    members.extend([
        ("unsupported", Json::Null),
        ("memory_maps", Json::array(&report.memory_maps, memory_map)),
        ("capabilities", Json::array(&report.capabilities, capability)),
        ("indirect_calls", Json::array(&report.indirect, indirect)),
        ("call_graph", Json::array(&report.functions, function)),
    ]);
    Json::Object(members)
}

/// What is said of a module that is not supported.
pub(super) fn unsupported(feature: &str, place: &herkos::Place) -> Json {
    let mut members = heading();
    let found = vec![
        ("feature", Json::text(feature)),
        ("function", place.function.as_ref().map(Json::text).into()),
        ("offset", place.offset.into()),
    ];
    members.push(("unsupported", Json::Object(found)));
    Json::Object(members)
}

fn memory_map(map: &MemoryMap) -> Json {
    let region = |region: &herkos::Region| {
        Json::Object(vec![
            ("holds", Json::text(region.kind.words())),
            ("start", region.start.into()),
            ("end", region.end.into()),
        ])
    };
    Json::Object(vec![
        ("segments", Json::array(&map.segments, segment)),
        ("landmarks", Json::array(&map.landmarks, landmark)),
        ("regions", Json::array(&map.regions, region)),
    ])
}

fn segment(segment: &SegmentItem) -> Json {
    let (mode, start) = match segment.offset {
        SegmentOffset::At(start) => ("active", Some(start)),
        SegmentOffset::Computed => ("active", None),
        SegmentOffset::Passive => ("passive", None),
    };
    Json::Object(vec![
        ("index", segment.index.into()),
        ("name", segment.name.as_ref().map(Json::text).into()),
        ("mode", Json::text(mode)),
        ("start", start.into()),
        ("bytes", segment.bytes.into()),
    ])
}

fn landmark(landmark: &Landmark) -> Json {
    Json::Object(vec![
        ("name", Json::text(landmark.name)),
        ("global", landmark.global.into()),
        ("mutable", landmark.mutable.into()),
        ("value", landmark.value.into()),
    ])
}

fn capability(interface: &Interface, capability: &Capability) -> Json {
    let mut members: Members = vec![("import", capability.import.into())];
    if let Some(import) = interface.imports.get(capability.import) {
        members.push(("module", Json::text(&import.module)));
        members.push(("name", Json::text(&import.name)));
        members.extend(kind(&import.kind));
        members.push(("wasi", wasi_words(&import.module, &import.name).map(Json::text).into()));
    }
    let entry = |entry: &herkos::ExportReach| {
        Json::Object(vec![
            ("export", root(interface, entry.root)),
            ("function", entry.function.into()),
            ("calls", entry.calls.into()),
        ])
    };
    members.extend([
        ("function", capability.function.into()),
        ("functions", Json::array(&capability.functions, |reach| reach.function.into())),
        ("next", Json::array(&capability.functions, |reach| reach.next.into())),
        ("entries", Json::array(&capability.exports, entry)),
        ("path", path(interface, capability.path.as_ref())),
    ]);
    Json::Object(members)
}

/// An export's name; null for the start function.
fn root(interface: &Interface, root: Root) -> Json {
    match root {
        Root::Export(export) => {
            interface.exports.get(export).map(|export| Json::text(&export.name)).into()
        }
        Root::Start => Json::Null,
    }
}

fn path(interface: &Interface, path: Option<&CallPath>) -> Json {
    let path = path.map(|path| {
        Json::Object(vec![
            ("export", root(interface, path.root)),
            ("functions", Json::array(&path.steps, |step| step.function.into())),
            ("indirect", Json::array(&path.steps, |step| step.indirect.into())),
        ])
    });
    path.into()
}

fn indirect(indirect: &IndirectItem) -> Json {
    Json::Object(vec![
        ("params", types(&indirect.params)),
        ("results", types(&indirect.results)),
        ("functions", Json::array(&indirect.functions, |function| (*function).into())),
    ])
}

fn function(function: &FunctionItem) -> Json {
    Json::Object(vec![
        ("index", function.index.into()),
        ("name", function.name.as_ref().map(Json::text).into()),
        ("exports", Json::array(&function.exports, Json::text)),
        ("used", function.used.into()),
        ("code_bytes", function.code_bytes.into()),
        ("local_bytes", function.local_bytes.into()),
        ("recursive", function.recursive.into()),
        ("depth", function.depth.into()),
        ("calls", Json::array(&function.calls, |callee| (*callee).into())),
        ("calls_indirect", Json::array(&function.calls_indirect, |position| (*position).into())),
    ])
}

/// How deep calls go.
pub(super) fn stack(interface: &Interface, stack: &StackReport) -> Json {
    Json::Object(vec![
        ("recursive_functions", stack.recursive.into()),
        ("indirect_calls", stack.indirect_calls.into()),
        ("worst_depth", stack.worst_depth.into()),
        ("worst_path", path(interface, stack.worst_path.as_ref())),
        ("worst_path_local_bytes", stack.worst_path_local_bytes.into()),
        ("calls_between_checks", stack.calls_between_checks.into()),
    ])
}
